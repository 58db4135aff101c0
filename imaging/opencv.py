"""OpenCV, for all of this package; or an error that names what of the system it lacks."""

from paintgraph.imaging.errors import ImagingError

__all__ = ["cv2"]


class LibraryError(ImagingError):
    """A library that paintgraph works with cannot be loaded."""

    code = "missing_library"


try:
    import cv2
except ModuleNotFoundError as error:
    raise LibraryError(
        f"OpenCV cannot be loaded: {error}; it comes with paintgraph. Install it again: "
        "pip install opencv-python"
    ) from error
except ImportError as error:
    raise LibraryError(
        f"OpenCV cannot be loaded: {error}; it needs libraries of the system. "
        "Install them, on Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
    ) from error
