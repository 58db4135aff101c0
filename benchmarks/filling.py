"""The blur fill beside its plain form, and PatchMatch's full size for a hole of 12 million px."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.benchmarks.watched import Spent, run_watched
from paintgraph.imaging.fill.blur import MIDDLE, NARROW, NARROWEST, WIDE, blur_into
from paintgraph.imaging.fill.copying import copy_nearest

_SIZE = (1152, 896)
_PHOTO = Path(__file__).resolve().parents[1] / "docs" / "photos" / "coffee.jpg"
_ROUNDS = 3
# A hole of 4000x3000 px in a picture of 20 million, painted at a tenth of its sides.
_LARGE = """
import numpy as np, cv2
from paintgraph.imaging.fill.detail import enlarge_with_detail
from paintgraph.imaging.geometry.resize import resize
part = np.random.default_rng(0).random((1, 4000, 5000, 3), np.float32)
mask = np.zeros((1, 4000, 5000), np.float32)
mask[:, 500:3500, 500:4500] = 1
painted = resize(part, 913, 730)
{what}
"""
_ENLARGE = "enlarge_with_detail(part, mask, painted, None, lambda: None)"


def figures() -> list[Figure]:
    """Times and their ratio for three holes; time and memory of the large one."""
    picture, found = _picture(), []
    for name, hole in _holes():
        eight = np.rint(picture * 255).astype(np.uint8)
        slow = rounds(lambda e=eight, h=hole: _both_8_bit(picture, e, h), _ROUNDS)  # type: ignore[misc]
        found.append(
            Figure(
                f"blur fill against the plain form in 8 bits, {name}",
                tuple(ours / plain for plain, ours in slow),
                "x",
                0.1,
                undisturbed=min(ours for _, ours in slow) / min(plain for plain, _ in slow),
            )
        )
        started = picture.copy()
        started[hole] = copy_nearest(picture, hole)
        plain_blur(started, hole)
        times = rounds(lambda s=started, h=hole: _both(picture, s, h), _ROUNDS)  # type: ignore[misc]
        shares = tuple(ours / plain for plain, ours in times)
        best = min(ours for _, ours in times) / min(plain for plain, _ in times)
        found += [
            Figure(f"blur fill, {name}", tuple(ours * 1000 for _, ours in times), "ms"),
            Figure("against the plain form, exact, by OpenCV", shares, "x", undisturbed=best),
        ]
    without, full = (_spend(what) for what in ("", _ENLARGE))
    found.append(Figure("4000x3000 hole, full size", (full.seconds - without.seconds,), "s", 30))
    if full.peak_bytes is not None and without.peak_bytes is not None:
        extra = (full.peak_bytes - without.peak_bytes) / 1e6
        found.append(Figure("its memory, besides the picture", (extra,), "MB", 1_000))
    return found


def plain_blur(started: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The plain form of the blur fill, exactly: a blur of all `[H, W, 3]`, the known px put back.

    `started` holds in the hole what is there before the first blur.
    """
    known = (~hole).astype(np.uint8)
    spread = started
    for radius, repeats in WIDE + MIDDLE + NARROW + NARROWEST:
        side = 2 * radius + 1
        for _ in range(repeats):
            blurred = cv2.blur(spread, (side, side), borderType=cv2.BORDER_REPLICATE)
            spread = np.asarray(blurred, np.float32)
            cv2.copyTo(started, known, spread)
    return spread


def plain_blur_8_bit(picture: NDArray[np.uint8], hole: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The plain form as it is usually written, by Pillow; each blur rounds to 8 bits."""
    spread = picture.copy()
    for radius, repeats in WIDE + MIDDLE + NARROW + NARROWEST:
        for _ in range(repeats):
            spread = np.array(Image.fromarray(spread).filter(ImageFilter.BoxBlur(radius)))
            spread[~hole] = picture[~hole]
    return spread


def _picture() -> NDArray[np.float32]:
    pixels = cv2.resize(cv2.imread(str(_PHOTO)), _SIZE, interpolation=cv2.INTER_CUBIC)  # type: ignore[arg-type]
    return np.asarray(pixels, np.float32) / np.float32(255)


def _holes() -> Iterator[tuple[str, NDArray[np.bool_]]]:
    width, height = _SIZE
    middle, side, frame = (np.zeros((height, width), np.bool_) for _ in range(3))
    middle[300:600, 400:800] = True
    side[:, -width // 4 :] = True
    frame[...] = True
    frame[height // 6 : -height // 6, width // 6 : -width // 6] = False
    yield "a hole in the middle", middle
    yield "a new side", side
    yield "a new frame", frame


def _both(
    picture: NDArray[np.float32], started: NDArray[np.float32], hole: NDArray[np.bool_]
) -> tuple[float, float]:
    plain = seconds_of(lambda: plain_blur(started, hole))
    return plain, seconds_of(lambda: blur_into(picture, hole))


def _both_8_bit(
    picture: NDArray[np.float32], eight: NDArray[np.uint8], hole: NDArray[np.bool_]
) -> tuple[float, float]:
    plain = seconds_of(lambda: plain_blur_8_bit(eight, hole))
    return plain, seconds_of(lambda: blur_into(picture, hole))


def _spend(what: str) -> Spent:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(__file__).resolve().parents[1]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", _LARGE.format(what=what)]
        return run_watched(command, environment, Path(folder))
