"""An engine that copies refuses a mask without a 0 by naming its darkest px and what helps."""

from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.tests.masks import BOX, PHOTO
from paintgraph.tests.nodes.bench import Bench, image_of, use

FLOOR = np.where(BOX, np.float32(1), np.float32(16 / 255))[np.newaxis]


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("InpaintSampler", {"engine": "telea"}),
        ("InpaintSampler", {"engine": "patchmatch"}),
        ("FillMasked", {"fill": "edge"}),
    ],
)
def test_the_darkest_px_is_named_and_the_cure_works(
    bench: Bench, kind: str, inputs: dict[str, Any]
) -> None:
    image = image_of(PHOTO)
    code, message = bench.node(kind, image=image, mask=FLOOR, **inputs).fault

    assert code == "full_mask"
    assert "(its darkest px is 16/255 and not 0; ThresholdMask makes it hard)" in message
    full = bench.node(kind, image=image, mask=np.ones_like(FLOOR), **inputs).fault[1]
    assert "darkest" not in full

    it = use(kind, image=image, **inputs)
    hard = use("ThresholdMask", mask=FLOOR)
    nodes = {"hard": hard, "it": Node(kind, {**it.inputs, "mask": Link("hard", "mask")})}
    painted = bench.run(nodes, ["it"]).array()
    assert np.array_equal(image[0][~BOX], painted[0][~BOX])
