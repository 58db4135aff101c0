"""The one importer of pillow_heif (extra `heic`), which reads and writes HEIC pictures."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from paintgraph.imaging.errors import PictureError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from paintgraph.imaging.samples import Samples  # loads numpy, which servers do not

NEEDED = (
    "HEIC pictures need the package pillow-heif, which is not installed; allowed are the other "
    "formats. Install paintgraph[heic]."
)


def has_heic() -> bool:
    """Whether HEIC pictures can be read and written here."""
    try:
        import pillow_heif  # noqa: F401
    except ImportError:
        return False
    return True


def open_heic(file: BytesIO) -> "ImageFile":
    """Pillow's reader; its pixels come turned and cut as the file says, at 8 bits.

    Raises:
        PictureError: the package is missing (`missing_library`).
    """
    try:
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError as error:
        raise PictureError(f"picture: {NEEDED}", code="missing_library") from error
    opened: ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call] # as Pillow's own
    return opened


def save_heic(samples: "Samples", options: dict[str, Any]) -> bytes:
    """The file of a picture.

    Args:
        samples: code values `[H, W, 3 or 4]`, uint8.
        options: those of `pillow_heif`, and `icc_profile`.

    Returns:
        The file.
    """
    from PIL import Image
    from pillow_heif import from_pillow

    file = BytesIO()
    picture = Image.fromarray(samples)
    profile = options.pop("icc_profile", None)
    if profile is not None:
        picture.info["icc_profile"] = profile
    from_pillow(picture).save(file, **options)
    return file.getvalue()
