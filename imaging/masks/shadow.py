"""The shadow that a subject throws on an even ground, as a soft mask."""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.masks.algebra import from_image
from paintgraph.imaging.nearest import nearest_known
from paintgraph.imaging.opencv import cv2

_ROUNDS = 8
_DARKER, _LIGHTER = 1.5, 3.0  # standard deviations that still count as the ground
_LEAST_GROUND = 64  # px without which nothing is known of the ground
_LEAST_LIGHT = np.float32(1e-3)
_MOST_FITTED = 200_000  # px that the ground's brightness is learnt from

_Plane = NDArray[np.float32]
_Flags = NDArray[np.bool_]


def shadow_of(image: Image, subject: Mask, least: float = 0.06, smooth: int = 4) -> Mask:
    """How much darker the ground around a subject is than it would be without its shadow.

    The ground's own brightness is a quadric over the picture, fitted to what is not the subject and
    lies neither far below nor far above it. Of what is darker only parts that touch the subject
    count. The shadow goes on behind the subject, as far as what is next to it says.

    Args:
        image: pictures `[B, H, W, 3 or 4]`, 0 to 1; what is clear is no ground.
        subject: masks `[B or 1, H, W]`, 0 to 1.
        least: what is darker by no more than this share is no shadow; the rest keeps its darkness.
        smooth: px of a Gaussian's radius that takes grain out of the shadow.

    Returns:
        Masks `[B, H, W]`, 0 to 1: black paint of this opacity over the ground gives the shadow. It
        is 0 where the subject selects wholly, but for what its soft edge lets through.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    image, subject = match_pair(image, subject, second_name="subject")
    light = from_image(image[..., :3])
    seen = np.ones(light.shape, np.bool_) if image.shape[3] == 3 else image[..., 3] > 0
    layers = zip(light, subject, seen, strict=True)
    return np.stack([_shadow(*layer, least, smooth) for layer in layers])


def _shadow(light: _Plane, subject: _Plane, seen: _Flags, least: float, smooth: int) -> _Plane:
    near = _grown(subject > 0, smooth + 2)
    ground = seen & ~near
    if ground.sum() < _LEAST_GROUND or not near.any():
        return np.zeros_like(light)
    bright = np.maximum(_fitted(light, ground), _LEAST_LIGHT)
    dark = np.where(seen & (subject == 0), np.clip(1 - light / bright, 0, 1), 0)
    weight = (seen & (subject == 0)).astype(np.float32)
    even = _blurred(dark * weight, smooth) / np.maximum(_blurred(weight, smooth), _LEAST_LIGHT)
    _, labels = cv2.connectedComponents((even > least).astype(np.uint8), connectivity=8)
    touching = np.unique(labels[near & (labels > 0) & (weight > 0)])
    kept = np.isin(labels, touching[touching > 0])
    # Full strength from twice the least on, so that the shadow has no edge where it ends.
    shadow = even * np.clip((even - least) / max(least, 1e-6), 0, 1) * kept
    hidden = weight == 0
    rows, columns = nearest_known(hidden, hidden)
    shadow[hidden] = shadow[rows, columns]
    behind: _Plane = np.clip(shadow * (subject < 1), 0, 1).astype(np.float32)
    return behind


def _fitted(light: _Plane, ground: _Flags) -> _Plane:
    """The brightness of the ground everywhere: a quadric, by least squares without outliers."""
    height, width = light.shape
    rows, columns = np.nonzero(ground)
    step = len(rows) // _MOST_FITTED + 1
    rows, columns = rows[::step], columns[::step]
    terms, values = _terms(rows / height, columns / width), light[rows, columns].astype(np.float64)
    fits = values >= np.median(values)  # most shadows are less than half of the ground
    for _ in range(_ROUNDS):
        factors, *_ = np.linalg.lstsq(terms[fits], values[fits], rcond=None)
        off = values - terms @ factors
        spread = max(float(off[fits].std()), 1e-4)
        fits = (off > -_DARKER * spread) & (off < _LIGHTER * spread)
    down, across = (np.arange(height) / height)[:, np.newaxis], np.arange(width) / width
    level, a, b, c, d, e = factors  # of `_terms`, which need six planes for a whole picture
    by_row, by_column = level + a * down + c * down**2, b * across + d * across**2
    ground_light: _Plane = (by_row + by_column + e * down * across).astype(np.float32)
    return ground_light


def _terms(down: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    ones = np.ones_like(down)
    return np.stack([ones, down, across, down**2, across**2, down * across], axis=-1)


def _grown(selected: _Flags, radius: int) -> _Flags:
    away = cv2.distanceTransform((~selected).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away) <= radius if selected.any() else selected


def _blurred(plane: _Plane, radius: int) -> _Plane:
    if radius <= 0:
        return plane
    blurred = cv2.GaussianBlur(plane, (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)
