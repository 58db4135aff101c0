"""Nodes of ours as classes of ComfyUI's convention, for packs that call or extend its own nodes."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paintgraph.engine.graph.formats.comfy.types import wire_type
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import declaration_of
from paintgraph.models.networks.networks import Networks
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.sampling.crossing import from_wire, to_wire
from paintgraph.nodes.packs.sampling.services import served
from paintgraph.nodes.resource_names import NETWORKS


def core_class(
    function: Callable[..., Any],
    method: str,
    order: Sequence[str] = (),
    files: Callable[[str], Sequence[str]] = lambda _: (),
    **attributes: Any,
) -> Any:
    """The class of a node of ours that has the name of one of ComfyUI's.

    Its `method` takes and gives what packs have for our values, by the function's names or in its
    order, or in an `order` of its own, and needs no instance; neither does `execute`, by which
    newer classes of ComfyUI are called. Within a run it has the run's services. `files` lists what
    there is of a kind of models.
    """
    spec = declaration_of(function).spec
    known = inspect.signature(function).parameters
    order = order or [name for name in known if name != "context"]
    inputs = {each.name: each for each in spec.inputs}

    def call(_: object, *given: Any, **named: Any) -> tuple[Any, ...]:
        named = {**dict(zip(order[: len(given)], given, strict=True)), **named}
        device = next((v.device for v in named.values() if isinstance(v, Tensor)), None)
        arguments = {name: _taken(value, inputs.get(name)) for name, value in named.items()}
        if "context" in known:
            arguments["context"] = current()
        with torch.inference_mode(mode=False):  # networks that it loads outlive the call
            made = function(**arguments)
        every = made if len(spec.outputs) > 1 else (made,)
        outputs = zip(every, spec.outputs, strict=True)
        return tuple(as_tensor(to_wire(each, output.type), device) for each, output in outputs)

    return type(
        spec.id,
        (),
        {
            "__doc__": spec.about,
            "INPUT_TYPES": classmethod(lambda _: _input_types(spec, files)),
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


def _taken(value: Any, declared: InputSpec | None) -> Any:
    """An argument as our node takes it: a name of a file becomes its reference."""
    if declared is None:
        return value
    kinds = NETWORKS.get(declared.resource or "")
    if kinds and isinstance(value, str):
        return served(Networks, lambda own, _: own.bound(value, *kinds))
    return as_array(from_wire(value, declared.type))


def _input_types(spec: NodeSpec, files: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    groups: dict[str, dict[str, Any]] = {"required": {}, "optional": {}}
    for each in spec.inputs:
        # A value of which there need be none is a socket that may stay open.
        is_open = not each.required and each.default is None
        groups["optional" if is_open else "required"][each.name] = _input(each, files)
    return {name: group for name, group in groups.items() if group or name == "required"}


def _input(each: InputSpec, files: Callable[[str], Sequence[str]]) -> tuple[Any, Mapping[str, Any]]:
    named = {"default": each.default, "min": each.minimum, "max": each.maximum, "step": each.step}
    options = {name: value for name, value in named.items() if value is not None}
    if each.resource in NETWORKS:
        return list(files(each.resource.removeprefix("model:"))), options
    return (list(each.choices) if each.choices else wire_type(each.type)), options
