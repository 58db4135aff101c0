"""What denoisers made for inpainting see beside what they sample: a mask, and what is around it.

Stable Diffusion sees the mask, one number per latent, and then the latents. FLUX Fill sees the
latents, and then the mask with all px of a latent as channels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from paintgraph.models.denoising.masks import repeated, to_latents
from paintgraph.models.errors import SamplingError
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Array, Condition


def of_condition(
    torch: Any, loaded: LoadedDenoiser, condition: Condition, shape: Sequence[int]
) -> Any:
    """What a condition shows of a picture with a hole, for latents of a shape `[B, C, h, w]`.

    Raises SamplingError for a picture of another family, and for one without its mask.
    """
    batch, channels, *size = shape
    latents, mask = condition.concat_latents, condition.concat_mask
    if latents is None or mask is None:
        raise SamplingError(
            "a condition has latents of the picture with its hole but no mask of the hole. Take "
            "both from InpaintModelConditioning."
        )
    if latents.shape[1] != channels:
        raise SamplingError(
            f"the picture with its hole has {latents.shape[1]} channels, the denoiser's latents "
            f"have {channels}. Encode it with the VAE of the model's family."
        )
    seen = torch.from_numpy(np.array(latents, np.float32))
    if tuple(seen.shape[-2:]) != tuple(size):
        seen = torch.nn.functional.interpolate(seen, tuple(size), mode="bilinear")
    return _joined(torch, loaded, loaded.latents.scaled(repeated(seen, batch)), mask)


def of_latents(
    torch: Any, loaded: LoadedDenoiser, known: Any, mask: Array | None, grey: Array | None
) -> Any | None:
    """What is seen where no condition has such a picture; None for denoisers that see nothing more.

    The hole in the scaled latents `known` is what the noise mask selects, or everything, and grey:
    `grey` is mid grey in unscaled latents `[C]`, None for latents of 0, which are nearly that.
    """
    if not loaded.takes_mask:
        return None
    if mask is None:
        mask = np.ones((1, 1, 1), np.float32)
    hole = to_latents(torch, mask, known.shape[-2:], len(known)).round().to(known)
    seen = known * (1 - hole)
    if grey is not None:
        plain = torch.from_numpy(np.array(grey))[None, :, None, None]
        seen = seen + loaded.latents.scaled(plain).to(known) * hole
    return _joined(torch, loaded, seen, mask)


def _joined(torch: Any, loaded: LoadedDenoiser, seen: Any, mask: Array) -> Any:
    batch, _, height, width = seen.shape
    side = loaded.latents.side
    if loaded.family == "flux":
        hole = to_latents(torch, mask, (side * height, side * width), batch).round()
        parts = [seen, torch.nn.functional.pixel_unshuffle(hole.to(seen), side)]
    else:
        parts = [to_latents(torch, mask, (height, width), batch).round().to(seen), seen]
    return torch.cat(parts, 1).to(loaded.device)
