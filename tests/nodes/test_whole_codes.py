"""From file to file: inverting twice gives the picture, and what is flat comes out flat."""

from collections.abc import Mapping

import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.tests.nodes.bench import Bench, Samples, given, noise, png, samples_of

METHODS = ("nearest-exact", "bilinear", "bicubic", "lanczos", "area", "auto")
PHOTO, HALF = Link("photo", 0), Link("half", 0)
HOLE = np.zeros((1, 36, 50), np.float32)
HOLE[:, 9:27, 12:38] = 0.6
HOLE[:, 12:24, 15:35] = 1
MASK = given(HOLE)
PART = {"part": Node("CropForInpaint", {"image": PHOTO, "mask": MASK, "size": "side"})}
BOX = Link("part", 2)

CHAINS: Mapping[str, Mapping[str, Node]] = {
    "blur": {"it": Node("BlurImage", {"image": PHOTO, "radius": 16})},
    "blur around": {"it": Node("BlurImage", {"image": PHOTO, "radius": 9, "avoid": MASK})},
    "smaller and larger": {
        "half": Node("ImageScaleBy", {"image": PHOTO, "scale_by": 0.7}),
        "it": Node("ImageScale", {"image": HALF, "width": 83, "height": 17}),
    },
    "pad": {"it": Node("PadForOutpaint", {"image": PHOTO, "fill": "mirror"})},
    "paste": {"it": Node("PasteBack", {"image": PHOTO, "part": PHOTO, "mask": MASK})},
    "composite": {
        "it": Node("ImageCompositeMasked", {"destination": PHOTO, "source": PHOTO, "mask": MASK})
    },
    "clean edges": {"it": Node("DecontaminateEdges", {"image": PHOTO, "mask": MASK})},
    "feather": {
        "it": Node("InpaintSampler", {"image": PHOTO, "mask": MASK, "feather": 5})
    },
    "poisson": {
        "it": Node("InpaintSampler", {"image": PHOTO, "mask": MASK, "match": "poisson"})
    },
    **{
        f"stitch {match}": {
            **PART,
            "it": Node(
                "StitchInpaint",
                {"image": PHOTO, "mask": MASK, "painted": Link("part", 0), "box": BOX,
                 "match": match},
            ),
        }
        for match in ("colour", "poisson")
    },
    **{
        f"{method} by {factor}": {
            "it": Node(
                "ImageScaleBy",
                {"image": PHOTO, "upscale_method": method, "scale_by": factor,
                 "antialias": method == "lanczos"},  # without it lanczos has 8 bits, as in ComfyUI
            )
        }
        for method in METHODS
        for factor in (0.7, 1.7)
    },
}  # fmt: skip


def saved(bench: Bench, photo: Samples, chain: Mapping[str, Node]) -> Samples:
    nodes = {
        "photo": Node("LoadImage", {"image": bench.put("whole.png", png(photo))}),
        **chain,
        "end": Node("SaveImage", {"images": Link("it", 0)}),
    }
    ran = bench.run(nodes, ["end"])
    assert ran.outcome.failures == ()
    (data,) = ran.files
    return samples_of(data)


@pytest.mark.parametrize("code", [100, 200, 25700, 10000, 54321])
@pytest.mark.parametrize("name", CHAINS)
def test_what_is_flat_comes_out_flat(bench: Bench, name: str, code: int) -> None:
    kind = np.uint8 if code < 256 else np.uint16

    result = saved(bench, np.full((36, 50, 3), code, kind), CHAINS[name])

    assert result.dtype == kind
    assert np.all(result == code)


def inverted(times: int) -> dict[str, Node]:
    links = [PHOTO, *(Link(f"n{index}", 0) for index in range(times - 1))]
    names = [*(f"n{index}" for index in range(times - 1)), "it"]
    return {n: Node("ImageInvert", {"image": link}) for n, link in zip(names, links, strict=True)}


@pytest.mark.parametrize("depth", [8, 16])
def test_inverting_is_exact_and_twice_the_identity(bench: Bench, depth: int) -> None:
    kind = np.uint8 if depth == 8 else np.uint16
    every = np.arange(1 << depth).astype(kind).reshape(-1, 256, 1).repeat(3, axis=2)
    photo = noise(31, 47, 3, depth=depth)

    for samples in (every, photo):
        once = saved(bench, samples, inverted(1))
        assert np.array_equal(once, np.iinfo(kind).max - samples)
        assert np.array_equal(saved(bench, once, inverted(1)), samples)
        assert np.array_equal(saved(bench, samples, inverted(2)), samples)
