"""How many pixels a picture may have that is read: a setting, or what the memory here allows."""

import os
from dataclasses import dataclass

from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.usage import machine_bytes
from paintgraph.base.words import shorten
from paintgraph.imaging import arrays
from paintgraph.imaging.files.examine import MOST_PIXELS, VARIABLE

BYTES_PER_PIXEL = 128
"""What a run takes for each px of its picture, of whichever recipe, with room to spare."""
_MOST_BY_MEMORY = arrays.MOST_PIXELS
"""No node makes a larger picture, however large the memory is."""


@dataclass(frozen=True, slots=True)
class PixelBudget:
    """The service by which nodes know how many pixels a picture may have."""

    most: int = MOST_PIXELS

    @staticmethod
    def here() -> "PixelBudget":
        """That of the variable, else by this machine's memory; raises UsageError."""
        text = os.environ.get(VARIABLE, "").strip()
        if not text:
            by_memory = (machine_bytes() or 0) // BYTES_PER_PIXEL
            return PixelBudget(min(max(MOST_PIXELS, by_memory), _MOST_BY_MEMORY))
        if not (text.isascii() and text.isdigit()) or not int(text[:18]) > 0:
            message = f"{VARIABLE} is '{shorten(text)}'; allowed is a whole number of pixels."
            raise UsageError(
                Problem("bad_setting", f"{message} Write e.g. 100000000, or unset it.")
            )
        return PixelBudget(int(text[:18]))
