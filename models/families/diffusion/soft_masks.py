"""Soft masks by differential diffusion: what is selected by half is repainted by half.

Source: Levin and Fried, Differential Diffusion: Giving Each Pixel Its Strength,
https://arxiv.org/abs/2306.00950. A latent that is selected by s stays the picture's own, noised as
the others, for the first part 1 - s of all steps; from then on it is denoised with the others.
Soft are those latents whose pixels all are: a hard edge that was resized is none.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.families.diffusion.loading import Library


class SoftMask:
    """Holds the latents of one run that a mask selects in part, until their time has come."""

    def __init__(self, library: Library, image: Image, mask: Mask, seed: int, scale: int) -> None:
        self._torch = library.torch
        self._image = image
        self._shares = _shares(mask, scale)
        self._seed = seed
        self._known: Any = None
        self._noise: Any = None
        self._share: Any = None

    @property
    def is_soft(self) -> bool:
        """Whether anything is selected in part."""
        return bool((self._shares < 1).any())

    def hold(self, pipe: Any, index: int, total: int, latents: Any) -> Any:
        """The latents `[1, ...]` after step `index` of `total`, with those put back that wait."""
        if index + 1 >= total:
            return latents
        if self._share is None and not self._prepare(pipe, latents):
            return latents
        waiting = self._share < 1 - (index + 1) / total
        if not bool(waiting.any()):
            return latents
        timestep = pipe.scheduler.timesteps[index + 1 - total].reshape(1)
        if hasattr(pipe.scheduler, "scale_noise"):
            noised = pipe.scheduler.scale_noise(self._known, timestep, self._noise)
        else:
            noised = pipe.scheduler.add_noise(self._known, self._noise, timestep)
        return self._torch.where(waiting, noised.to(latents.dtype), latents)

    def _prepare(self, pipe: Any, latents: Any) -> bool:
        """The picture's own latents, noise and shares as the pipeline lays them out, if it can."""
        is_packed = latents.ndim == 3 and hasattr(pipe, "_pack_latents")
        if not hasattr(pipe, "_encode_vae_image") or not (latents.ndim == 4 or is_packed):
            return False
        torch = self._torch
        height, width = self._image.shape[1:3]
        picture = pipe.image_processor.preprocess(self._image, height=height, width=width)
        generator = torch.Generator("cpu").manual_seed(self._seed)
        known = pipe._encode_vae_image(  # noqa: SLF001 - every family has it, none a public form
            image=picture.to(latents.device, pipe.vae.dtype), generator=generator
        )
        noise = torch.randn(known.shape, generator=generator).to(latents.device)
        if known.shape[-2:] != self._shares.shape[-2:]:
            return False
        share = torch.from_numpy(self._shares).to(latents.device).expand(known.shape)
        if is_packed:
            known, noise, share = (
                pipe._pack_latents(each, *each.shape)  # noqa: SLF001
                for each in (known, noise, share)
            )
        if known.shape != latents.shape:
            return False
        self._known, self._noise, self._share = known.to(latents.dtype), noise.to(latents), share
        return True


def _shares(mask: Mask, scale: int) -> NDArray[np.float32]:
    """How far each soft latent is selected, `[1, 1, h, w]`; 1 for all others, which never wait."""
    rows, columns = (length // scale for length in mask.shape[1:])
    whole = mask[0, : rows * scale, : columns * scale]
    cells = whole.reshape(rows, scale, columns, scale)
    is_soft = ((cells > 0) & (cells < 1)).all(axis=(1, 3))
    shares: NDArray[np.float32] = np.where(is_soft, cells.mean(axis=(1, 3)), 1)[None, None]
    return shares.astype(np.float32)
