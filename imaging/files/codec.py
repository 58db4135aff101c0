"""Picture files to images and back; losslessly where the format is."""

from dataclasses import dataclass

from paintgraph.imaging.arrays import Image, freeze
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.encode import encode, preview_jpeg
from paintgraph.imaging.files.exif import split_exif
from paintgraph.imaging.files.header import Header, read_header
from paintgraph.imaging.files.metadata import read_icc
from paintgraph.imaging.files.pixels import read_samples
from paintgraph.imaging.files.signature import Format
from paintgraph.imaging.samples import Depth, quantise, to_image, turned

__all__ = ["Header", "Picture", "decode", "encode", "preview_jpeg", "quantise", "read_header"]

_WIDE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded file: image `[1, H, W, 3 or 4]` and the facts needed to write it again.

    EXIF's orientation is applied to the pixels and gone from `exif`.
    """

    image: Image
    depth: Depth
    icc: bytes | None
    exif: bytes | None
    format: Format


def decode(data: bytes, *, max_pixels: int = 40_000_000) -> Picture:
    """Read a PNG, JPEG, WebP, TIFF or BMP file of one frame; anything else is a `PictureError`."""
    header = read_header(data)
    _check_header(header, max_pixels)
    icc = read_icc(data, header.format)
    exif, orientation = split_exif(data, header.format)
    samples = read_samples(data, header, icc)
    is_wide = samples.dtype.itemsize * 8 == _WIDE
    return Picture(
        image=freeze(to_image(turned(samples, orientation))),
        depth=16 if is_wide else 8,
        icc=icc if icc is not None and icc[16:20] == b"RGB " else None,
        exif=exif,
        format=header.format,
    )


def _check_header(header: Header, max_pixels: int) -> None:
    """Refuse what must not be decoded at all."""
    if header.width <= 0 or header.height <= 0:
        raise PictureError(
            f"picture: is {header.height}x{header.width} (height x width); allowed is at least "
            "1x1. Export it again.",
            code="zero_size",
        )
    if header.frames != 1:
        raise PictureError(
            f"picture: has {header.frames} frames or pages; allowed is one. "
            "Save the one you want as a picture of its own.",
            code="animated_picture",
        )
    pixels = header.width * header.height
    if pixels > max_pixels:
        raise PictureError(
            f"picture: is {header.height}x{header.width} (height x width), {pixels} pixels; "
            f"allowed are {max_pixels}. Scale it down first.",
            code="too_many_pixels",
        )
