"""How good a filled picture is: against the truth where it is known, and by itself."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from paintgraph.benchmarks.pictures.cases import Case, Hole, Pixels
from paintgraph.imaging.measure import measure_seam
from paintgraph.imaging.repeats import measure_repeat

SCORES = ("psnr", "ssim", "swd", "detail", "seam", "delta_e", "repeat", "cpu")
_LEVELS = 3
_REACH = 3  # px around the middle of a patch of 7 x 7
_MOST = 4000  # patches
_DIRECTIONS = 128

_Samples = NDArray[np.float32]


def score(case: Case, painted: Pixels) -> dict[str, float]:
    """All scores of a result `[H, W, 3]`; those against the truth only where it is known."""
    samples = (painted.astype(np.float32) / np.float32(255))[np.newaxis]
    mask = case.hole.astype(np.float32)[np.newaxis]
    seam = measure_seam(samples, mask)
    found = {"seam": seam.ratio, "delta_e": seam.delta_e, "repeat": measure_repeat(samples, mask)}
    if case.truth is not None:
        found |= _against(case.truth, painted, case.hole)
    return found


def _against(truth: Pixels, painted: Pixels, hole: Hole) -> Mapping[str, float]:
    right, ours = truth.astype(np.float32), painted.astype(np.float32)
    local = structural_similarity(  # type: ignore[no-untyped-call]
        right, ours, channel_axis=-1, data_range=255, full=True
    )[1]
    return {
        "psnr": psnr(ours, right, hole),
        "ssim": float(local[hole].mean()),
        "swd": wasserstein(ours, right, hole),
        "detail": _gradients(ours, hole) / _gradients(right, hole),
    }


def psnr(first: _Samples, second: _Samples, hole: Hole) -> float:
    """Peak signal to noise inside the hole in dB; both are `[H, W, 3]`, 0 to 255."""
    error = float(((first - second)[hole] ** 2).mean())
    return 10 * float(np.log10(255**2 / max(error, 1e-9)))


def wasserstein(first: _Samples, second: _Samples, hole: Hole) -> float:
    """Sliced Wasserstein distance of 7 x 7 patches of the Laplacian pyramid inside the hole.

    Both are `[H, W, 3]`, 0 to 255; lower is more alike (Rabin 2011, as Karras 2018 takes it). It
    compares what patches there are, not where they lie: another grass is as good.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_LEVELS):
        inner = hole.copy()
        inner[:_REACH] = inner[-_REACH:] = False
        inner[:, :_REACH] = inner[:, -_REACH:] = False
        places = np.argwhere(inner)
        if len(places) < 50:
            break
        places = places[rng.permutation(len(places))[:_MOST]]
        directions = rng.normal(size=((2 * _REACH + 1) ** 2 * 3, _DIRECTIONS)).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=0)
        smaller = [np.asarray(cv2.pyrDown(each), np.float32) for each in (first, second)]
        projected = [
            np.sort(_patches(full - _enlarged(small, full), places) @ directions, axis=0)
            for full, small in zip((first, second), smaller, strict=True)
        ]
        found.append(np.abs(projected[0] - projected[1]).mean())
        first, second = smaller
        shrunk = cv2.resize(
            hole.astype(np.uint8), first.shape[1::-1], interpolation=cv2.INTER_NEAREST
        )
        hole = shrunk > 0
    return float(np.mean(found)) if found else 0.0


def _enlarged(small: _Samples, like: _Samples) -> _Samples:
    return np.asarray(cv2.pyrUp(small, dstsize=like.shape[1::-1]), np.float32)


def _patches(band: _Samples, places: NDArray[np.intp]) -> _Samples:
    steps = range(-_REACH, _REACH + 1)
    around = [band[places[:, 0] + down, places[:, 1] + right] for down in steps for right in steps]
    return np.stack(around, axis=1).reshape(len(places), -1)


def _gradients(picture: _Samples, hole: Hole) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    across, down = (cv2.Sobel(grey, -1, dx, 1 - dx, ksize=1) for dx in (1, 0))
    inner = cv2.erode(hole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    counted = inner if inner.sum() > 200 else hole
    energy = np.asarray(across) ** 2 + np.asarray(down) ** 2
    return max(float(energy[counted].mean()), 1e-9)
