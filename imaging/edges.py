"""The outlines of what a picture shows."""

import numpy as np

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.opencv import cv2

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_NEXT = ((0, 1), (1, 1), (1, 0), (1, -1))
"""Rows and columns to the next px along a gradient, by eighths of a turn from right to down."""


def canny(image: Image, low: float, high: float) -> Mask:
    """Lines of 1 px along the edges of a picture (Canny 1986), without alpha.

    By kornia's numbers, which are ComfyUI's: the grey picture is blurred by a Gaussian of sigma
    1 px (5 x 5), and its gradient taken by Sobel's kernels, not divided by their sum, so that a
    step from black to white has 2.59. Of a ridge the top is a line where it is above `high`, and
    on from there as long as it is above `low`.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1; what is clear counts as mid grey.
        low: length of the gradient, above 0.
        high: length of the gradient, at least `low`.

    Returns:
        Mask `[B, H, W]` of 0 and 1; 1 on a line.
    """
    return np.stack([_lines(each @ _GREY, low, high) for each in grey_where_clear(image)])


def _lines(grey: Mask, low: float, high: float) -> Mask:
    smooth = cv2.GaussianBlur(grey, (5, 5), 1, borderType=cv2.BORDER_REFLECT_101)
    across, down = (
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, *order, borderType=cv2.BORDER_REPLICATE))
        for order in ((1, 0), (0, 1))
    )
    slope = np.sqrt(across**2 + down**2 + np.float32(1e-6))
    eighth = np.rint(np.arctan2(down, across) * np.float32(4 / np.pi)).astype(np.int8) % 4
    drawn = _tops(slope, eighth) & (slope > low)
    count, parts = cv2.connectedComponents(drawn.astype(np.uint8), connectivity=8)
    is_strong = np.zeros(count, np.float32)
    is_strong[parts[drawn & (slope > high)]] = 1
    return np.asarray(is_strong[parts], np.float32)


def _tops(slope: Mask, eighth: np.ndarray[tuple[int, int], np.dtype[np.int8]]) -> Mask:
    """Whether each px is steeper than both beside it along its gradient, `[H, W]`.

    Of two alike beside each other, as at a hard step, the left or the upper one is.
    """
    height, width = slope.shape
    padded = np.pad(slope, 1)
    is_top = np.zeros(slope.shape, bool)
    for direction, (down, right) in enumerate(_NEXT):
        after = padded[1 + down :, 1 + right :][:height, :width]
        before = padded[1 - down :, 1 - right :][:height, :width]
        is_straight = down == 0 or right == 0
        is_above = slope >= after if is_straight else slope > after
        is_top |= (eighth == direction) & is_above & (slope > before)
    return is_top
