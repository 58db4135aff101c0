"""Conditions as a denoiser takes them: tensors on its device, and where in the picture they act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from paintgraph.models.denoising.inpainting import of_condition
from paintgraph.models.denoising.masks import repeated, to_latents
from paintgraph.models.errors import SamplingError
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Area, Condition, Conditioning, ControlUse

_FADE = 8
"""Latents over which the weight of an area falls towards its edges inside the picture."""


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of latents."""

    top: int
    left: int
    height: int
    width: int

    def of(self, tensor: Any) -> Any:
        """That part of a tensor `[..., h, w]`."""
        rows = slice(self.top, self.top + self.height)
        return tensor[..., rows, self.left : self.left + self.width]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One condition, ready.

    Attributes:
        embeddings: `[B, tokens, width]`.
        pooled: `[B, width]` or None.
        part: the latents that are sampled with it.
        weight: `[B or 1, 1, h, w]` of the part, where conditions overlap; None: 1 everywhere.
        further: `[B, C, h, w]` of the part, channels that the denoiser sees beside what it samples.
        told: the condition itself.
    """

    embeddings: Any
    pooled: Any | None
    part: Part
    weight: Any | None
    further: Any | None
    told: Condition

    def controls_at(self, progress: float) -> tuple[ControlUse, ...]:
        """The ControlNets that act with it then."""
        return tuple(
            use
            for use in self.told.controls
            if use.start <= progress <= use.end and use.strength != 0
        )


def network_input(torch: Any, x: Any, group: Sequence[tuple[Told, bool]]) -> Any:
    """What a denoiser sees of x `[B, C, h, w]` with each condition of a group, one after the other.

    All have the same part; what they show beside it follows as channels.
    """
    part = group[0][0].part.of(x)
    return torch.cat(
        [part if told.further is None else torch.cat([part, told.further], 1) for told, _ in group]
    )


def prepare(
    torch: Any, loaded: LoadedDenoiser, conditions: Conditioning, shape: Sequence[int], inpaint: Any
) -> tuple[Told, ...]:
    """Conditions for latents of a shape `[B, C, h, w]`.

    `inpaint` is `[B, C', h, w]`, what a denoiser made for inpainting sees where a condition has no
    such picture of its own; None for others. Raises SamplingError for conditions of another family.
    """
    batch, size = shape[0], (shape[-2], shape[-1])
    ready = []
    for condition in conditions:
        _check_fit(loaded, condition)
        mask = None if condition.mask is None else to_latents(torch, condition.mask, size, batch)
        part = _part(condition, mask, size, loaded.latents.side)
        seen = inpaint
        if inpaint is not None and condition.concat_latents is not None:
            seen = of_condition(torch, loaded, condition, shape)

        def to_device(array: Any) -> Any:
            tensor = torch.from_numpy(np.array(array))
            return repeated(tensor, batch).to(loaded.device, loaded.dtype)

        weight = _weight(torch, condition, part, mask, size)
        ready.append(
            Told(
                to_device(condition.embeddings),
                None if condition.pooled is None else to_device(condition.pooled),
                part,
                None if weight is None else weight.to(loaded.device),
                None if seen is None else part.of(seen),
                condition,
            )
        )
    return tuple(ready)


def with_shared_controls(positive: Conditioning, negative: Conditioning) -> Conditioning:
    """The negative conditions; those without ControlNets have the positive side's that say so."""
    uses = (use for told in positive for use in told.controls if use.acts_on_negative)
    shared = tuple({id(use): use for use in uses}.values())
    if not shared:
        return negative
    return tuple(told if told.controls else replace(told, controls=shared) for told in negative)


def _check_fit(loaded: LoadedDenoiser, condition: Condition) -> None:
    width = condition.embeddings.shape[-1]
    wanted = expected_width(loaded)
    if wanted is not None and width != wanted:
        raise SamplingError(
            f"a condition has embeddings of width {width}, the denoiser reads {wanted}: they are "
            "of different families. Encode the prompt with the text encoders of the model's family."
        )
    if reads_pooled(loaded) and condition.pooled is None:
        raise SamplingError(
            f"a condition has no pooled embedding, which a denoiser of family '{loaded.family}' "
            "reads. Encode the prompt with the text encoders of the model's family."
        )


def expected_width(loaded: LoadedDenoiser) -> int | None:
    """The width of embeddings that a denoiser reads, where its configuration says it."""
    config = loaded.network.config
    for name in ("cross_attention_dim", "joint_attention_dim"):
        width = config.get(name)
        if isinstance(width, int):
            return width
    return None


def reads_pooled(loaded: LoadedDenoiser) -> bool:
    """Whether a denoiser reads one vector of the whole prompt."""
    config = loaded.network.config
    return config.get("addition_embed_type") == "text_time" or bool(
        config.get("pooled_projection_dim")
    )


def _part(condition: Condition, mask: Any | None, size: tuple[int, int], side: int) -> Part:
    """The latents that a condition is sampled for."""
    height, width = size
    if condition.area is not None:
        return _area(condition.area, height, width, side)
    if condition.is_mask_bound and mask is not None and bool((mask > 0).any()):
        seen = (mask > 0).any(0).any(0)
        rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
        top, left = int(rows[0]), int(columns[0])
        return Part(top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)
    return Part(0, 0, height, width)


def _area(area: Area, height: int, width: int, side: int) -> Part:
    """An area in whole latents, at least one, inside the picture."""

    def span(start: float, length: float, most: int) -> tuple[int, int]:
        unit = 1 / most if area.is_relative else side
        count = min(max(round(length / unit), 1), most)
        return min(max(round(start / unit), 0), most - count), count

    top, rows = span(area.top, area.height, height)
    left, columns = span(area.left, area.width, width)
    return Part(top, left, rows, columns)


def _weight(
    torch: Any, condition: Condition, part: Part, mask: Any | None, size: tuple[int, int]
) -> Any | None:
    height, width = size
    is_whole = part == Part(0, 0, height, width)
    if is_whole and mask is None and condition.strength == 1:
        return None
    weight = torch.full((1, 1, part.height, part.width), float(condition.strength))
    if mask is not None:
        weight = weight * part.of(mask)
    if not is_whole:
        down = _ramp(torch, part.top, part.height, height)
        across = _ramp(torch, part.left, part.width, width)
        weight = weight * down[:, None] * across
    return weight


def _ramp(torch: Any, start: int, count: int, most: int) -> Any:
    """Weights along one side of a part: they fall towards ends that lie inside the picture."""
    ramp = torch.ones(count)
    fade = (torch.arange(min(_FADE, count)) + 1) / min(_FADE, count)
    if start > 0:
        ramp[: len(fade)] *= fade
    if start + count < most:
        ramp[count - len(fade) :] *= fade.flip(0)
    return ramp
