"""The node that measures how well a repainted part fits, and how its numbers go with a picture."""

from typing import Annotated, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import Facts, Value
from paintgraph.engine.node.declaration import node
from paintgraph.imaging import measure
from paintgraph.imaging.arrays import check_same_size
from paintgraph.imaging.repeats import measure_repeat
from paintgraph.nodes.facts import REPAINT
from paintgraph.nodes.sockets import IMAGE, Array, Image, Mask

_DIGITS = 4


class Fit(NamedTuple):
    """How well a repainted picture fits."""

    max_abs_diff_outside: float
    seam_ratio: float
    ring_delta_e: float
    repeat: float


@node(
    title="Measure Seam",
    category="inpaint",
    keywords=("quality", "check", "difference", "copied object"),
    version="2",
    packages=("opencv-python", "numpy"),
)
def measure_seam(
    before: Annotated[Image, "The picture as it was."],
    after: Annotated[Image, "The picture with the repainted part."],
    mask: Annotated[Mask, "What was to be repainted."],
) -> Fit:
    """Measure how well a repainted part fits: what changed outside the mask, how its border shows.

    `max_abs_diff_outside` is the largest change of a sample where the mask is 0, `seam_ratio` how
    much stronger colours change across the mask's border than beside it (1: no seam is seen),
    `ring_delta_e` how far the colours on both sides of it lie apart, in CIE Delta E, `repeat` which
    part of what is selected shows once more what the rest has once. Of a batch each is the largest.
    """
    check_same_size(after, mask, "the picture after")
    batch = max(len(after), len(mask))
    repeats = [measure_repeat(_item(after, i), _item(mask, i)) for i in range(batch)]
    return Fit(**_seams(before, after, mask), repeat=round(max(repeats), _DIGITS))


def _seams(before: Array, after: Array, mask: Array) -> dict[str, float]:
    """What changed outside, and how the border shows; of a batch each is the largest."""
    changed = measure.max_abs_diff_outside(before, after, mask)
    batch = max(len(after), len(mask))
    seams = [measure.measure_seam(_item(after, i), _item(mask, i)) for i in range(batch)]
    worst = np.max([(changed, *seam) for seam in seams], axis=0)
    names = ("max_abs_diff_outside", "seam_ratio", "ring_delta_e")
    return {name: round(float(number), _DIGITS) for name, number in zip(names, worst, strict=True)}


def with_fit(
    before: Array, after: Array, mask: Array, facts: Facts, **others: float | None
) -> Value:
    """The picture after repainting, with how well it fits beside the facts of the one before.

    Of `others`, numbers by name, those that are None are left out.
    """
    numbers = _seams(before, after, mask)
    known = {name: number for name, number in others.items() if number is not None}
    numbers |= {name: round(number, _DIGITS) for name, number in known.items()}
    kept = {name: fact for name, fact in facts.items() if name not in IMAGE.own_facts}
    return Value(after, {**kept, REPAINT: numbers})


def _item(array: Array, item: int) -> Array:
    return array if len(array) == 1 else array[item : item + 1]
