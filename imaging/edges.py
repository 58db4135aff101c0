"""The outlines of what a picture shows."""

import numpy as np

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.opencv import cv2

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_STEPS = 12500  # of 1; OpenCV takes gradients in 16 bits, and after the blur they reach 2.59


def canny(image: Image, low: float, high: float) -> Mask:
    """Lines of 1 px along the edges of a picture (Canny 1986), without alpha.

    The grey picture is blurred by a Gaussian of sigma 1 px (5 x 5), and its gradient taken by
    Sobel's kernels, not divided by their sum: a step from black to white has 2.59. Of a ridge the
    top is a line where it is above `high`, and on from there as long as it is above `low`.

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
        np.rint(
            cv2.Sobel(smooth, cv2.CV_32F, *order, scale=_STEPS, borderType=cv2.BORDER_REPLICATE)
        ).astype(np.int16)
        for order in ((1, 0), (0, 1))
    )
    lines = cv2.Canny(across, down, low * _STEPS, high * _STEPS, L2gradient=True)
    return (lines > 0).astype(np.float32)
