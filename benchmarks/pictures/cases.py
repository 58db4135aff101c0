"""What is painted on which photo; split once, and drawn before anything was tried.

`tune` is what one may look at while something is changed, `hold` only says at the end whether it
holds on photos that nobody has looked at. Boxes are in px of the photo as `photos.load` gives it.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from paintgraph.benchmarks.pictures.photos import load

Split: TypeAlias = Literal["tune", "hold"]
Kind: TypeAlias = Literal["texture", "object", "thin", "outpaint"]
Pixels: TypeAlias = NDArray[np.uint8]
Hole: TypeAlias = NDArray[np.bool_]

KINDS: tuple[Kind, ...] = ("texture", "object", "thin", "outpaint")
_HIDDEN = (255, 0, 255)  # what lies in a hole whose truth is known: nobody may look


class Case(NamedTuple):
    """A picture `[H, W, 3]`, what is painted in it `[H, W]`, and what should come out if known."""

    name: str
    kind: Kind
    split: Split
    picture: Pixels
    hole: Hole
    truth: Pixels | None


class _Box(NamedTuple):
    photo: str
    left: int
    top: int
    right: int
    bottom: int


class _Sides(NamedTuple):
    """Parts of the photo's width or height; where `known`, they are cut off first."""

    photo: str
    left: float
    top: float
    right: float
    bottom: float
    known: bool


_TEXTURES: Mapping[Split, tuple[_Box, ...]] = {
    "tune": (
        _Box("building", 560, 110, 730, 270),
        _Box("brick", 180, 180, 330, 330),
        _Box("grass", 180, 180, 330, 330),
        _Box("gravel", 180, 180, 330, 330),
        _Box("water", 480, 400, 700, 580),
        _Box("aloe", 180, 150, 420, 400),
        _Box("meadow", 500, 300, 800, 600),
        _Box("leuven", 330, 180, 500, 330),
    ),
    "hold": (
        _Box("dragonfly", 150, 350, 380, 560),
        _Box("blade", 300, 250, 550, 470),
        _Box("boats", 600, 560, 850, 700),
        _Box("planks", 250, 480, 480, 680),
        _Box("baboon", 400, 180, 490, 300),
        _Box("town", 250, 180, 380, 290),
        _Box("dune", 450, 520, 700, 680),
    ),
}
_OBJECTS: Mapping[Split, tuple[_Box, ...]] = {
    "tune": (
        _Box("messi", 60, 50, 470, 340),
        _Box("squirrel", 130, 100, 375, 350),
        _Box("barrier", 290, 100, 870, 650),
        _Box("notice", 245, 5, 450, 600),
        _Box("kleiber", 480, 230, 670, 440),
        _Box("pencil", 50, 85, 345, 290),
        _Box("moss", 715, 300, 850, 440),
        _Box("galleries", 230, 110, 430, 275),
    ),
    "hold": (
        _Box("ladybird", 775, 325, 900, 440),
        _Box("robin", 70, 5, 315, 228),
        _Box("tree", 135, 30, 345, 225),
        _Box("drum", 40, 580, 520, 900),
        _Box("toy", 290, 520, 790, 790),
        _Box("whale", 215, 85, 320, 185),
        _Box("copies", 100, 530, 640, 650),
        _Box("fig", 490, 275, 850, 620),
    ),
}
_OUTPAINTS: Mapping[Split, tuple[_Sides, ...]] = {
    "tune": (
        _Sides("picos", 0.2, 0.2, 0.2, 0.2, known=True),
        _Sides("mountain", 0.25, 0, 0.25, 0, known=True),
        _Sides("sunset", 0, 0.25, 0, 0.25, known=True),
        _Sides("water", 0.2, 0.2, 0.2, 0.2, known=True),
        _Sides("leuven", 0.25, 0, 0.25, 0, known=False),
        _Sides("messi", 0.33, 0, 0.33, 0, known=False),
    ),
    "hold": (
        _Sides("boats", 0.2, 0, 0.2, 0, known=True),
        _Sides("generator", 0.2, 0, 0.2, 0, known=True),
        _Sides("dune", 0, 0.2, 0, 0.2, known=True),
        _Sides("town", 0.15, 0.15, 0.15, 0.15, known=True),
        _Sides("drum", 0.5, 0, 0.5, 0, known=False),
        _Sides("robin", 0.33, 0, 0.33, 0, known=False),
    ),
}


