"""What a picture file tells beside its pixels: ICC profile, EXIF, text in PNG files."""

from collections.abc import Iterable, Mapping

from PIL import Image as Pillow

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import parts, tiff
from paintgraph.imaging.files.examine import quiet
from paintgraph.imaging.files.header import Format
from paintgraph.imaging.files.parts import (
    MAX_UNPACKED_BYTES,
    Chunk,
    jpeg_segments,
    make_chunk,
    riff_chunks,
    unpack,
    unpack_text,
)

EXIF_PREFIX = b"Exif\0\0"
_ICC_PREFIX = b"ICC_PROFILE\0"
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_KEY = 79
# description, make, model, software, time, artist, copyright
_DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432)


def add_text(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG file with these texts, pixels untouched; a text of the same key is replaced."""
    new = [_text_chunk(key, text) for key, text in texts.items()]
    keys = {key.encode("latin-1") for key in texts}
    kept = [data[: len(parts.SIGNATURE)]]
    for chunk in parts.chunks(data):
        is_text = chunk.name in _TEXT_CHUNKS
        if not (is_text and chunk.content(data).partition(b"\0")[0] in keys):
            kept.append(chunk.whole(data))
    return parts.insert(b"".join(kept), new)


def read_text(data: bytes) -> dict[str, str]:
    """The texts of a PNG file by key; at most 8 MiB in all, else an error."""
    texts: dict[str, str] = {}
    room = MAX_UNPACKED_BYTES
    for chunk in parts.chunks(data):
        if chunk.name not in _TEXT_CHUNKS:
            continue
        key, value, encoding = _text_content(chunk, data, room)
        room -= len(value)
        texts[key] = value.decode(encoding, "replace")
    return texts


def _text_chunk(key: str, text: str) -> bytes:
    if not (1 <= len(key) <= _MAX_KEY and key.isprintable() and _is_latin(key)):
        raise PictureError(
            f"text key {key[:_MAX_KEY]!r}: is no PNG keyword; allowed are 1 to {_MAX_KEY} "
            "printable Latin-1 characters. Choose another key."
        )
    if "\0" in text:
        raise PictureError(f"text {key!r}: holds a NUL character; allowed is any other. Remove it.")
    name = key.encode("latin-1")
    if _is_latin(text):
        return make_chunk(b"tEXt", name + b"\0" + text.encode("latin-1"))
    packed = text.encode("utf-8", "surrogatepass")
    return make_chunk(b"iTXt", name + bytes(5) + packed)


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


def _text_content(chunk: Chunk, data: bytes, room: int) -> tuple[str, bytes, str]:
    """Key, unpacked bytes and encoding of a text chunk; too long a text is an error."""
    key, _, value = chunk.content(data).partition(b"\0")
    is_packed, encoding = chunk.name == b"zTXt", "latin-1"
    if is_packed:
        value = value[1:]
    elif chunk.name == b"iTXt":
        is_packed, encoding = value[:1] == b"\1", "utf-8"
        value = value[2:].partition(b"\0")[2].partition(b"\0")[2]
    content = unpack_text(value, room) if is_packed else value
    if content is None or len(content) > room:
        raise PictureError(
            f"text {key.decode('latin-1')[:_MAX_KEY]!r}: is damaged or makes the texts of the "
            f"file longer than {MAX_UNPACKED_BYTES >> 20} MiB; allowed is up to that. "
            "Save the picture without it.",
            code="text_too_long",
        )
    return key.decode("latin-1"), content, encoding


def read_icc(data: bytes, kind: Format) -> bytes | None:
    """The ICC profile of a file, or None."""
    if kind == "PNG":
        packed = parts.find(data, b"iCCP")
        return None if packed is None else unpack_text(packed.partition(b"\0")[2][1:])
    if kind == "JPEG":
        return _jpeg_icc(data)
    if kind == "WEBP":
        return _riff_content(data, b"ICCP")
    if kind == "TIFF":
        return tiff.read_directory(data).raw(tiff.ICC_PROFILE)
    return None


def read_exif(data: bytes, kind: Format) -> bytes | None:
    """The EXIF block of a PNG, JPEG or WebP file (from its byte order mark on), or None."""
    block = None
    if kind == "PNG":
        block = parts.find(data, b"eXIf")
    elif kind == "JPEG":
        block = _jpeg_exif(data)
    elif kind == "WEBP":
        block = _riff_content(data, b"EXIF")
    return None if block is None else block.removeprefix(EXIF_PREFIX)


def _jpeg_exif(data: bytes) -> bytes | None:
    for marker, start, end in jpeg_segments(data):
        if marker == 0xE1 and data.startswith(EXIF_PREFIX, start + 4):
            return data[start + 4 : end]
    return None


def _jpeg_icc(data: bytes) -> bytes | None:
    pieces: dict[int, bytes] = {}
    for marker, start, end in jpeg_segments(data):
        if marker == 0xE2 and data.startswith(_ICC_PREFIX, start + 4):
            number, _ = unpack(">BB", data, start + 16)
            pieces[number] = data[start + 18 : end]
    return b"".join(pieces[number] for number in sorted(pieces)) or None


def _riff_content(data: bytes, name: bytes) -> bytes | None:
    found = (data[start:end] for chunk, start, end in riff_chunks(data) if chunk == name)
    return next(found, None)


def split_exif(data: bytes, kind: Format) -> tuple[bytes | None, int]:
    """EXIF block of a file without its orientation, and the orientation (1 to 8).

    A damaged block is no reason to refuse the picture: it counts as missing.
    """
    if kind == "TIFF":
        return _describe(data), _valid(tiff.read_directory(data).number(tiff.ORIENTATION, 1))
    block = read_exif(data, kind)
    if block is None or block[:4] not in {b"II*\0", b"MM\0*"}:
        return None, 1
    try:
        cleaned, orientation = tiff.without_orientation(block)
    except PictureError:
        return None, 1
    return cleaned, _valid(orientation)


def _valid(orientation: int) -> int:
    return orientation if 1 <= orientation <= 8 else 1


def _describe(data: bytes) -> bytes | None:
    """EXIF block of what a TIFF file tells about the picture beyond its layout."""
    with quiet():
        try:
            source = Pillow.Exif()
            source.load(data)
            packed = copy_exif(source, _DESCRIPTIVE).tobytes()[6:]
        except Exception:  # noqa: BLE001 - Pillow raises what it likes on damaged directories
            return None
    return packed if tiff.read_directory(packed).fields else None


def copy_exif(source: Pillow.Exif, tags: Iterable[int]) -> Pillow.Exif:
    """A new block with these tags and the nested directories of the source."""
    block = Pillow.Exif()
    for tag in tags:
        if tag in source:
            block[tag] = source[tag]
    for tag in (tiff.EXIF_IFD, tiff.GPS_IFD):
        nested = source.get_ifd(tag)
        if nested:
            block.get_ifd(tag).update(nested)
    return block
