"""One evaluation of a denoiser of the UNet families, for conditions that can go together."""

from collections.abc import Sequence
from typing import Any

from paintgraph.models.denoising.conditions import Told, network_input
from paintgraph.models.denoising.controls import Controls
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import SizeHint

_SCORES = (6.0, 2.5)
"""What SDXL's refiner is told of how good a picture is, of the positive and the negative side."""


class UnetEvaluation:
    """Predicts what a UNet says of noisy latents."""

    def __init__(self, torch: Any, loaded: LoadedDenoiser, controls: Controls) -> None:
        self._torch = torch
        self._loaded = loaded
        self._controls = controls
        config = loaded.network.config
        self._reads_size = config.get("addition_embed_type") == "text_time"

    def group_of(self, told: Told, progress: float) -> tuple[object, ...]:
        """Conditions with equal groups can go into one batch."""
        uses = told.controls_at(progress)
        return (
            told.part,
            told.embeddings.shape[1],
            told.further is None,
            tuple((use.network, use.strength) for use in uses),
        )

    def predict(
        self, x: Any, timestep: Any, group: Sequence[tuple[Told, bool]], progress: float
    ) -> list[Any]:
        """What the UNet says of x `[B, C, h, w]` with each condition, float32, of its part.

        Of a condition it is told whether it is on the negative side.
        """
        torch, loaded = self._torch, self._loaded
        part = group[0][0].part
        sample = network_input(torch, x, group).to(loaded.dtype)
        embeddings = torch.cat([told.embeddings for told, _ in group])
        added = self._added(x, group) if self._reads_size else {}
        uses = [told.controls_at(progress) for told, _ in group]
        options = self._controls.residuals(uses, part, sample, timestep, embeddings, added)
        if added:
            options["added_cond_kwargs"] = added
        predicted = loaded.network(
            sample, timestep, encoder_hidden_states=embeddings, return_dict=False, **options
        )[0]
        return list(predicted.float().chunk(len(group)))

    def _added(self, x: Any, group: Sequence[tuple[Told, bool]]) -> dict[str, Any]:
        """What SDXL is told beside the text: one vector of the prompt, and the size."""
        side = self._loaded.latents.side
        batch, _, height, width = x.shape
        ids = []
        for told, is_negative in group:
            size = told.told.size or _whole_size(width * side, height * side)
            ids += [self._size_ids(size, is_negative=is_negative)] * batch
        pooled = self._torch.cat([told.pooled for told, _ in group])
        return {"text_embeds": pooled, "time_ids": pooled.new_tensor(ids)}

    def _size_ids(self, size: SizeHint, *, is_negative: bool) -> list[float]:
        start = [size.height, size.width, size.crop_top, size.crop_left]
        if self._loaded.family == "sdxl_refiner":
            score = _SCORES[is_negative] if size.score is None else size.score
            return [*start, score]
        return [*start, size.target_height, size.target_width]


def _whole_size(width: int, height: int) -> SizeHint:
    return SizeHint(width, height, 0, 0, width, height)
