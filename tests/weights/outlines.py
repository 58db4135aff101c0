"""What is selected on four photos, drawn by hand on the photos: corners (x, y) in px."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Corners = Sequence[tuple[int, int]]

OUTLINES: Mapping[str, Corners] = {
    # Hair, face, collar, suit, and the helmet under the arm.
    "astronaut": (
        *((183, 40), (202, 23), (225, 16), (248, 20), (277, 33), (293, 52), (300, 80), (298, 108)),
        *((284, 127), (272, 136), (266, 138), (262, 155), (257, 164), (255, 171), (281, 190)),
        *((298, 211), (303, 234), (328, 248), (345, 267), (352, 286), (359, 319), (363, 338)),
        *((363, 349), (384, 345), (412, 345), (441, 354), (469, 375), (488, 408), (496, 450)),
        *((504, 462), (511, 473), (511, 511), (47, 511), (45, 506), (33, 478), (23, 450)),
        *((21, 398), (23, 361), (28, 333), (35, 305), (47, 277), (66, 244), (94, 218), (112, 206)),
        *((115, 187), (123, 173), (134, 159), (155, 151), (180, 149), (184, 136), (180, 131)),
        *((171, 117), (159, 105), (154, 80), (157, 61), (173, 47)),
    ),
    # The cup, the saucer and the spoon.
    "coffee": (
        *((187, 62), (214, 38), (250, 22), (285, 18), (321, 22), (357, 38), (384, 56), (397, 71)),
        *((408, 67), (422, 69), (424, 80), (417, 105), (437, 123), (459, 152), (475, 187)),
        *((480, 228), (473, 268), (455, 308), (424, 341), (384, 368), (339, 386), (290, 390)),
        *((241, 384), (192, 368), (147, 343), (112, 312), (89, 272), (78, 232), (77, 201)),
        *((83, 170), (98, 138), (120, 109), (147, 87), (178, 71)),
    ),
    # The rocket with what it stands on; towers and lamps beside it are not drawn.
    "rocket": (
        *((322, 126), (329, 133), (333, 148), (333, 176), (335, 190), (334, 333), (343, 350)),
        *((356, 366), (356, 405), (374, 407), (374, 426), (267, 426), (267, 407), (290, 405)),
        *((290, 366), (302, 350), (310, 333), (310, 190), (311, 148), (315, 133)),
    ),
    # The cat's head and the part of its body that is there.
    "chelsea": (
        *((40, 0), (398, 0), (390, 15), (380, 32), (373, 54), (360, 74), (355, 82), (360, 100)),
        *((365, 120), (363, 144), (356, 167), (345, 187), (331, 204), (318, 217), (313, 234)),
        *((311, 248), (301, 264), (278, 276), (281, 299), (0, 299), (0, 124), (30, 107), (32, 80)),
        *((32, 50), (35, 30), (38, 13)),
    ),
}

WINDOWS: Mapping[str, tuple[int, int, int, int]] = {"rocket": (262, 100, 348, 427)}
"""Where a mask is compared (left, top, right, bottom), unless everywhere: lamps have no outline."""


def drawn(name: str, height: int, width: int) -> Any:
    """The area inside an outline, as truth values `[H, W]`."""
    canvas = Image.new("L", (width, height))
    ImageDraw.Draw(canvas).polygon(list(OUTLINES[name]), fill=1)
    return np.asarray(canvas) > 0
