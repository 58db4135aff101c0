"""The pixel digest: one name for equal pictures, whatever file or door they came from."""

import hashlib

import numpy as np

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.samples import Depth, quantised_strips


def pixel_digest(image: Image, depth: Depth, icc: bytes | None) -> str:
    """SHA-256, in hex, over shape, sample depth, samples and ICC profile of a batch of images."""
    shape = image.shape if image.ndim == 4 else (1, *image.shape)
    digest = hashlib.sha256()
    digest.update(f"{'x'.join(map(str, shape))} {depth} ".encode())
    for strip in quantised_strips(image, depth):
        digest.update(np.ascontiguousarray(strip, strip.dtype.newbyteorder("<")).data)
    digest.update(b"" if icc is None else b"icc" + icc)
    return digest.hexdigest()
