"""Whether a picture file can be read: one examination for uploads and for decoding.

No pixel is decoded, but of JPEG files without an end, and nothing is allocated by what a head says
before its size is judged. Past it, only damage inside the packed pixels can still be found.
"""

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING
from zlib import crc32

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats import avif, jpeg_end, parts, tiff
from paintgraph.imaging.files.formats.header import Header, read_header
from paintgraph.imaging.files.formats.parts import damaged, unpack, unsupported
from paintgraph.imaging.files.heic import open_heic

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_PIXELS = 50_000_000
"""Of a picture that is read, where nothing else is said: what cameras of phones give."""

VARIABLE = "PAINTGRAPH_MAX_PIXELS"
"""The setting that says how many pixels a picture may have."""

WITH_FRAMES = frozenset({"PNG", "WEBP", "GIF", "TIFF"})
"""Formats of whose frames or pages one can be read alone."""

_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_FRAME_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
_JPEG_METADATA = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_MODES = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"})
_SOUND = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_BMP_PLAIN = (0, 3)  # kinds of compression that leave rows as they are
_COMPRESSION, _COLOUR_TYPE, _BIT_ORDER = 259, 262, 266
_SAMPLES, _ROWS, _PLANES = 277, 278, 284
_WIDE_SAMPLES = {"L": (1, 3, 4), "RGB": (3, 4), "RGBA": (4,)}
_WIDE_PACKINGS = (1, 5, 8, 32773, 32946)  # none, LZW, deflate, PackBits, deflate by its old name
# `warnings.catch_warnings` changes the whole process, so one thread at a time may be in it.
_LOCK = threading.Lock()
_NEEDED = (320, 347)  # the palette, tables of JPEG
_WHERE = ((273, 279), (324, 325))  # tags of strips and tiles: where they begin, how long they are


def examine(data: bytes, max_pixels: int = MOST_PIXELS, frame: int | None = None) -> Header:
    """What a picture file is, if it can be read.

    Args:
        data: the file.
        max_pixels: of the picture.
        frame: which of several frames is meant, from 1; 0: none was chosen; None: none can be.

    Raises:
        PictureError: it is no picture (`not_a_picture`), one of a kind that is not read
            (`unsupported_picture`), has several frames of which none is meant
            (`animated_picture`) or not that one (`no_such_frame`), no pixel (`zero_size`) or too
            many (`too_many_pixels`), or is cut off or damaged (`truncated_picture`).
    """
    header = read_header(data)
    check_readable(data, header, max_pixels, frame)
    return header


def check_readable(
    data: bytes, header: Header, max_pixels: int = MOST_PIXELS, frame: int | None = None
) -> None:
    """Refuse, by the errors of `examine`, what must or can not be decoded."""
    if header.width <= 0 or header.height <= 0:
        raise PictureError(
            f"picture: is {header.height}x{header.width} (height x width); allowed is at least "
            "1x1. Export it again.",
            code="zero_size",
        )
    _check_frames(header, frame)
    pixels = header.width * header.height
    if pixels > max_pixels:
        raise PictureError(
            f"picture: is {header.height}x{header.width} (height x width), {pixels} pixels; "
            f"allowed are {max_pixels}. Scale it down first, or raise {VARIABLE}.",
            code="too_many_pixels",
        )
    _CHECKS[header.format](data, header)
    if not is_wide(header):
        head = _HEADS[header.format](data) if header.format in _HEADS else data
        open_picture(head, header)


def _check_frames(header: Header, frame: int | None) -> None:
    """Refuse several frames, unless one of them is meant that can be read alone."""
    count = header.frames
    is_read = header.format == "TIFF" or not is_wide(header)  # OpenCV gives the first frame only
    can_choose = frame is not None and header.format in WITH_FRAMES and is_read
    if count != 1 and (not frame or not can_choose):
        cure = "Save the one you want as a picture of its own"
        choice = f", or choose it: --frame 1 to {count}, or `frame` of LoadImage"
        raise PictureError(
            f"picture: has {count} frames or pages; allowed is one. "
            f"{cure}{choice if can_choose else ''}.",
            code="animated_picture",
        )
    if frame is not None and frame > count:
        has = "one frame" if count == 1 else f"{count} frames or pages"
        raise PictureError(
            f"picture: has {has}; frame {frame} is none of them. Choose one from 1 to {count}.",
            code="no_such_frame",
        )


def is_wide(header: Header) -> bool:
    """Whether samples have 16 bits, which OpenCV decodes: Pillow would cut them to 8."""
    return header.depth == 16 and header.mode != "CMYK"


