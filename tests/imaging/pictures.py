"""Pictures that look a little like photographs, made of random numbers."""

import cv2
import numpy as np

from paintgraph.imaging.arrays import Image


def clouds(height: int = 100, width: int = 140, seed: int = 5) -> Image:
    """Clouds of several sizes: near px are alike, 0.1 to 0.9."""
    noise = np.random.default_rng(seed).uniform(0, 1, (height, width, 3)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2, 5, 12)]
    total = np.sum(layers, axis=0)
    low, high = total.min(), total.max()
    picture: Image = ((total - low) / (high - low) * 0.8 + 0.1).astype(np.float32)
    return picture[np.newaxis]
