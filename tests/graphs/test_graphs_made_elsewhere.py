"""Mask, pad and composite graphs in ComfyUI's API format run as they are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest

from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.tests.nodes.bench import Bench, bench_in, image_of, noise, png, samples_of

SIDE = 16
PHOTO = noise(SIDE, SIDE)
PROMPT: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "2": {
        "class_type": "ImagePadForOutpaint",
        "inputs": {
            "image": ["1", 0],
            "left": 8,
            "top": 0,
            "right": 0,
            "bottom": 0,
            "feathering": 4,
        },
    },
    "3": {
        "class_type": "GrowMask",
        "inputs": {"mask": ["2", 1], "expand": -2, "tapered_corners": True},
    },
    "4": {
        "class_type": "FeatherMask",
        "inputs": {"mask": ["3", 0], "left": 2, "top": 0, "right": 0, "bottom": 0},
    },
    "5": {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 4, "height": 4}},
    "6": {
        "class_type": "MaskComposite",
        "inputs": {
            "destination": ["4", 0],
            "source": ["5", 0],
            "x": 12,
            "y": 3,
            "operation": "or",
        },
    },
    "7": {
        "class_type": "EmptyImage",
        "inputs": {"width": 24, "height": SIDE, "batch_size": 1, "color": 255},
    },
    "8": {"class_type": "ImageInvert", "inputs": {"image": ["7", 0]}},
    "9": {
        "class_type": "ImageCompositeMasked",
        "inputs": {
            "destination": ["2", 0],
            "source": ["8", 0],
            "x": 0,
            "y": 0,
            "resize_source": False,
            "mask": ["6", 0],
        },
    },
    "10": {"class_type": "SaveImage", "inputs": {"images": ["9", 0], "filename_prefix": "made"}},
    "11": {"class_type": "PreviewAny", "inputs": {"source": ["6", 0]}},
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_in(tmp_path_factory.mktemp("elsewhere")) as bench:
        bench.put("photo.png", png(PHOTO))
        yield bench


def test_a_prompt_of_masks_and_composites_runs(bench: Bench) -> None:
    graph, problems = read_graph(orjson.dumps(PROMPT), "prompt")
    assert problems == []

    ran = bench.run(graph.nodes)

    assert ran.outcome.failures == ()
    mask = ran.array("6")[0]
    canvas = ran.array("2")[0]
    composed = ran.array("9")[0]
    assert mask[0].tolist() == [0.5, *[1] * 6, 0.5625, 0.25, 0.0625, *[0] * 14]
    assert mask[3:7, 12:16].min() == 1
    assert np.array_equal(canvas[mask == 0], composed[mask == 0])
    assert (composed[mask == 1] == (1, 1, 0)).all()
    assert np.array_equal(image_of(PHOTO)[0, :, 8:], composed[:, 16:])
    (file,) = ran.files
    assert samples_of(file).shape == (SIDE, SIDE + 8, 3)
