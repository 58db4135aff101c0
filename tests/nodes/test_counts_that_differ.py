"""Batches that do not match are refused with a cure, and the cure is done here as told."""

import re
from typing import Any

import numpy as np
import pytest

from paintgraph.tests.nodes.bench import Bench

SIZE = (6, 8)
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "InpaintSampler": ("image", "mask", {"engine": "telea"}),
    "FillMasked": ("image", "mask", {}),
    "CropForInpaint": ("image", "mask", {}),
    "PadForOutpaint": ("image", "mask", {}),
    "MatteMask": ("image", "mask", {}),
    "DecontaminateEdges": ("image", "mask", {}),
    "PasteBack": ("image", "part", {}),
    "BlurImage": ("image", "avoid", {}),
    "CombineMasks": ("first", "second", {}),
    "MaskComposite": ("destination", "source", {}),
}


def _of(name: str, count: int) -> np.ndarray[Any, Any]:
    if name in ("image", "part"):
        return np.full((count, *SIZE, 3), 0.5, np.float32)
    mask = np.zeros((count, *SIZE), np.float32)
    mask[:, 2:4, 3:5] = 1
    return mask


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize(("counts", "works"), [((3, 2), (1, 3)), ((2, 3), (1, 2))])
def test_the_counts_that_the_error_names_work(
    bench: Bench, kind: str, counts: tuple[int, int], works: tuple[int, int]
) -> None:
    first, second, rest = CASES[kind]

    def run_with(count: int) -> Any:
        given = {first: _of(first, counts[0]), second: _of(second, count)}
        return bench.node(kind, **given, **rest)

    code, message = run_with(counts[1]).fault
    named = re.search(r"Give (\d) or (\d) ", message)
    assert code == "size_mismatch"
    assert named, message
    assert tuple(map(int, named.groups())) == works
    for count in works:
        assert len(run_with(count).array()) == counts[0]


def test_as_many_pictures_as_there_are_masks_may_be_taken_instead(bench: Bench) -> None:
    pictures, masks = _of("image", 3), _of("mask", 2)
    _, message = bench.node("FillMasked", image=pictures, mask=masks).fault

    assert message.endswith("Give 1 or 3 masks, or take 2 of image with ImageFromBatch.")
    taken = bench.node("ImageFromBatch", image=pictures, length=2).array()
    assert len(bench.node("FillMasked", image=taken, mask=masks).array()) == 2
