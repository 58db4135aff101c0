"""XMP packets: what is no longer true of a result, or holds a picture, is cut out of them.

All else stays byte for byte: packets come from many programs, and what they mean by them is theirs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats.parts import damaged

PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
"""What comes before a packet in a JPEG segment."""
KEY = "XML:com.adobe.xmp"
"""The key of the text that holds a packet in a PNG file."""
MOST_IN_JPEG = 65_502
_MAX_BYTES = 1 << 20
_MAX_DEPTH = 100
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DESCRIPTION = (_RDF, "Description")
_RIGHTS = ("http://purl.org/dc/elements/1.1/", "rights")
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
# How the file lay that the picture was read from, and pictures of it.
_UNTRUE = frozenset(
    {(_EXIF, "PixelXDimension"), (_EXIF, "PixelYDimension")}
    | {
        (_TIFF, name)
        for name in (
            *("Orientation", "ImageWidth", "ImageLength", "BitsPerSample", "Compression"),
            *("PhotometricInterpretation", "SamplesPerPixel", "PlanarConfiguration"),
        )
    }
    | {("http://ns.adobe.com/xap/1.0/", name) for name in ("Thumbnails", "PageInfo")}
)
# Second pictures and videos beside the first, depth and gain maps, extended packets.
_OF_OTHER_PARTS = (
    "http://ns.adobe.com/xap/1.0/g/img/",
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.adobe.com/xmp/note/",
    "http://ns.apple.com/",
    "http://ns.google.com/photos/",
    "http://ns.xiaomi.com/",
)
_PANORAMA = "http://ns.google.com/photos/1.0/panorama/"
# How base64 of JPEG, PNG, WebP, GIF, TIFF, JPEG XL, HEIC and video files begins.
_PICTURE = re.compile(
    r"\s*(/9j/|iVBORw0KGgo|UklGR|R0lGOD|SUkqA|TU0AK|/woA|AAAA[\s\S]{2,4}Z0eX|data:image)"
)
# Long enough to be no chance; the others are hexadecimal digits.
_PICTURE_WITHIN = re.compile("/9j/4|iVBORw0KGgo|(?i:ffd8ff(?:db00|e000|e1)|89504e470d0a)")
_HEAD = 80
_NAME = rb"[^\s=/>]+"
_VALUE = rb"""\s*=\s*(?:"[^"]*"|'[^']*')"""
_TAG = re.compile(rb"<" + _NAME + rb"((?:\s+" + _NAME + _VALUE + rb")*)\s*/?>")
_ATTRIBUTE = re.compile(rb"\s+(" + _NAME + rb")" + _VALUE)

Name = tuple[str, str]


def holds_picture(text: str) -> bool:
    """Whether a text is a picture's file in base64, or has that of a JPEG or PNG file in it."""
    return _PICTURE.match(text[:_HEAD]) is not None or _PICTURE_WITHIN.search(text) is not None


def cleaned(packet: bytes) -> bytes | None:
    """The packet less sizes, orientation and pictures; None if it is damaged or says nothing."""
    found = _read(packet)
    if found is None or not found.kept:
        return None
    pieces, at = [], 0
    for start, end in sorted(found.cuts):
        pieces.append(packet[at:start])
        at = end
    return b"".join([*pieces, packet[at:]])


def rights(packet: bytes) -> str:
    """Who holds the rights (`dc:rights`), or nothing."""
    found = _read(packet)
    return "" if found is None else found.rights.strip()


def _read(packet: bytes) -> "_Reader | None":
    if len(packet) > _MAX_BYTES:
        return None
    reader = _Reader(packet)
    try:
        reader.read()
    except (expat.ExpatError, PictureError):
        return None
    return reader


@dataclass(slots=True)
class _Element:
    name: Name
    names: Mapping[str, str]  # namespaces by their prefixes
    start: int
    end: int = 0  # of an element without content


@dataclass(slots=True)
class _Reader:
    """Goes through a packet once; a property is an element in a `rdf:Description`."""

    packet: bytes
    cuts: list[tuple[int, int]] = field(default_factory=list)
    kept: int = 0
    rights: str = ""
    _open: list[_Element] = field(default_factory=list)
    _property: int = 0  # how deep the property that is read lies
    _is_unwanted: bool = False
    _text: str = ""
    _parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("UTF-8"))

    def read(self) -> None:
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._wrote
        self._parser.Parse(self.packet.rstrip(b"\0"), True)  # noqa: FBT003 - its only end

    def _started(self, written: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) == _MAX_DEPTH:
            raise damaged("XMP is nested too deeply")
        self._text = ""
        parent = self._open[-1] if self._open else None
        names = {} if parent is None else parent.names
        declared = {n[6:]: uri for n, uri in attributes.items() if n.startswith("xmlns:")}
        names = {**names, **declared} if declared else names
        at = self._parser.CurrentByteIndex
        tag = _TAG.match(self.packet, at)
        if tag is None:
            raise damaged("XMP holds a tag that no program writes")
        is_empty = self.packet[tag.end() - 2 : tag.end()] == b"/>"
        element = _Element(_resolved(written, names), names, at, tag.end() if is_empty else 0)
        self._open.append(element)
        if not self._property and parent is not None and parent.name == _DESCRIPTION:
            self._property, self._is_unwanted = len(self._open), False
        self._look(element, attributes, tag)

    def _look(self, element: _Element, attributes: Mapping[str, str], tag: re.Match[bytes]) -> None:
        """Whether the element or its attributes are wanted."""
        if self._property:
            named = {_resolved(name, element.names): value for name, value in attributes.items()}
            self._is_unwanted |= _is_unwanted(element.name, "") or any(
                _is_unwanted(name, value) for name, value in named.items()
            )
        elif element.name == _DESCRIPTION:
            for written, start, end in _attributes(tag):
                name, value = _resolved(written, element.names), attributes[written]
                if _is_unwanted(name, value):
                    self.cuts.append((start, end))
                elif name[0] and name[0] != _RDF:
                    self.kept += 1
                    self.rights = value if name == _RIGHTS else self.rights

    def _wrote(self, text: str) -> None:
        if self._property and self._open[self._property - 1].name == _RIGHTS:
            self.rights += text
        self._is_unwanted |= _PICTURE_WITHIN.search(text) is not None
        if len(self._text) < _HEAD:
            self._text += text

    def _ended(self, _: str) -> None:
        if self._property and holds_picture(self._text):
            self._is_unwanted = True
        self._text = ""
        element = self._open[-1]
        if len(self._open) == self._property:
            self._property = 0
            if self._is_unwanted:
                at = self._parser.CurrentByteIndex
                self.cuts.append((element.start, element.end or self.packet.index(b">", at) + 1))
            else:
                self.kept += 1
        self._open.pop()


def _refuse(*_: object) -> None:
    raise damaged("XMP declares a document type of its own")


def _resolved(written: str, names: Mapping[str, str]) -> Name:
    prefix, colon, local = written.partition(":")
    return (names.get(prefix, ""), local) if colon else ("", written)


def _is_unwanted(name: Name, value: str) -> bool:
    space = name[0]
    is_of_other_part = space.startswith(_OF_OTHER_PARTS) and space != _PANORAMA
    return name in _UNTRUE or is_of_other_part or holds_picture(value)


def _attributes(tag: re.Match[bytes]) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of each attribute of a tag."""
    for found in _ATTRIBUTE.finditer(tag.string, *tag.span(1)):
        yield found[1].decode(), *found.span()
