"""Crop and stitch against the plain ways: the whole picture at once, paste, alpha feathering."""

from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from paintgraph.base.listening import Listening
from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.composite import place_image
from paintgraph.imaging.blend.stitching import Match, Stitch
from paintgraph.imaging.masks.algebra import soften
from paintgraph.imaging.measure import Seam, measure_seam
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult
from paintgraph.models.inpainting.repaint import Geometry, repaint

_PHOTO = Path(__file__).resolve().parents[1] / "docs" / "photos" / "coffee.jpg"
_SIZE = (2048, 1536)
_SIDE = 200
_FEATHER = 16
_GAIN = np.float32(1.03)
_REQUEST = InpaintRequest(seed=1, fill="keep")


def figures() -> list[Figure]:
    """PatchMatch on a 200-px hole both ways; the seam of an engine that brightens by 3 %."""
    with Pillow.open(_PHOTO) as photo:
        large = photo.convert("RGB").resize(_SIZE, Pillow.Resampling.LANCZOS)
    image: Image = np.asarray(large, np.float32)[np.newaxis] / np.float32(255)
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, 1200 : 1200 + _SIDE, 1500 : 1500 + _SIDE] = 1
    with PatchMatchPool() as pool:
        times = rounds(lambda: _both_ways(pool, image, mask), 3, 60)
        seams = _seams(pool, image, mask)
    fast = min(ours for ours, _ in times), min(whole for _, whole in times)
    ratio = tuple(whole / ours for ours, whole in times)
    return [
        Figure("crop and stitch", tuple(ours for ours, _ in times), "s"),
        Figure("the whole picture at once", tuple(whole for _, whole in times), "s"),
        Figure("times faster", ratio, "x", 4, more_is_better=True, undisturbed=fast[1] / fast[0]),
        *(Figure(f"seam ratio, {name}", (seam.ratio,), "x") for name, seam in seams.items()),
        *_brightened(image, mask),
    ]


def _both_ways(pool: PatchMatchPool, image: Image, mask: Mask) -> tuple[float, float]:
    return (
        seconds_of(lambda: repaint(image, mask, PatchMatch(pool), _REQUEST)),
        seconds_of(lambda: _whole(pool, image, mask)),
    )


def _whole(pool: PatchMatchPool, image: Image, mask: Mask) -> Image:
    codes = np.rint(image[0] * 255).astype(np.uint8)
    painted = pool.inpaint(codes, mask[0] > 0, _REQUEST.seed)
    return painted[np.newaxis].astype(np.float32) / np.float32(255)


def _seams(pool: PatchMatchPool, image: Image, mask: Mask) -> dict[str, Seam]:
    whole = _whole(pool, image, mask)
    soft = soften(mask, _FEATHER, "inward")
    results = {
        "crop and stitch": repaint(image, mask, PatchMatch(pool), _REQUEST).image,
        "the whole picture, pasted": place_image(image, whole, 0, 0, mask),
        "the whole picture, feathered": place_image(image, whole, 0, 0, soft),
    }
    return {name: measure_seam(result, mask) for name, result in results.items()}


class _Brightener(ResizedResult):
    """Gives back the picture, 3 % brighter, as a generating engine may."""

    name = "brightener"
    copies_surroundings = False
    working_side = 1024
    working_pixels = 1024 * 1024
    least_side = 1
    size_multiple = 8

    def inpaint(
        self,
        image: Image,
        mask: Mask,  # noqa: ARG002
        request: InpaintRequest,  # noqa: ARG002
        listening: Listening,  # noqa: ARG002
        *,
        avoid: Mask | None = None,  # noqa: ARG002
    ) -> Image:
        return np.asarray(np.minimum(image * _GAIN, 1), np.float32)


def _brightened(image: Image, mask: Mask) -> list[Figure]:
    """What is left of the step at the border, as a part of what plain paste leaves."""

    def step(match: Match) -> float:
        geometry = Geometry(stitch=Stitch(match=match))
        result = repaint(image, mask, _Brightener(), _REQUEST, geometry=geometry)
        return measure_seam(result.image, mask).delta_e

    plain = step("none")
    named = {"colour match": step("colour"), "Poisson": step("poisson")}
    return [
        Figure(f"colour step left of a gain of 3 %, {name}", (left / plain,), "x", 0.5)
        for name, left in named.items()
    ]