def open_picture(data: bytes, header: Header) -> "ImageFile":
    """The file, opened by Pillow's reader of its format, its pixels not yet decoded.

    Most traps are in the parts beside the pixels, so they are left out; and `Image.open` has a
    budget and warnings of its own, so the reader is called itself.
    """
    from PIL.AvifImagePlugin import SUPPORTED, AvifImageFile
    from PIL.BmpImagePlugin import BmpImageFile
    from PIL.GifImagePlugin import GifImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.TiffImagePlugin import TiffImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    readers: Mapping[Format, Callable[[BytesIO], ImageFile]] = {
        "HEIC": open_heic,
        "PNG": PngImageFile,
        "JPEG": JpegImageFile,
        "WEBP": WebPImageFile,
        "TIFF": TiffImageFile,
        "BMP": BmpImageFile,
        "AVIF": AvifImageFile,
        "GIF": GifImageFile,
    }
    if header.format == "AVIF" and not SUPPORTED:
        raise PictureError(
            "picture: is an AVIF picture, but Pillow was built here without AVIF; allowed are the "
            "other formats. Install Pillow's own wheel, or convert the picture to PNG first."
        )
    bare = _BARE[header.format](data, header) if header.format in _BARE else data
    try:
        with quiet():
            picture = readers[header.format](BytesIO(bare))
    except PictureError:
        raise
    except Exception as error:  # Pillow raises what it likes on damaged heads
        raise damaged("its head cannot be read") from error
    if picture.size != (header.width, header.height):
        raise damaged("it names two sizes")
    if picture.mode not in _MODES:
        raise unsupported(f"a picture of mode {picture.mode}")
    return picture


def load_picture(data: bytes, header: Header, frame: int = 0) -> "ImageFile":
    """The file, opened and its pixels decoded by Pillow; a `PictureError` if they are damaged.

    Of several frames it is the one at `frame`, from 1, as it is seen: with what shows of others.
    """
    picture = _decoded(data, header, frame)
    if header.format == "JPEG" and _ends_grey(picture):  # as libjpeg fills what is missing
        before = jpeg_end.before_end(data)
        if not jpeg_end.is_whole(before, lambda whole: _digest(whole, header)):
            raise damaged("its pixels end early")
    return picture


def _decoded(data: bytes, header: Header, frame: int = 0) -> "ImageFile":
    picture = open_picture(data, header)
    try:
        with quiet() if header.format == "TIFF" else nullcontext():
            if header.frames > 1:
                # The picture for programs that know no animation may stand before the first frame.
                picture.seek(frame - 1 + getattr(picture, "default_image", False))
            picture.load()
    except Exception as error:  # decoders raise what they like on damaged files
        raise damaged("its pixels cannot be decoded") from error
    return picture


def _ends_grey(picture: "ImageFile") -> bool:
    """Whether the last pixel is the grey of a block that holds nothing, 127 in four inks."""
    last = picture.crop((picture.width - 1, picture.height - 1, picture.width, picture.height))
    return set(last.tobytes()[:3]) in ({128}, {127})


def _digest(data: bytes, header: Header) -> bytes:
    return sha256(_decoded(data, header).tobytes()).digest()


def remarks(data: bytes, header: Header) -> tuple[str, ...]:
    """What whoever gave the file should know of it, though it is read."""
    found = []
    if header.format == "JPEG" and not jpeg_end.has_end(data):
        found.append(
            "the JPEG file has no end marker, as if its last bytes were cut off; all its pixels "
            "are there. Save it again."
        )
    if header.format in {"AVIF", "HEIC"} and header.depth > 8:
        found.append(
            f"its samples have {header.depth} bits, of which 8 are read. A 16-bit PNG keeps them."
        )
    if header.format == "HEIC" and (pictures := avif.read(data).pictures) > 1:
        found.append(
            f"the HEIC file holds {pictures} pictures, of which its main one is read. Export the "
            "others by themselves."
        )
    return tuple(found)


