"""EXIF blocks less their orientation, which is applied to the pixels instead."""

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import tiff
from paintgraph.imaging.files.metadata import read_exif
from paintgraph.imaging.files.quiet import quiet
from paintgraph.imaging.files.signature import Format


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
    with quiet():
        try:
            return tiff.descriptive_exif(data)
        except Exception:  # noqa: BLE001 - Pillow raises what it likes on damaged directories
            return None
