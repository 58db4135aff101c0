"""What a picture looks like before it is finished: latents as colours, by a linear function.

Sources: https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204 (Stable
Diffusion 1), https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space.
"""

from typing import Any

import numpy as np

from paintgraph.imaging.arrays import Image

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
_COLOURS = {"sd1": _SD, "sd2": _SD, "sdxl": _SDXL, "sdxl_refiner": _SDXL}
"""By family: how each channel of its scaled latents colours, and the colour of none; -1 to 1."""


def show(latents: Any, family: str) -> Image | None:
    """The first of scaled latents `[B, C, h, w]` as a picture `[1, h, w, 3]`, if that is known."""
    known = _COLOURS.get(family)
    if known is None or latents.shape[1] != len(known[0]):
        return None
    plain = latents[0].float().cpu().numpy()
    colours = np.tensordot(plain, np.asarray(known[0], np.float32), ([0], [0]))
    shown: Image = np.clip((colours + np.asarray(known[1], np.float32) + 1) / 2, 0, 1)
    return shown.astype(np.float32)[np.newaxis]
