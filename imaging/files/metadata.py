"""What a picture file tells beside its pixels: ICC profile, EXIF, text in PNG files."""

from collections.abc import Iterator, Mapping

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import png, tiff
from paintgraph.imaging.files.binary import unpack
from paintgraph.imaging.files.png import MAX_UNPACKED_BYTES, Chunk, make_chunk, unpack_text
from paintgraph.imaging.files.signature import Format

EXIF_PREFIX = b"Exif\0\0"
_ICC_PREFIX = b"ICC_PROFILE\0"
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_KEY = 79
_MAX_SEGMENTS = 200_000
_STANDALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def add_text(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG file with these texts, pixels untouched; a text of the same key is replaced."""
    new = [_text_chunk(key, text) for key, text in texts.items()]
    keys = {key.encode("latin-1") for key in texts}
    kept = [data[: len(png.SIGNATURE)]]
    for chunk in png.chunks(data):
        is_text = chunk.name in _TEXT_CHUNKS
        if not (is_text and chunk.content(data).partition(b"\0")[0] in keys):
            kept.append(chunk.whole(data))
    return png.insert(b"".join(kept), new)


def read_text(data: bytes) -> dict[str, str]:
    """The texts of a PNG file by key; at most 8 MiB in all, else an error."""
    texts: dict[str, str] = {}
    room = MAX_UNPACKED_BYTES
    for chunk in png.chunks(data):
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


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end (with the marker) of each JPEG segment up to the first scan."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        lead, marker = unpack(">BB", data, at)
        if lead != 0xFF:
            return
        if marker == 0xFF:
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        (length,) = unpack(">H", data, at + 2)
        yield marker, at, at + 2 + length
        if marker == 0xDA:
            return
        at += 2 + length


def riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each chunk of a WebP file."""
    at = 12
    for _ in range(_MAX_SEGMENTS):
        if at + 8 > len(data):
            return
        (length,) = unpack("<I", data, at + 4)
        yield data[at : at + 4], at + 8, at + 8 + length
        at += 8 + length + (length & 1)


def read_icc(data: bytes, kind: Format) -> bytes | None:
    """The ICC profile of a file, or None."""
    if kind == "PNG":
        packed = png.find(data, b"iCCP")
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
        block = png.find(data, b"eXIf")
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
    parts: dict[int, bytes] = {}
    for marker, start, end in jpeg_segments(data):
        if marker == 0xE2 and data.startswith(_ICC_PREFIX, start + 4):
            number, _ = unpack(">BB", data, start + 16)
            parts[number] = data[start + 18 : end]
    return b"".join(parts[number] for number in sorted(parts)) or None


def _riff_content(data: bytes, name: bytes) -> bytes | None:
    found = (data[start:end] for chunk, start, end in riff_chunks(data) if chunk == name)
    return next(found, None)
