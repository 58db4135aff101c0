"""The size at which a part of a picture is worked on; whoever asks for the work never sees it."""

import math

from paintgraph.imaging.geometry.resize import scale_to_fit

_CELL = 64
_TARGET = 1024
_MOST_ROUNDS = 256


def fit_working_size(
    width: int, height: int, most_side: int, least_side: int = 1, multiple: int = 1
) -> tuple[int, int]:
    """Width and height of about the same proportion, both multiples of `multiple`.

    The longer side is at most `most_side`, and at least `least_side` where the two do not
    contradict each other.
    """
    longest = max(width, height)
    side = min(max(longest, least_side), most_side)
    fitted = scale_to_fit(width, height, side, side, enlarge=True)
    most = max(multiple, most_side // multiple * multiple)
    fitted_width, fitted_height = (
        min(most, max(multiple, math.floor(length / multiple + 0.5) * multiple))
        for length in fitted
    )
    return fitted_width, fitted_height


def megapixel_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of about one megapixel, as Fooocus works on a crop.

    The root of the area, rounded up to a multiple of 64, becomes 1024; where it is that already
    the size stays. Else both sides become multiples of 64.
    """
    for _ in range(_MOST_ROUNDS):
        measure = _CELL * math.ceil(math.sqrt(width * height) / _CELL)
        if measure == _TARGET:
            break
        width, height = (
            max(_CELL, _CELL * round(length * (_TARGET / measure) / _CELL))
            for length in (width, height)
        )
    return width, height
