"""Colours as people write them."""

import re

from paintgraph.base.words import suggestion
from paintgraph.imaging.errors import ContractError

_HEX = re.compile(r"#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII | re.IGNORECASE)
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])", re.ASCII | re.IGNORECASE)


def parse_colour(text: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as in CSS: "#ff8000", "#f80" or "orange".

    Raises:
        ContractError: it is no colour (`bad_colour`).

    Examples:
        >>> parse_colour("#f80"), parse_colour("Navy")
        ((255, 136, 0), (0, 0, 128))
    """
    from PIL import ImageColor  # here, as servers import this module and load no PIL for it

    written = text.strip()
    named = ImageColor.colormap.get(written.lower().replace(" ", ""))
    if isinstance(named, tuple):  # PIL has read it before, and keeps what it found
        return named[0], named[1], named[2]
    found = _HEX.fullmatch(named if isinstance(named, str) else written)
    if found is None and (short := _SHORT_HEX.fullmatch(written)) is not None:
        found = _HEX.fullmatch("".join(digit * 2 for digit in short.groups()))
    if found is None:
        near = suggestion(written.lower(), ImageColor.colormap)
        raise ContractError(
            f"colour is {text!r}; allowed are #rrggbb and #rgb in hexadecimal digits, and names "
            f"of CSS such as orange.{near or ' Write e.g. #ff8000.'}",
            code="bad_colour",
        )
    red, green, blue = (int(digits, 16) for digits in found.groups())
    return red, green, blue


def colour_shares(text: str) -> tuple[float, float, float]:
    """Red, green and blue, 0 to 1, of a colour as `parse_colour` reads it."""
    red, green, blue = parse_colour(text)
    return red / 255, green / 255, blue / 255


def split_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as one number: 0xff8000 is orange."""
    return number >> 16 & 255, number >> 8 & 255, number & 255
