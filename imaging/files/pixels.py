"""Decoded samples of each format, exact at 8 and 16 bits, not yet turned by EXIF.

Pillow reads 8 bits, OpenCV 16 (Pillow would cut them to 8 without a word). Both see the file
without what they do not need: most traps are in the parts beside the pixels.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import png, tiff
from paintgraph.imaging.files.binary import damaged, unpack, unsupported
from paintgraph.imaging.files.header import Header
from paintgraph.imaging.files.metadata import jpeg_segments
from paintgraph.imaging.files.quiet import quiet
from paintgraph.imaging.files.signature import Format
from paintgraph.imaging.opencv import cv2

_WIDE = 16
_PNG_PIXELS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_RGB_ORDER = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
_JPEG_METADATA = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_ASSOCIATED_ALPHA = 1
_COLOUR_TYPE, _PLANES, _EXTRA = 262, 284, 338


def read_samples(data: bytes, header: Header, icc: bytes | None) -> NDArray[Any]:
    """Samples `[H, W]` or `[H, W, 2 to 4]`: grey, grey and alpha, RGB or RGBA."""
    try:
        return _READERS[header.format](data, header, icc)
    except PictureError:
        raise
    except Exception as error:  # decoders raise what they like on damaged files
        raise damaged("its pixels cannot be decoded") from error


def _read_png(data: bytes, header: Header, _icc: bytes | None) -> NDArray[Any]:
    names = _PNG_PIXELS | {b"tRNS"} if header.mode == "P" else _PNG_PIXELS
    pixels = png.keep(data, names)
    if header.depth == _WIDE:
        samples = _by_opencv(pixels, header)
        if header.mode == "LA":
            return samples[..., 2:]  # OpenCV repeats the grey: B = G = R
    else:
        samples = _by_pillow(PngImageFile, pixels, header)
    key = png.find(data, b"tRNS") if header.mode in {"L", "RGB"} else None
    return samples if key is None else _with_key(samples, key, header)


def _with_key(samples: NDArray[Any], key: bytes, header: Header) -> NDArray[Any]:
    """The samples with alpha: 0 where they equal the one transparent colour, else opaque."""
    channels = 3 if header.mode == "RGB" else 1
    highest = np.iinfo(samples.dtype).max
    scale = highest // ((1 << header.depth) - 1)
    colour = [value * scale for value in unpack(f">{channels}H", key, 0)]
    samples = samples.reshape(*samples.shape[:2], channels)
    is_opaque = np.any(samples != colour, axis=2, keepdims=True)
    alpha = np.where(is_opaque, highest, 0).astype(samples.dtype)
    return np.concatenate([samples, alpha], axis=2)


def _read_jpeg(data: bytes, header: Header, icc: bytes | None) -> NDArray[Any]:
    if header.depth != 8:
        raise unsupported(f"a JPEG file of {header.depth} bits per sample")
    kept, at = [data[:2]], 2
    for marker, start, end in jpeg_segments(data):
        if marker not in _JPEG_METADATA:
            kept.append(data[start:end])
        at = end
    return _by_pillow(JpegImageFile, b"".join([*kept, data[at:]]), header, icc)


def _read_webp(data: bytes, header: Header, _icc: bytes | None) -> NDArray[Any]:
    return _by_pillow(WebPImageFile, data, header)


def _read_bmp(data: bytes, header: Header, _icc: bytes | None) -> NDArray[Any]:
    return _by_pillow(BmpImageFile, data, header)


def _read_tiff(data: bytes, header: Header, icc: bytes | None) -> NDArray[Any]:
    upright = tiff.upright(data)
    if header.depth != _WIDE or header.mode == "CMYK":
        with quiet():
            return _by_pillow(TiffImageFile, upright, header, icc)
    page = tiff.read_directory(data)
    if header.mode not in {"L", "RGB", "RGBA"} or page.number(_PLANES, 1) != 1:
        raise unsupported(f"a TIFF file of 16-bit {header.mode} or of separate colour planes")
    samples = _by_opencv(upright, header)
    if header.mode == "L":
        return samples if page.number(_COLOUR_TYPE) else ~samples  # 0 means: 0 is white
    if header.mode == "RGB":
        return samples[..., :3]
    if page.number(_EXTRA, 2) == _ASSOCIATED_ALPHA:
        return _straightened(samples)
    return samples


def _straightened(samples: NDArray[Any]) -> NDArray[Any]:
    """RGBA whose colours were multiplied by alpha, undone; exact colours under alpha 0 are lost."""
    highest = np.iinfo(samples.dtype).max
    alpha = samples[..., 3:].astype(np.float64)
    colours = np.rint(samples[..., :3] * (highest / np.maximum(alpha, 1)))
    straight = samples.copy()
    straight[..., :3] = np.minimum(colours, highest)
    return straight


def _by_opencv(data: bytes, header: Header) -> NDArray[Any]:
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise damaged("its pixels end early")
    if samples.dtype != np.uint16 or samples.shape[:2] != (header.height, header.width):
        raise damaged("its pixels are not what its header says")
    if samples.ndim == 2:
        return samples
    return cv2.cvtColor(samples, _RGB_ORDER[samples.shape[2]])


def _by_pillow(
    kind: Callable[[BytesIO], ImageFile], data: bytes, header: Header, icc: bytes | None = None
) -> NDArray[Any]:
    # The plugin itself, not `Image.open`, which has a pixel budget and warnings of its own.
    picture: Pillow.Image = kind(BytesIO(data))
    if picture.size != (header.width, header.height):
        raise damaged("it tells two sizes")
    picture.load()
    return np.asarray(_plain(picture, icc))


def _plain(picture: Pillow.Image, icc: bytes | None) -> Pillow.Image:
    """The picture in one of Pillow's modes L, LA, RGB, RGBA."""
    if picture.mode in {"L", "LA", "RGB", "RGBA"}:
        return picture
    if picture.mode == "CMYK":
        return _from_cmyk(picture, icc)
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode == "La":
        return picture.convert("LA")
    if picture.mode in {"P", "PA"}:
        has_alpha = picture.mode == "PA" or "transparency" in picture.info
        return picture.convert("RGBA" if has_alpha else "RGB")
    if picture.mode == "YCbCr":
        return picture.convert("RGB")
    raise unsupported(f"a picture of mode {picture.mode}")


def _from_cmyk(picture: Pillow.Image, icc: bytes | None) -> Pillow.Image:
    """RGB by the picture's own profile, or the plain formula if it has none of use."""
    if icc is not None and icc[16:20] == b"CMYK":
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(icc))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


_READERS: Mapping[Format, Callable[[bytes, Header, bytes | None], NDArray[Any]]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "WEBP": _read_webp,
    "TIFF": _read_tiff,
    "BMP": _read_bmp,
}
