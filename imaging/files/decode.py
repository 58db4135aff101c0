"""Picture files to images, exact at 8 and 16 bits; EXIF's orientation is applied to the pixels.

Pillow reads 8 bits, OpenCV 16 (Pillow would cut them to 8 without a word). Both see the file
without what they do not need: most traps are in the parts beside the pixels.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.arrays import Image, freeze
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.examine import (
    MOST_PIXELS,
    bare_png,
    examine,
    is_wide,
    load_picture,
    remarks,
)
from paintgraph.imaging.files.formats import gif, parts, tiff
from paintgraph.imaging.files.formats.header import Header, recognise
from paintgraph.imaging.files.formats.parts import damaged, unpack, unsupported
from paintgraph.imaging.files.metadata import Metadata, read_icc, read_metadata
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import Depth, to_image, turned

_RGB_ORDER = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
_ASSOCIATED_ALPHA = 1
_COMPRESSION, _COLOUR_TYPE, _EXTRA = 259, 262, 338
_LOSSY_PACKINGS = (6, 7, 34892)  # JPEG, old and new


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded file: image `[1, H, W, 3 or 4]` and what the file said of it.

    EXIF's orientation is applied to the pixels and gone from the metadata; `orientation` (1 to 8)
    says how they were turned. `note` tells what of the colours could not be kept, `remarks` what
    else whoever gave the file should know.
    """

    image: Image
    depth: Depth
    metadata: Metadata
    format: Format
    note: str = ""
    orientation: int = 1
    is_lossy: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def icc(self) -> bytes | None:
        """The ICC profile of the samples."""
        return self.metadata.get("icc")

    @property
    def exif(self) -> bytes | None:
        """The EXIF block."""
        return self.metadata.get("exif")


def decode(data: bytes, *, max_pixels: int = MOST_PIXELS, frame: int | None = None) -> Picture:
    """Read a picture file; one that cannot be read is a `PictureError`, as `examine` raises them.

    Args:
        data: the file.
        max_pixels: of the picture.
        frame: which of several frames or pages is meant, from 1; 0: none was chosen; None: none
            can be.
    """
    if frame and recognise(data) == "TIFF" and frame <= len(tiff.pages(data)):
        data, frame = tiff.only_page(data, frame), 1
    header = examine(data, max_pixels, frame)
    icc = read_icc(data, header.format)
    metadata, orientation, note = read_metadata(data, header, icc)
    samples = read_samples(data, header, icc, frame or 0)
    # The library that reads HEIC has turned it already.
    upright = samples if header.format == "HEIC" else turned(samples, orientation)
    return Picture(
        image=freeze(to_image(upright)),
        depth=16 if samples.dtype == np.uint16 else 8,
        metadata=metadata,
        format=header.format,
        note=note,
        orientation=orientation,
        is_lossy=_is_lossy(data, header),
        remarks=remarks(data, header),
    )


def _is_lossy(data: bytes, header: Header) -> bool:
    """Whether the format of the file changed its samples when they were packed."""
    if header.format == "WEBP":
        return any(_is_vp8(data, *chunk) for chunk in parts.riff_chunks(data))
    if header.format == "TIFF":
        return tiff.read_directory(data).number(_COMPRESSION, 1) in _LOSSY_PACKINGS
    return header.format in {"JPEG", "AVIF", "HEIC"}


def _is_vp8(data: bytes, name: bytes, start: int, end: int) -> bool:
    """Whether a chunk of a WebP file is a lossy picture, or a frame that is one."""
    if name == b"ANMF":  # 16 bytes say where it lies; it may begin with its alpha (RFC 9649)
        return b"VP8 " in (data[start + 16 : start + 20], *_second_chunk(data, start + 16, end))
    return name == b"VP8 "


def _second_chunk(data: bytes, start: int, end: int) -> list[bytes]:
    at = start + 8 + (parts.unpack("<I", data, start + 4)[0] + 1 & ~1)
    return [data[at : at + 4]] if at < end else []


def read_samples(data: bytes, header: Header, icc: bytes | None, frame: int = 0) -> NDArray[Any]:
    """Samples `[H, W]` or `[H, W, 2 to 4]`: grey, grey and alpha, RGB or RGBA.

    Args:
        data: the file.
        header: what `examine` found in it.
        icc: its colour profile, by which CMYK is converted.
        frame: which of several frames, from 1.

    Returns:
        Code values `[H, W]` or `[H, W, 2 to 4]`, uint8 or uint16, not turned by EXIF.

    Raises:
        PictureError: the packed pixels are damaged or cut off (`truncated_picture`).
    """
    try:
        if is_wide(header):
            return _wide_png(data, header) if header.format == "PNG" else _wide_tiff(data, header)
        picture = load_picture(data, header, frame)
        if header.frames > 1:
            return _seen(picture)
        if header.format == "GIF":
            return _of_gif(picture, gif.read(data).box)
        samples = np.asarray(_plain(picture, icc))
        return _with_key(samples, data, header) if header.format == "PNG" else samples
    except PictureError:
        raise
    except Exception as error:  # decoders raise what they like on damaged files
        raise damaged("its pixels cannot be decoded") from error


def _seen(picture: Pillow.Image) -> NDArray[Any]:
    """RGB of a frame as it is seen, or RGBA where nothing was drawn in parts of it."""
    samples = np.asarray(picture.convert("RGBA"))
    return samples if (samples[..., 3] < samples.dtype.type(255)).any() else samples[..., :3]


def _of_gif(picture: Pillow.Image, box: tuple[int, int, int, int]) -> NDArray[Any]:
    """RGB, or RGBA where the palette or what lies outside the frame is transparent."""
    if "transparency" not in picture.info and box == (0, 0, *picture.size):
        return np.asarray(picture.convert("RGB"))
    samples = np.array(picture.convert("RGBA"))
    left, top, right, bottom = box
    outside = np.ones(samples.shape[:2], bool)
    outside[top:bottom, left:right] = False
    samples[outside] = 0
    return samples


def _wide_png(data: bytes, header: Header) -> NDArray[Any]:
    samples = _by_opencv(bare_png(data, header), header)
    if header.mode == "LA":
        return samples[..., 2:]  # OpenCV repeats the grey: B = G = R
    return _with_key(samples, data, header)


def _wide_tiff(data: bytes, header: Header) -> NDArray[Any]:
    page = tiff.read_directory(data)
    samples = _by_opencv(tiff.upright(data), header)
    if header.mode == "L":
        return samples if page.number(_COLOUR_TYPE) else ~samples  # 0 means: 0 is white
    if header.mode == "RGB":
        return samples[..., :3]
    if page.number(_EXTRA, 2) == _ASSOCIATED_ALPHA:
        return _straightened(samples)
    return samples


def _with_key(samples: NDArray[Any], data: bytes, header: Header) -> NDArray[Any]:
    """The samples with alpha if the file names a transparent colour: 0 where they equal it."""
    key = parts.find(data, b"tRNS") if header.mode in {"L", "RGB"} else None
    if key is None:
        return samples
    channels = 3 if header.mode == "RGB" else 1
    highest = np.iinfo(samples.dtype).max
    scale = highest // ((1 << header.depth) - 1)
    colour = [value * scale for value in unpack(f">{channels}H", key, 0)]
    samples = samples.reshape(*samples.shape[:2], channels)
    is_opaque = np.any(samples != colour, axis=2, keepdims=True)
    alpha = np.where(is_opaque, highest, 0).astype(samples.dtype)
    return np.concatenate([samples, alpha], axis=2)


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
