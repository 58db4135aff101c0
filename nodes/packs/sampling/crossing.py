"""Sampling's values at the border to classes of packs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.sockets import ANY
from paintgraph.models.sampling import values
from paintgraph.models.sampling.codec import canonical
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.sampling.arrays import (
    latents_of,
    mask_of,
    numbers_of,
    tensor_of,
    with_channel,
)
from paintgraph.nodes.packs.sampling.conditionings import from_pairs, is_conditioning, to_pairs
from paintgraph.nodes.packs.sampling.controls import Control
from paintgraph.nodes.packs.sampling.guiders import Guider
from paintgraph.nodes.packs.sampling.handles import Clip, Handle, Model, Noise, Sampler, Vae

_HANDLES: Mapping[type, type[Handle]] = {
    kind.KIND: kind for kind in (Model, Clip, Vae, Control, Noise, Sampler, Guider)
}
_LATENT = frozenset({"samples", "noise_mask", "batch_index"})
_UNTOLD = frozenset({"type", "downscale_ratio_spacial", "downscale_ratio_temporal"})
"""What says of latents how ComfyUI counts them; here the model says it."""


def to_wire(datum: Any, type_: str) -> Any:
    """What a class gets for a value of sampling at an input of a type; all else as it is."""
    if (handle := _HANDLES.get(type(datum))) is not None:
        return handle(datum)
    if isinstance(datum, values.Latent):
        return to_latent(datum)
    if isinstance(datum, tuple):
        if type_ == "sigmas":
            return tensor_of(np.array(datum, np.float32))
        if type_ == "conditioning" or _are_conditions(datum):
            return to_pairs(datum)
    return datum


def from_wire(given: Any, type_: str) -> Any:
    """The value of ours that a class means by what it gave as a type; all else as it is.

    Raises NodeError for what is none of a type of sampling.
    """
    if isinstance(given, Handle):
        return given.value
    parts = type_.split("|")
    is_any = ANY in parts
    try:
        if ("latent" in parts and isinstance(given, Mapping)) or (is_any and _is_latent(given)):
            return canonical(values.Latent, from_latent(given))
        if ("conditioning" in parts and isinstance(given, list)) or (
            is_any and is_conditioning(given)
        ):
            return canonical(values.Conditioning, from_pairs(given))
        if "sigmas" in parts and hasattr(given, "detach"):
            return canonical(values.Sigmas, numbers_of(given))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise NodeError(
            f"it gave a {type_.upper()} that {_why(error)}. This is a fault of the node.",
            code="bad_node",
        ) from error
    return given


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"lacks {error}"
    return f"{error}".rstrip(".") if type(error) is ValueError else f"is none ({error})"


def to_latent(latent: values.Latent) -> dict[str, Any]:
    """A LATENT as packs know it; its tensors are copies."""
    found: dict[str, Any] = {"samples": tensor_of(latent.samples)}
    if latent.noise_mask is not None:
        found["noise_mask"] = with_channel(latent.noise_mask)
    if latent.batch_index:
        found["batch_index"] = list(latent.batch_index)
    return found


def from_latent(given: Mapping[str, Any]) -> values.Latent:
    """The latents that a pack gave; what else is in the dict is left out, and told."""
    unknown = sorted(str(name) for name in given.keys() - _LATENT - _UNTOLD)
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        current().warn(f"No node here knows {names} of a LATENT; left out.")
    mask = given.get("noise_mask")
    return values.Latent(
        latents_of(given["samples"]),
        None if mask is None else mask_of(mask),
        tuple(int(number) for number in given.get("batch_index") or ()),
    )


def _is_latent(given: object) -> bool:
    return (
        isinstance(given, Mapping)
        and hasattr(given.get("samples"), "detach")
        and given.keys() <= _LATENT | _UNTOLD
    )


def _are_conditions(datum: tuple[Any, ...]) -> bool:
    return bool(datum) and all(isinstance(each, values.Condition) for each in datum)
