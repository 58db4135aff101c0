"""Colours by name, and what of a picture has one."""

import re

import numpy as np

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError

_HEX = re.compile(r"#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII | re.IGNORECASE)
_WITH_ALPHA = 4
_ROUNDING = 1e-3  # of an 8-bit step; far below a step of 16 bits


def parse_colour(text: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour such as "#ff8000"."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ContractError(
            f"colour is {text!r}; allowed is #rrggbb, two hexadecimal digits each for red, green "
            "and blue. Write e.g. #ff8000.",
            code="bad_colour",
        )
    red, green, blue = (int(digits, 16) for digits in found.groups())
    return red, green, blue


def split_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as one number: 0xff8000 is orange."""
    return number >> 16 & 255, number >> 8 & 255, number & 255


def select_colour(image: Image, colour: tuple[int, int, int], tolerance: float = 0) -> Mask:
    """Select what differs from a colour by at most `tolerance` 8-bit steps in every channel."""
    wanted = np.array(colour, np.float32) / np.float32(255)
    furthest = np.abs(image[..., :3] - wanted).max(axis=3)
    mask: Mask = (furthest * 255 <= tolerance + _ROUNDING).astype(np.float32)
    return mask


def select_transparent(image: Image) -> Mask:
    """Select what is transparent, as much as it is; nothing in a picture without alpha."""
    if image.shape[3] < _WITH_ALPHA:
        return np.zeros(image.shape[:3], np.float32)
    return 1 - image[..., 3]
