"""What a picture looks like before it is finished: latents as colours, without the VAE's decoder.

The colours are a linear function of the latents that is fitted once to the VAE at hand, by showing
it a chart of flat colours; so every family has previews, and no table of factors is needed. A tiny
autoencoder (TAESD), where there is one, decodes them better.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.models.families.diffusion.loading import Library

_LEVELS = (0.0, 1 / 3, 2 / 3, 1.0)
_PATCH = 4  # latents; the inner half of each counts, as the outer sees its neighbours
_COLUMNS = 8


class Previews:
    """Previews of one pipeline; `tiny` is a tiny autoencoder of its family, or None."""

    def __init__(self, library: Library, tiny: Any = None) -> None:
        self._torch = library.torch
        self._tiny = tiny
        self._factors: Any = None

    def show(self, pipe: Any, latents: Any, height: int, width: int) -> Image | None:
        """Latents `[1, ...]` of a picture of this size as one `[1, h, w, 3]`, if that can be."""
        latents = _unpacked(pipe, latents, height, width)
        if latents is None:
            return None
        latents = _scaled(pipe, latents)
        with self._torch.no_grad():
            if self._tiny is not None:
                decoded = self._tiny.decode(latents.to(self._tiny.dtype)).sample
                shown = decoded[0].movedim(0, -1) / 2 + 0.5
            else:
                if self._factors is None:
                    self._factors = self._fit(pipe)
                plain = latents[0].float().cpu().movedim(0, -1)
                shown = plain @ self._factors[:-1] + self._factors[-1]
        image: Image = shown.float().cpu().clamp(0, 1).numpy()[np.newaxis]
        return image

    def _fit(self, pipe: Any) -> Any:
        """Factors `[channels + 1, 3]` from latents to colours, by least squares."""
        torch = self._torch
        scale = pipe.vae_scale_factor
        colours = np.array([(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS])
        chart = colours.reshape(-1, _COLUMNS, 3).repeat(_PATCH, 0).repeat(_PATCH, 1)
        pixels = chart.repeat(scale, 0).repeat(scale, 1)[np.newaxis].astype(np.float32)
        picture = pipe.image_processor.preprocess(pixels, *pixels.shape[1:3])
        latents = pipe._encode_vae_image(  # noqa: SLF001 - every family has it, none a public form
            image=picture.to(pipe._execution_device, pipe.vae.dtype),  # noqa: SLF001
            generator=torch.Generator("cpu").manual_seed(0),
        )
        latents = latents.reshape(1, latents.shape[1], *latents.shape[-2:])[0].float().cpu()
        rows = _inner_means(latents.movedim(0, -1).numpy())
        rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        factors = np.linalg.lstsq(rows, colours, rcond=None)[0]
        return torch.from_numpy(factors.astype(np.float32))


def _inner_means(latents: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean of the inner latents of each patch, `[patches, channels]`."""
    quarter = _PATCH // 4
    channels = latents.shape[-1]
    grid = latents.reshape(latents.shape[0] // _PATCH, _PATCH, _COLUMNS, _PATCH, channels)
    inner = grid[:, quarter : _PATCH - quarter, :, quarter : _PATCH - quarter]
    means: NDArray[np.float64] = inner.mean(axis=(1, 3), dtype=np.float64).reshape(-1, channels)
    return means


def _unpacked(pipe: Any, latents: Any, height: int, width: int) -> Any:
    if not hasattr(pipe, "_encode_vae_image"):
        return None
    if latents.ndim == 3 and hasattr(pipe, "_unpack_latents"):
        latents = pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)  # noqa: SLF001
    if latents.ndim == 5:
        latents = latents[:, :, 0]
    return latents if latents.ndim == 4 else None


def _scaled(pipe: Any, latents: Any) -> Any:
    """Latents at the size that the VAE makes them, whatever noise the scheduler adds on top."""
    scheduler = pipe.scheduler
    sigmas, index = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    is_exploding = float(getattr(scheduler, "init_noise_sigma", 1)) > 1
    if sigmas is None or index is None or not is_exploding:
        return latents
    sigma = float(sigmas[min(index, len(sigmas) - 1)])
    return latents / (sigma**2 + 1) ** 0.5
