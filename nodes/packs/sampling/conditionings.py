"""Conditionings of ours as packs know them, a list of [embeddings, options], and back.

What of a condition is as usual has no option. Options that change what is painted and that no
sampler here knows are refused; others are left out, and told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from paintgraph.models.latents.autoencoders import SIDE
from paintgraph.models.sampling.values import (
    Area,
    Condition,
    Conditioning,
    ControlUse,
    SizeHint,
)
from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.sampling.arrays import (
    array_of,
    latents_of,
    mask_of,
    tensor_of,
    with_channel,
)
from paintgraph.nodes.packs.sampling.controls import Control

_SIZES = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
_REFUSED: Mapping[str, str] = {
    "unclip_conditioning": "ControlNetApplyAdvanced",
    "gligen": "ConditioningSetArea",
    "hooks": "LoraLoader",
    "clip_vision_output": "ControlNetApplyAdvanced",
}
_AREA = 4
_PAIR = 2


def is_conditioning(given: object) -> bool:
    """Whether something looks like a conditioning, of one condition at least."""
    return (
        isinstance(given, list)
        and bool(given)
        and all(
            isinstance(pair, list | tuple)
            and len(pair) == _PAIR
            and hasattr(pair[0], "detach")
            and isinstance(pair[1], Mapping)
            for pair in given
        )
    )


def to_pairs(conditioning: Conditioning) -> list[Any]:
    """What packs get; its tensors are copies."""
    return [[tensor_of(each.embeddings), _options(each)] for each in conditioning]


def from_pairs(pairs: list[Any]) -> Conditioning:
    """What packs give; raises NeedsModelObjectsError for what no sampler here can do."""
    return tuple(_condition(pair[0], dict(pair[1])) for pair in pairs)


def _options(condition: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {
        "pooled_output": _optional(tensor_of, condition.pooled),
        **_size_options(condition.size),
        **_place_options(condition),
    }
    if condition.guidance is not None:
        found["guidance"] = condition.guidance
    if (condition.start, condition.end) != (0, 1):
        found |= {"start_percent": condition.start, "end_percent": condition.end}
    if condition.controls:
        found["control"] = Control.chain(condition.controls)
        found["control_apply_to_uncond"] = _acts_on_negative(condition.controls)
    if condition.concat_latents is not None:
        found["concat_latent_image"] = tensor_of(condition.concat_latents)
    if condition.concat_mask is not None:
        found["concat_mask"] = with_channel(condition.concat_mask)
    if condition.references:
        found["reference_latents"] = [tensor_of(each) for each in condition.references]
    return found


def _size_options(size: SizeHint | None) -> dict[str, Any]:
    if size is None:
        return {}
    numbers = (size.width, size.height, size.crop_left, size.crop_top)
    found: dict[str, Any] = dict(
        zip(_SIZES, (*numbers, size.target_width, size.target_height), strict=True)
    )
    return found if size.score is None else {**found, "aesthetic_score": size.score}


def _place_options(condition: Condition) -> dict[str, Any]:
    """Where it acts, and how strongly."""
    found = {} if condition.area is None else {"area": _area(condition.area)}
    if condition.mask is None:
        return found if condition.strength == 1 else {**found, "strength": condition.strength}
    return {
        **found,
        "mask": tensor_of(condition.mask),
        "mask_strength": condition.strength,
        "set_area_to_bounds": condition.is_mask_bound,
    }


def _area(area: Area) -> tuple[Any, ...]:
    """Height, width, top and left: in latents, or in shares."""
    sides = (area.height, area.width, area.top, area.left)
    if area.is_relative:
        return ("percentage", *sides)
    return tuple(round(side / SIDE) for side in sides)


def _condition(embeddings: Any, options: dict[str, Any]) -> Condition:
    """One condition; `options` is used up."""
    control = options.pop("control", None)
    acts_on_negative = bool(options.pop("control_apply_to_uncond", False))
    strength = float(options.pop("strength", 1.0)) * float(options.pop("mask_strength", 1.0))
    guidance = options.pop("guidance", None)
    condition = Condition(
        array_of(embeddings),
        pooled=_optional(array_of, options.pop("pooled_output", None)),
        size=_size(options),
        guidance=None if guidance is None else float(guidance),
        strength=strength,
        area=_optional(_area_of, options.pop("area", None)),
        mask=_optional(mask_of, options.pop("mask", None)),
        is_mask_bound=bool(options.pop("set_area_to_bounds", False)),
        start=float(options.pop("start_percent", 0.0)),
        end=float(options.pop("end_percent", 1.0)),
        controls=() if control is None else _uses(control, acts_on_negative=acts_on_negative),
        concat_latents=_optional(latents_of, options.pop("concat_latent_image", None)),
        concat_mask=_optional(mask_of, options.pop("concat_mask", None)),
        references=tuple(latents_of(each) for each in options.pop("reference_latents", None) or ()),
    )
    _tell(options)
    return condition


def _optional(change: Any, given: Any) -> Any:
    return None if given is None else change(given)


def _size(options: dict[str, Any]) -> SizeHint | None:
    """What SDXL is told of the size, if anything; the rest is as usual."""
    told = {name: options.pop(name, None) for name in _SIZES}
    score = options.pop("aesthetic_score", None)
    width, height = told["width"], told["height"]
    if width is None or height is None:
        return None
    return SizeHint(
        int(width),
        int(height),
        int(told["crop_w"] or 0),
        int(told["crop_h"] or 0),
        int(width if told["target_width"] is None else told["target_width"]),
        int(height if told["target_height"] is None else told["target_height"]),
        None if score is None else float(score),
    )


def _area_of(area: Any) -> Area:
    is_relative = area[0] == "percentage"
    sides = area[1:] if is_relative else [SIDE * side for side in area]
    if len(sides) != _AREA:
        raise NeedsModelObjectsError(
            f"a conditioning has an area of {len(sides)} numbers; here it is one of a picture: "
            "height, width, top and left. Use ConditioningSetArea."
        )
    height, width, top, left = sides
    return Area(left, top, width, height, is_relative)


def _acts_on_negative(uses: Sequence[ControlUse]) -> bool:
    return any(use.acts_on_negative for use in uses)


def _uses(control: Any, *, acts_on_negative: bool) -> tuple[ControlUse, ...]:
    """The ControlNets of a chain; what a pack says of all of them counts where it changed that."""
    if isinstance(control, Control):
        uses = control.uses()
        if _acts_on_negative(uses) == acts_on_negative:
            return uses
        return tuple(replace(use, acts_on_negative=acts_on_negative) for use in uses)
    raise NeedsModelObjectsError(
        f"a conditioning has a control of type {type(control).__name__}, of a pack's own; here "
        "ControlNets come from ControlNetLoader. Use ControlNetApplyAdvanced."
    )


def _tell(options: Mapping[str, Any]) -> None:
    """Say what of a condition's options has no effect here."""
    for name in options:
        if name in _REFUSED:
            raise NeedsModelObjectsError(
                f"a conditioning has '{name}', which no sampler here knows. Use {_REFUSED[name]}."
            )
    if options:
        names = ", ".join(f"'{name}'" for name in sorted(map(str, options)))
        current().warn(f"No sampler here knows {names} of a conditioning; left out.")
