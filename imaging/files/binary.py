"""Numbers out of file headers; reading past the end is an error that says so."""

import struct

from paintgraph.imaging.errors import PictureError


def unpack(layout: str, data: bytes, at: int) -> tuple[int, ...]:
    """Integers of a `struct` layout that start at a position of the file."""
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error as error:
        raise damaged("the header ends early") from error


def damaged(reason: str) -> PictureError:
    """The error for a file of a known format that cannot be read to its end."""
    return PictureError(
        f"picture: the file is cut off or damaged ({reason}); allowed is a whole file. "
        "Fetch or export it again.",
        code="truncated_picture",
    )


def unsupported(what: str) -> PictureError:
    """The error for a known format in a variant that is not read."""
    return PictureError(
        f"picture: is {what}; allowed are 1 to 8 or 16 bits per sample, as whole numbers, "
        "in grey, RGB, palette or CMYK. Convert it to PNG first."
    )
