"""What a picture file is, read from its head before a pixel is decoded."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from paintgraph.base.file_kinds import (
    KINDS,
    RAW,
    Format,
    known_format,
    other_file,
    other_picture,
)
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats import avif, gif, tiff
from paintgraph.imaging.files.formats.parts import (
    chunks,
    damaged,
    jpeg_segments,
    riff_chunks,
    unpack,
    unsupported,
)

_NAMES = [kind.name for kind in KINDS.values()]
ALLOWED = f"allowed are {', '.join(_NAMES[:-1])} and {_NAMES[-1]}"
_CONVERT = "Convert it to PNG first."
_CHECK = "Check that the path or address leads to the picture itself."
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PNG_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_JPEG_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_TIFF_MODES = {0: "L", 1: "L", 2: "RGB", 3: "P", 5: "CMYK", 6: "YCbCr"}
_TIFF_COLOURS = {"L": 1, "P": 1, "RGB": 3, "YCbCr": 3, "CMYK": 4}
_BMP_MODES = {1: "P", 4: "P", 8: "P", 16: "RGB", 24: "RGB", 32: "RGB"}
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PAGE_KIND, _SUB_PAGES, _DNG_VERSION = 254, 330, 50706
_REDUCED = 1
_OLD_BMP_HEADER = 12
_IS_ANIMATED, _HAS_ALPHA = 0x02, 0x10


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a file says: sizes in px as stored (before EXIF turns the picture).

    `mode` is L, LA, P (palette), RGB, RGBA, YCbCr or CMYK; `depth` counts bits per sample.
    """

    format: Format
    width: int
    height: int
    mode: str
    frames: int
    depth: int


def read_header(data: bytes) -> Header:
    """Format, size, mode, frames and depth of a picture file; nothing is decoded."""
    kind = recognise(data)
    return _READERS[kind](data)


def recognise(data: bytes) -> Format:
    """Format of the file, or an error that names what the file is instead."""
    if not data:
        raise PictureError(
            f"picture: the file is empty (0 bytes); {ALLOWED}. {_CHECK}", code="not_a_picture"
        )
    known = known_format(data)
    if known is not None:
        return known
    other = other_picture(data)
    if other is not None:
        raise PictureError(f"picture: is {other}; {ALLOWED}. {_CONVERT}")
    what = other_file(data) or "no picture that is known here"
    raise PictureError(f"picture: is {what}; {ALLOWED}. {_CHECK}", code="not_a_picture")


def _read_png(data: bytes) -> Header:
    width, height, depth, colour = unpack(">IIBB", data, 16)
    if data[12:16] != b"IHDR" or colour not in _PNG_MODES:
        raise damaged(f"PNG has no colour type {colour}")
    if depth not in _PNG_DEPTHS[colour]:
        raise damaged(f"PNG has no colour type {colour} of {depth} bits")
    frames = 1
    with suppress(PictureError):  # cut off, which `examine` finds: the size is known all the same
        for chunk in chunks(data):
            if chunk.name == b"acTL":
                (frames,) = unpack(">I", chunk.content(data), 0)
            if chunk.name == b"IDAT":
                break
    return Header("PNG", width, height, _PNG_MODES[colour], frames, depth)


def _read_jpeg(data: bytes) -> Header:
    for marker, start, _ in jpeg_segments(data):
        if marker in _START_OF_FRAME:
            depth, height, width, channels = unpack(">BHHB", data, start + 4)
            if channels not in _JPEG_MODES:
                raise damaged(f"JPEG has no {channels} channels")
            return Header("JPEG", width, height, _JPEG_MODES[channels], 1, depth)
    raise damaged("the JPEG file names no size")


def _read_webp(data: bytes) -> Header:
    size, mode, frames = (0, 0), "RGB", 0
    for name, start, _ in riff_chunks(data):
        if name == b"VP8X" and size == (0, 0):
            flags, *low = unpack("<B3xHBHB", data, start)
            size = (low[0] + (low[1] << 16) + 1, low[2] + (low[3] << 16) + 1)
            mode = "RGBA" if flags & _HAS_ALPHA else "RGB"
            if not flags & _IS_ANIMATED:
                frames = 1
        elif name == b"ANMF":
            frames += 1
        elif name == b"VP8 " and size == (0, 0):
            width, height = unpack("<HH", data, start + 6)
            size, frames = (width & 0x3FFF, height & 0x3FFF), 1
        elif name == b"VP8L" and size == (0, 0):
            (bits,) = unpack("<I", data, start + 1)
            size, frames = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), 1
            mode = "RGBA" if bits >> 28 & 1 else "RGB"
    if size == (0, 0):
        raise damaged("the WebP file names no size")
    return Header("WEBP", *size, mode, frames, 8)


def _read_tiff(data: bytes) -> Header:
    page = tiff.read_directory(data)
    is_preview = page.number(_PAGE_KIND) & _REDUCED and _SUB_PAGES in page.fields
    if _DNG_VERSION in page.fields or is_preview:  # DNG, NEF, ARW: the raw pixels stand elsewhere
        raise PictureError(f"picture: is {RAW}; {ALLOWED}. {_CONVERT}")
    colour, samples = page.number(262, -1), page.number(277, 1)
    depths, kinds = set(page.numbers(258, (1,))), set(page.numbers(339, (1,)))
    if kinds != {1}:
        raise unsupported("a TIFF file of signed or floating-point samples")
    if colour not in _TIFF_MODES:
        raise unsupported(f"a TIFF file of colour type {colour}")
    if len(depths) != 1 or not depths <= {1, 2, 4, 8, 16}:
        raise unsupported(f"a TIFF file of {sorted(depths)} bits per sample")
    mode = _TIFF_MODES[colour]
    has_alpha = samples > _TIFF_COLOURS[mode] and page.number(338, 2) != 0
    if has_alpha and mode in {"L", "RGB"}:
        mode += "A"
    frames = max(1, len(tiff.pages(data)))
    return Header("TIFF", page.number(256), page.number(257), mode, frames, depths.pop())


def _read_bmp(data: bytes) -> Header:
    (size,) = unpack("<I", data, 14)
    layout = "<HHHH" if size == _OLD_BMP_HEADER else "<iiHH"
    width, height, _, bits = unpack(layout, data, 18)
    if bits not in _BMP_MODES:
        raise unsupported(f"a BMP file of {bits} bits per pixel")
    return Header("BMP", width, abs(height), _BMP_MODES[bits], 1, min(bits, 8))


def _read_avif(data: bytes) -> Header:
    said = avif.read(data)
    mode = ("L" if said.is_grey else "RGB") + ("A" if said.has_alpha else "")
    return Header("AVIF", said.width, said.height, mode, said.frames, said.depth)


def _read_heic(data: bytes) -> Header:
    """The head as the library gives the picture: cut and turned by its boxes."""
    said = avif.read(data)
    size = said.crop or (said.width, said.height)
    width, height = size if said.orientation < 5 else size[::-1]
    return Header(
        "HEIC", width, height, "RGBA" if said.has_alpha else "RGB", said.frames, said.depth
    )


def _read_gif(data: bytes) -> Header:
    said = gif.read(data)
    return Header("GIF", said.width, said.height, "P", said.frames, 8)


_READERS: Mapping[Format, Callable[[bytes], Header]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "WEBP": _read_webp,
    "TIFF": _read_tiff,
    "BMP": _read_bmp,
    "AVIF": _read_avif,
    "GIF": _read_gif,
    "HEIC": _read_heic,
}
