"""Pictures and masks of what is to be painted, as VAEs and denoisers are given them."""

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_batch
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.sampling import sample
from paintgraph.models.latents.autoencoders import SIDE, cropped
from paintgraph.models.sampling.values import Array

GREY = np.float32(0.5)


def fitted(pixels: Image, mask: Mask) -> tuple[Image, Mask]:
    """Pictures `[B, H, W, C]` and masks `[B, H, W]` of one batch, both cropped to whole latents.

    A mask of another size is scaled to the pictures' first. Raises ContractError where batches
    differ and neither is 1, or a side has less than 8 px.
    """
    pixels, mask = match_batch(pixels, fitted_mask(pixels, mask), "pixels", "mask")
    return cropped(pixels), cropped(mask)


def fitted_mask(pixels: Image, mask: Mask) -> Mask:
    """Masks `[B, H, W]` at the size of pictures."""
    return _sized(mask, *pixels.shape[1:3])


def greyed(pixels: Image, mask: Mask) -> Image:
    """The colours of pictures, mid grey where their mask is above a half."""
    return np.where(mask[..., np.newaxis] > 0.5, GREY, pixels[..., :3])


def mask_of_latents(mask: Mask, samples: Array) -> Mask:
    """Masks `[B, H, W]`, as many as there are latents `[B, C, h, w]`.

    Raises ContractError where their numbers differ and there is more than one mask.
    """
    if len(mask) not in (1, len(samples)):
        raise ContractError(
            f"mask has a batch of {len(mask)} but samples one of {len(samples)}; allowed are equal "
            f"batches or one mask. Give 1 or {len(samples)} masks, or repeat the latents with "
            "RepeatLatentBatch.",
            code="size_mismatch",
        )
    return mask if len(mask) == len(samples) else np.repeat(mask, len(samples), axis=0)


def full_size(mask: Mask, samples: Array) -> Mask:
    """Masks at the size in px of latents `[B, C, h, w]`, so that both can be cut alike."""
    return _sized(mask, *(side * SIDE for side in samples.shape[2:]))


def _sized(mask: Mask, height: int, width: int) -> Mask:
    return mask if mask.shape[1:] == (height, width) else sample(mask, width, height, "bilinear")
