"""Nodes of ours as classes of ComfyUI's convention, for packs that call or extend its own nodes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paintgraph.engine.graph.formats.comfy.types import wire_type
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import declaration_of


def core_class(function: Callable[..., Any], method: str, **attributes: Any) -> Any:
    """The class of a node of ours that has the name of one of ComfyUI's.

    Its `method` takes and gives torch tensors, by the function's names or in its order, and needs
    no instance; neither does `execute`, by which newer classes of ComfyUI are called.
    """
    spec = declaration_of(function).spec
    signature = inspect.signature(function)

    def call(_: object, *given: Any, **named: Any) -> tuple[Any, ...]:
        arguments = signature.bind(*given, **named).arguments
        device = next((v.device for v in arguments.values() if isinstance(v, Tensor)), None)
        made = function(**{name: as_array(value) for name, value in arguments.items()})
        return tuple(as_tensor(each, device) for each in (made if spec_is_tuple else (made,)))

    spec_is_tuple = len(spec.outputs) > 1
    return type(
        spec.id,
        (),
        {
            "__doc__": spec.about,
            "INPUT_TYPES": classmethod(lambda _: _input_types(spec)),
            "RETURN_TYPES": tuple(wire_type(output.type) for output in spec.outputs),
            "FUNCTION": method,
            "CATEGORY": spec.category,
            method: call,
            "execute": staticmethod(lambda *given, **named: call(None, *given, **named)),
            **attributes,
        },
    )


def as_tensor(value: Any, device: torch.device | None = None) -> Any:
    """An array as a tensor that may be written to; all else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(np.require(value, np.float32, ["C", "W"])).to(device or "cpu")


def as_array(value: Any) -> Any:
    """A tensor as an array of ours, one of two axes as a mask `[1, H, W]`; all else as it is."""
    if not isinstance(value, Tensor):
        return value
    array = value.detach().cpu().float().contiguous().numpy()
    return array[np.newaxis] if array.ndim == 2 else array


def _input_types(spec: NodeSpec) -> dict[str, Any]:
    groups: dict[str, dict[str, Any]] = {"required": {}, "optional": {}}
    for each in spec.inputs:
        # A picture or mask of which there need be none is a socket that may stay open.
        is_open = not each.required and each.default is None
        groups["optional" if is_open else "required"][each.name] = _input(each)
    return {name: group for name, group in groups.items() if group or name == "required"}


def _input(each: InputSpec) -> tuple[Any, Mapping[str, Any]]:
    named = {"default": each.default, "min": each.minimum, "max": each.maximum, "step": each.step}
    options = {name: value for name, value in named.items() if value is not None}
    return (list(each.choices) if each.choices else wire_type(each.type)), options
