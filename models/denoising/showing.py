"""What a picture looks like before it is finished: latents as colours, by a linear function.

Of the UNet families it is known; of others it follows from what the model's VAE makes of latents
that are the same everywhere.

Sources: https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204 (Stable
Diffusion 1), https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space.
"""

from typing import Any, NamedTuple

import numpy as np

from paintgraph.imaging.arrays import Image
from paintgraph.models.sampling.values import Array

_SD = (
    (
        (0.298, 0.207, 0.208),
        (0.187, 0.286, 0.173),
        (-0.158, 0.189, 0.264),
        (-0.184, -0.271, -0.473),
    ),
    (0.0, 0.0, 0.0),
)
_SDXL = (
    (
        (60 / 127.5, 60 / 127.5, 60 / 127.5),
        (-60 / 127.5, -5 / 127.5, 10 / 127.5),
        (25 / 127.5, 15 / 127.5, -5 / 127.5),
        (-70 / 127.5, -50 / 127.5, -35 / 127.5),
    ),
    (22.5 / 127.5, 12.5 / 127.5, 2.5 / 127.5),
)
_SIDE = 4
_COLOURS = {"sd1": _SD, "sd2": _SD, "sdxl": _SDXL, "sdxl_refiner": _SDXL}
"""By family: how each channel of its scaled latents colours, and the colour of none; -1 to 1."""


class Colours(NamedTuple):
    """How scaled latents colour: `[C, 3]` for each channel, and `[3]` where all are 0; -1 to 1."""

    channels: Array
    none: Array


def probes(channels: int) -> Array:
    """Scaled latents `[1 + C, C, 4, 4]` to learn colours of: none, and 1 in each channel alone."""
    found = np.zeros((1 + channels, channels, _SIDE, _SIDE), np.float32)
    found[1:] = np.eye(channels, dtype=np.float32)[..., np.newaxis, np.newaxis]
    return found


def learned(decoded: Image) -> Colours:
    """The colours by what a VAE makes of `probes`, pictures `[1 + C, H, W, 3]`."""
    means = decoded.mean((1, 2)) * 2 - 1
    return Colours(means[1:] - means[0], means[0])


def show(latents: Any, family: str, colours: Colours | None = None) -> Image | None:
    """The first of scaled latents `[B, C, h, w]` as a picture `[1, h, w, 3]`.

    By these colours, else by those of the family; None if there are none.
    """
    known = colours or _COLOURS.get(family)
    if known is None or latents.shape[1] != len(known[0]):
        return None
    plain = latents[0].float().cpu().numpy()
    mixed = np.tensordot(plain, np.asarray(known[0], np.float32), ([0], [0]))
    shown: Image = np.clip((mixed + np.asarray(known[1], np.float32) + 1) / 2, 0, 1)
    return shown.astype(np.float32)[np.newaxis]