def scratches(shape: tuple[int, int]) -> Hole:
    """Fourteen bent scratches, 2 to 5 px wide."""
    rng = np.random.default_rng(3)
    drawn = Pillow.new("L", shape[::-1])
    pen = ImageDraw.Draw(drawn)
    for _ in range(14):
        first, last = (rng.integers(0, min(shape), 2) for _ in range(2))
        middle = [(first[i] + last[i]) / 2 + rng.normal(0, 25) for i in range(2)]
        points = [(int(x), int(y)) for x, y in (first, middle, last)]
        pen.line(points, fill=255, width=int(rng.integers(2, 6)))
    return np.asarray(drawn) > 0


def writing(shape: tuple[int, int]) -> Hole:
    """Three lines of a watermark over the left part."""
    drawn = Pillow.new("L", shape[::-1])
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(34)
    lines = (40, "COPYRIGHT 2026 SAMPLE"), (130, "do not copy this photo"), (220, "WATERMARK " * 2)
    for top, line in lines:
        pen.text((10, top), line.strip(), fill=255, font=font)
    marked = (np.asarray(drawn) > 60).astype(np.uint8)
    grown: Hole = cv2.dilate(marked, np.ones((3, 3), np.uint8)) > 0
    return grown


def _wires(shape: tuple[int, int]) -> Hole:
    """Four wires, 5 px wide, that hang through the picture."""
    drawn = Pillow.new("L", shape[::-1])
    pen = ImageDraw.Draw(drawn)
    scale = shape[0] / 800
    for number in range(4):
        sag = [0.00012 * (x - 600) ** 2 * (1 + 0.2 * number) + 0.1 * x for x in range(0, 1301, 20)]
        heights = [int((150 + 90 * number + down) * scale) for down in sag]
        pen.line(list(zip(range(0, 1301, 20), heights, strict=True)), fill=255, width=5)
    return np.asarray(drawn) > 0


_THIN: Mapping[Split, tuple[tuple[str, Callable[[tuple[int, int]], Hole]], ...]] = {
    "tune": (("astronaut", scratches), ("chelsea", writing), ("mountain", _wires)),
    "hold": (("coffee", scratches), ("generator", writing), ("home", _wires)),
}


def cases(folder: Path, splits: tuple[Split, ...], kinds: tuple[Kind, ...]) -> Iterator[Case]:
    """The cases of some kinds; raises MissingPhotosError where a photo is not there."""
    for split in splits:
        if "texture" in kinds:
            yield from (_boxed(box, "texture", split, folder) for box in _TEXTURES[split])
        if "object" in kinds:
            yield from (_boxed(box, "object", split, folder) for box in _OBJECTS[split])
        if "thin" in kinds:
            yield from (_damaged(photo, draw, split, folder) for photo, draw in _THIN[split])
        if "outpaint" in kinds:
            yield from (_extended(sides, split, folder) for sides in _OUTPAINTS[split])


def _boxed(box: _Box, kind: Kind, split: Split, folder: Path) -> Case:
    photo = load(box.photo, folder)
    hole = np.zeros(photo.shape[:2], np.bool_)
    hole[box.top : box.bottom, box.left : box.right] = True
    if kind == "object":  # nobody knows what lies behind it
        return Case(f"{kind} {box.photo}", kind, split, photo, hole, None)
    return _hidden(f"{kind} {box.photo}", kind, split, photo, hole)


def _damaged(
    name: str, draw: Callable[[tuple[int, int]], Hole], split: Split, folder: Path
) -> Case:
    photo = load(name, folder)
    hole = draw((photo.shape[0], photo.shape[1]))
    return _hidden(f"thin {name}", "thin", split, photo, hole)


def _hidden(name: str, kind: Kind, split: Split, photo: Pixels, hole: Hole) -> Case:
    shown = photo.copy()
    shown[hole] = _HIDDEN
    return Case(name, kind, split, shown, hole, photo)


def _extended(sides: _Sides, split: Split, folder: Path) -> Case:
    photo = load(sides.photo, folder)
    height, width = photo.shape[:2]
    left, right = int(sides.left * width), int(sides.right * width)
    top, bottom = int(sides.top * height), int(sides.bottom * height)
    name = f"outpaint {sides.photo}"
    if not sides.known:
        canvas = np.pad(photo, ((top, bottom), (left, right), (0, 0)))
        hole = np.pad(
            np.zeros((height, width), np.bool_),
            ((top, bottom), (left, right)),
            constant_values=True,
        )
        canvas[hole] = 128
        return Case(name, "outpaint", split, canvas, hole, None)
    hole = np.ones((height, width), np.bool_)
    hole[top : height - bottom, left : width - right] = False
    return _hidden(name, "outpaint", split, photo, hole)
