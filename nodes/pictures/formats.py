"""The formats that pictures are saved in, and that of the file which a picture comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["png", "jpeg", "webp", "tiff", "avif", "heic"]
Wanted = Literal["png", "jpeg", "webp", "tiff", "avif", "heic", "same"]
"""A format, or that of the file which the picture comes from."""
SUFFIXES: Mapping[Format, str] = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "tiff": ".tif",
    "avif": ".avif",
    "heic": ".heic",
}
LOSSY = ("jpeg", "avif", "heic")
WITH_QUALITY = ("jpeg", "webp", "avif", "heic")
"""Formats that may be packed with loss."""
OPAQUE = ("jpeg",)
DEEP = ("png", "tiff")
_SOURCE = "format"


@dataclass(frozen=True, slots=True)
class Packing:
    """How samples are packed: a quality of 1 to 100 for `WITH_QUALITY`, and WebP without loss."""

    quality: int = 95
    lossless: bool = True

    @staticmethod
    def of(quality: int | None) -> "Packing":
        """What a quality means that was wished, or was not."""
        return BEST if quality is None else Packing(quality, lossless=False)


BEST = Packing()


def source_facts(name: str) -> dict[str, str]:
    """The fact of what format a picture's file has; none for PNG, which is the default anyway."""
    return {} if name == "PNG" else {_SOURCE: name.lower()}


def format_for(wanted: Wanted, facts: Mapping[str, Any], *, has_alpha: bool) -> tuple[Format, str]:
    """The format to save in, and why it is not that of the picture's file, if `same` is wanted.

    PNG takes the place of what cannot be written, and of JPEG for a picture that has alpha.
    """
    if wanted != "same":
        return wanted, ""
    source = facts.get(_SOURCE, "png")
    if source not in SUFFIXES:
        return "png", f"{source.upper()} is read only; the picture is saved as PNG instead."
    if source == "jpeg" and has_alpha:
        return "png", "JPEG holds no transparency; the picture is saved as PNG instead."
    return source, ""