@contextmanager
def quiet() -> Iterator[None]:
    """Pillow's warnings on odd metadata are dropped inside; one thread at a time."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def bare_png(data: bytes, header: Header) -> bytes:
    """The PNG file with nothing but what makes its pixels."""
    names = _PIXEL_CHUNKS | {b"tRNS"} if header.mode == "P" else _PIXEL_CHUNKS
    return parts.keep(data, names | _FRAME_CHUNKS if header.frames > 1 else names)


def _bare_jpeg(data: bytes, _: Header) -> bytes:
    kept, at = [data[:2]], 2
    for marker, start, end in parts.jpeg_segments(data):
        if marker not in _JPEG_METADATA:
            kept.append(data[start:end])
        at = end
    return jpeg_end.with_end(b"".join([*kept, data[at:]]))


_BARE: Mapping[Format, Callable[[bytes, Header], bytes]] = {
    "PNG": bare_png,
    "JPEG": _bare_jpeg,
    "TIFF": lambda data, _: tiff.upright(data),
}


def _head_of_png(data: bytes) -> bytes:
    """The PNG file with nothing in its pixels: a reader opens it as fast as a small one."""
    at = next(chunk.at for chunk in parts.chunks(data) if chunk.name == b"IDAT")
    return data[:at] + parts.make_chunk(b"IDAT", b"") + parts.make_chunk(b"IEND", b"")


def _head_of_jpeg(data: bytes) -> bytes:
    """The JPEG file up to its pixels."""
    *_, (_, _, end) = parts.jpeg_segments(data)
    return data[:end]


_HEADS: Mapping[Format, Callable[[bytes], bytes]] = {"PNG": _head_of_png, "JPEG": _head_of_jpeg}


def _check_png(data: bytes, header: Header) -> None:
    """Every chunk up to the end is there; those that say how the pixels lie are sound."""
    names = set()
    for chunk in parts.chunks(data):
        names.add(chunk.name)
        if chunk.name in _SOUND and crc32(data[chunk.at + 4 : chunk.end]) != chunk.checksum(data):
            raise damaged("a checksum of the PNG file is wrong")
    if b"IDAT" not in names or (header.mode == "P" and b"PLTE" not in names):
        raise damaged("the PNG file has no pixels or no palette")


def _check_jpeg(data: bytes, header: Header) -> None:
    if header.depth != 8:
        raise unsupported(f"a JPEG file of {header.depth} bits per sample")
    *_, (marker, _, _) = parts.jpeg_segments(data)
    if marker != 0xDA:
        raise damaged("the JPEG file has no pixels")

    if jpeg_end.has_end(data):
        return
    if not jpeg_end.is_whole(data, lambda whole: _digest(whole, header)):
        raise damaged("the JPEG file has no end")


def _check_webp(data: bytes, _: Header) -> None:
    end = 8 + unpack("<I", data, 4)[0]
    if end > len(data) or any(chunk_end > end for _, _, chunk_end in parts.riff_chunks(data[:end])):
        raise damaged("the WebP file ends early")


def _check_tiff(data: bytes, header: Header) -> None:
    """Pixels as they can be decoded, and all of them there."""
    page = tiff.read_directory(data)
    planes, samples = page.number(_PLANES, 1), page.number(_SAMPLES, 1)
    packing, is_reversed = page.number(_COMPRESSION, 1), page.number(_BIT_ORDER, 1) == 2
    mode, depth = header.mode, header.depth
    if is_wide(header):
        if mode not in _WIDE_SAMPLES or planes != 1:
            raise unsupported(f"a TIFF file of 16-bit {mode} or of separate colour planes")
        if samples not in _WIDE_SAMPLES[mode] or packing not in _WIDE_PACKINGS:
            raise unsupported(f"a TIFF file of {samples} samples of 16 bits, packed by {packing}")
    elif planes == 2 and not (
        mode in {"RGB", "RGBA", "CMYK"}
        or (mode == "L" and depth not in {2, 4})
        or (mode == "P" and depth == 8 and samples == 1)
    ):
        raise unsupported(f"a TIFF file of {depth}-bit {mode} in separate planes")
    elif is_reversed and (
        (mode == "P" and (depth < 8 or planes == 2))
        or (depth == 8 and page.number(_COLOUR_TYPE) == 0)
    ):
        raise unsupported(f"a TIFF file of {depth}-bit {mode} whose bits stand in reverse order")
    if any(tag in page.fields and page.raw(tag) is None for tag in _NEEDED):
        raise damaged("the TIFF file ends early")
    starts, lengths = _WHERE[1] if _WHERE[1][0] in page.fields else _WHERE[0]
    row = -(-header.width * depth * samples // 8)
    # Lengths of rows that are not packed are wrong in many a file, and nobody reads them.
    most = page.number(_ROWS, header.height) * row if packing == 1 else 1 << 32
    for start, length in zip(page.numbers(starts), page.numbers(lengths), strict=False):
        if start + min(length, most) > len(data):
            raise damaged("the TIFF file ends early")


def _check_bmp(data: bytes, header: Header) -> None:
    start, size = unpack("<II", data, 10)
    bits, kind = (unpack("<H", data, 24)[0], 0) if size == 12 else unpack("<HI", data, 28)
    row = (header.width * bits + 31) // 32 * 4
    if kind in _BMP_PLAIN and start + row * header.height > len(data):
        raise damaged("the BMP file ends early")


_CHECKS: Mapping[Format, Callable[[bytes, Header], None]] = {
    "PNG": _check_png,
    "JPEG": _check_jpeg,
    "WEBP": _check_webp,
    "TIFF": _check_tiff,
    "BMP": _check_bmp,
    "HEIC": lambda *_: None,
    "AVIF": lambda *_: None,  # its boxes were walked to the end for its head
    "GIF": lambda *_: None,
}
