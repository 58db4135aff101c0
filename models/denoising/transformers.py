"""One evaluation of a denoiser that is a transformer: of Stable Diffusion 3, FLUX.1, Qwen-Image.

They see 2 x 2 latents at once; where a side is uneven, its last latents are seen twice.
"""

from collections.abc import Sequence
from typing import Any

from paintgraph.models.denoising.conditions import Told, network_input
from paintgraph.models.errors import SamplingError
from paintgraph.models.networks.loaded import LoadedDenoiser

_PATCH = 2
_TIMESTEPS = 1000
_GUIDANCE = 3.5
"""What FLUX.1 is told where a condition says nothing of it."""


class TransformerEvaluation:
    """Predicts what a transformer says of noisy latents."""

    def __init__(self, torch: Any, loaded: LoadedDenoiser) -> None:
        self._torch = torch
        self._loaded = loaded

    def group_of(self, told: Told, progress: float) -> tuple[object, ...]:
        """Conditions with equal groups can go into one batch."""
        del progress
        return (told.part, told.embeddings.shape[1], told.further is None)

    def predict(
        self, x: Any, timestep: Any, group: Sequence[tuple[Told, bool]], progress: float
    ) -> list[Any]:
        """What the transformer says of x `[B, C, h, w]` with each condition, float32, of its part.

        Raises SamplingError for a picture that is larger than the model knows places.
        """
        del progress
        loaded = self._loaded
        part = group[0][0].part
        sample = self._whole_patches(network_input(self._torch, x, group)).to(loaded.dtype)
        told = [each for each, _ in group]
        ask = {"sd3": self._sd3, "flux": self._flux, "qwen_image": self._qwen}[loaded.family]
        predicted = ask(sample, timestep.expand(len(sample)), told)
        return list(predicted[..., : part.height, : part.width].float().chunk(len(group)))

    def _sd3(self, sample: Any, timestep: Any, told: Sequence[Told]) -> Any:
        most = _PATCH * int(self._loaded.network.config.pos_embed_max_size)
        if max(sample.shape[-2:]) > most:
            side = self._loaded.latents.side
            high, wide = (side * each for each in sample.shape[-2:])
            raise SamplingError(
                f"the latents are of {wide}x{high} px; this model knows sides up to {side * most} "
                "px. Sample a smaller picture, and enlarge it then."
            )
        return self._loaded.network(
            hidden_states=sample,
            timestep=timestep,
            encoder_hidden_states=self._embeddings(told),
            pooled_projections=self._pooled(told),
            return_dict=False,
        )[0]

    def _flux(self, sample: Any, timestep: Any, told: Sequence[Told]) -> Any:
        torch, loaded = self._torch, self._loaded
        rows, columns = (side // _PATCH for side in sample.shape[-2:])
        places = timestep.new_zeros(rows, columns, 3)
        places[..., 1] += torch.arange(rows).to(places)[:, None]
        places[..., 2] += torch.arange(columns).to(places)
        embeddings = self._embeddings(told)
        guidance = None
        if loaded.network.config.guidance_embeds:
            given = [_GUIDANCE if t.told.guidance is None else t.told.guidance for t in told]
            guidance = timestep.new_tensor(given).repeat_interleave(len(sample) // len(told))
        predicted = loaded.network(
            hidden_states=packed(sample),
            timestep=timestep / _TIMESTEPS,
            guidance=guidance,
            pooled_projections=self._pooled(told),
            encoder_hidden_states=embeddings,
            txt_ids=timestep.new_zeros(embeddings.shape[1], 3),
            img_ids=places.reshape(-1, 3),
            return_dict=False,
        )[0]
        return unpacked(predicted, rows, columns)

    def _qwen(self, sample: Any, timestep: Any, told: Sequence[Told]) -> Any:
        rows, columns = (side // _PATCH for side in sample.shape[-2:])
        predicted = self._loaded.network(
            hidden_states=packed(sample),
            timestep=timestep / _TIMESTEPS,
            encoder_hidden_states=self._embeddings(told),
            img_shapes=[[(1, rows, columns)]] * len(sample),
            return_dict=False,
        )[0]
        return unpacked(predicted, rows, columns)

    def _embeddings(self, told: Sequence[Told]) -> Any:
        return self._torch.cat([each.embeddings for each in told])

    def _pooled(self, told: Sequence[Told]) -> Any:
        return self._torch.cat([each.pooled for each in told])

    def _whole_patches(self, sample: Any) -> Any:
        down, across = (side % _PATCH for side in sample.shape[-2:])
        if not (down or across):
            return sample
        return self._torch.nn.functional.pad(sample, (0, across, 0, down), mode="replicate")


def packed(sample: Any) -> Any:
    """Latents `[B, C, h, w]` as tokens `[B, h / 2 * w / 2, C * 4]`, row by row."""
    batch, channels, height, width = sample.shape
    patches = sample.reshape(batch, channels, height // _PATCH, _PATCH, width // _PATCH, _PATCH)
    return patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * _PATCH**2)


def unpacked(tokens: Any, rows: int, columns: int) -> Any:
    """The latents `[B, C, 2 * rows, 2 * columns]` of tokens."""
    patches = tokens.reshape(len(tokens), rows, columns, -1, _PATCH, _PATCH)
    return patches.permute(0, 3, 1, 4, 2, 5).reshape(
        len(tokens), -1, rows * _PATCH, columns * _PATCH
    )
