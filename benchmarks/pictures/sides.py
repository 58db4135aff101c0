"""Which sides of the photos cut a thing, as seen by eye before anything was tried on them.

A thing is what a person would name when asked what the photo shows, and has an end: an animal, a
person, a house, a pot. Ground, sky, water, woods, mountains, walls and other textures go on, so
that a side may cut them. `unsure` are sides where two people would not agree: a trunk of which only
bark is seen, a wire, what ends less than a hundredth before the side, a small thing behind.
`tune` and `hold` are as in `cases`; photos that are in none alternate by name.

`python -m paintgraph.benchmarks.pictures.sides FOLDER` tells how well minimum barrier distances
find them (ADR 67); `photos` gets the photos.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from paintgraph.benchmarks.pictures.cases import Split
from paintgraph.benchmarks.pictures.photos import load

_SIDE = 128  # px: the side of a square as large as the copy that is looked at
_GRAIN = 0.5  # px of a Gaussian
_ALONG = 0.7  # of a side's px may be nearer than its score says
_PASSES = 3
_FAR = np.float32(1e6)
_LIMITS = (10, 12, 14, 16, 20, 24)  # steps of L*, a* or b*; 14 was chosen on `tune`

_Planes = NDArray[np.float32]

Side: TypeAlias = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")


class Seen(NamedTuple):
    """What the sides of a photo cut, by first letters: `ltrb` are all of them."""

    split: Split
    cut: str = ""
    unsure: str = ""


SEEN: Mapping[str, Seen] = {
    "aloe": Seen("tune", "ltr", "b"),
    "astronaut": Seen("tune", "lb", "tr"),
    "barrier": Seen("tune", "l", "t"),
    "brick": Seen("tune"),
    "bridge": Seen("tune", "", "ltrb"),
    "brushes": Seen("tune", "ltb", "r"),
    "building": Seen("tune", "tr", "l"),
    "chelsea": Seen("tune", "ltb"),
    "drops": Seen("tune", "ltb", "r"),
    "fruits": Seen("tune", "ltrb"),
    "galleries": Seen("tune", "ltrb"),
    "grass": Seen("tune"),
    "gravel": Seen("tune"),
    "kleiber": Seen("tune", "", "ltb"),
    "lake": Seen("tune", "", "lr"),
    "leuven": Seen("tune", "lr", "t"),
    "meadow": Seen("tune"),
    "messi": Seen("tune"),
    "moss": Seen("tune"),
    "mountain": Seen("tune", "", "r"),
    "notice": Seen("tune", "lb", "r"),
    "path": Seen("tune"),
    "pencil": Seen("tune"),
    "picos": Seen("tune"),
    "rocket": Seen("tune", "", "ltrb"),
    "squirrel": Seen("tune", "rb", "t"),
    "sunset": Seen("tune", "b"),
    "water": Seen("tune", "", "lrb"),
    "wings": Seen("tune", "b"),
    "baboon": Seen("hold", "tb", "lr"),
    "blade": Seen("hold"),
    "boats": Seen("hold", "lr"),
    "brook": Seen("hold"),
    "butterfly": Seen("hold", "", "ltrb"),
    "coffee": Seen("hold", "", "b"),
    "copies": Seen("hold", "", "ltrb"),
    "dragonfly": Seen("hold", "", "b"),
    "drum": Seen("hold", "", "ltr"),
    "dune": Seen("hold"),
    "fig": Seen("hold", "", "trb"),
    "friends": Seen("hold", "", "ltrb"),
    "generator": Seen("hold", "lt", "rb"),
    "home": Seen("hold", "rb"),
    "jetty": Seen("hold", "b", "lr"),
    "kite": Seen("hold"),
    "ladybird": Seen("hold", "", "ltrb"),
    "leaf": Seen("hold"),
    "planks": Seen("hold"),
    "plant": Seen("hold", "tb", "lr"),
    "robin": Seen("hold", "b"),
    "storm": Seen("hold"),
    "town": Seen("hold"),
    "toy": Seen("hold", "lt", "r"),
    "tree": Seen("hold"),
    "whale": Seen("hold", "lrb", "t"),
}


def score(photo: NDArray[np.uint8]) -> dict[Side, float]:
    """How well each side is set off from the other three, in steps of L*, a* or b*.

    That is how much colours change at least on any way to a px of the side from the other three
    (minimum barrier distance, Strand 2013; Zhang 2015 finds salient objects by that from all four),
    less what is usual in the photo. Ground and sky reach two sides beside them, so they have none.

    Args:
        photo: `[H, W, 3]`.
    """
    height, width = photo.shape[:2]
    scale = min(1.0, _SIDE / (height * width) ** 0.5)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2Lab), (0, 0), _GRAIN)
    planes = np.ascontiguousarray(np.moveaxis(np.asarray(lab, np.float32), 2, 0))
    found: dict[Side, float] = {}
    for number, side in enumerate(SIDES):
        # Turned so that the side is the upper one, which is no seed.
        turned = np.rot90(planes, number - 1, (1, 2))
        distances = _distances(turned)
        found[side] = float(np.quantile(distances[0], _ALONG) - np.median(distances))
    return found


def _distances(planes: _Planes) -> _Planes:
    """Barrier from the left, right and lower side, the most of all planes `[C, H, W]`, `[H, W]`."""
    seeds = np.zeros(planes.shape, np.bool_)
    seeds[:, -1] = seeds[..., 0] = seeds[..., -1] = True
    distances = np.where(seeds, np.float32(0), _FAR)
    highest, lowest = np.where(seeds, planes, _FAR), np.where(seeds, planes, -_FAR)
    parts = (distances, highest, lowest, planes)
    for _ in range(_PASSES):
        for turned in (parts, tuple(part.swapaxes(1, 2) for part in parts)):
            _sweep(*turned)
    return np.asarray(distances.max(axis=0), np.float32)


def _sweep(distances: _Planes, highest: _Planes, lowest: _Planes, planes: _Planes) -> None:
    """Carry ways on from row to row, down and up; changes the first three."""
    count = planes.shape[1]
    for step, rows in ((1, range(1, count)), (-1, range(count - 2, -1, -1))):
        for row in rows:
            high = np.maximum(highest[:, row - step], planes[:, row])
            low = np.minimum(lowest[:, row - step], planes[:, row])
            is_nearer = high - low < distances[:, row]
            for part, value in ((distances, high - low), (highest, high), (lowest, low)):
                part[:, row][is_nearer] = value[is_nearer]


def main() -> None:
    """Score every side, and print how often each limit is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rows: dict[Split, list[tuple[float, str, str]]] = {"tune": [], "hold": []}
    for name, seen in SEEN.items():
        for side, found in score(load(name, folder)).items():
            kinds = {"cut": seen.cut, "unsure": seen.unsure}
            kind = next((kind for kind, sides in kinds.items() if side[0] in sides), "not")
            rows[seen.split].append((found, kind, f"{name} {side}"))
    for split, scored in rows.items():
        print(f"\n{split}\n\n| from | cut | of | unsure | not cut |\n|{' ---: |' * 5}")
        every = sum(kind == "cut" for _, kind, _ in scored)
        for limit in _LIMITS:
            told = [kind for found, kind, _ in scored if found >= limit]
            cut, unsure, wrong = (told.count(kind) for kind in ("cut", "unsure", "not"))
            print(f"| {limit} | {cut} | {every} | {unsure} | {wrong} |")
        wrongly = (each for found, kind, each in scored if kind == "not" and found >= _LIMITS[2])
        print(f"\nnot cut, from {_LIMITS[2]}: {', '.join(wrongly)}")


if __name__ == "__main__":
    main()
