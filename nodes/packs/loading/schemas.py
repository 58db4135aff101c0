"""A V3 node, whose class declares a schema, as a class in the convention of V1."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.nodes.packs.loading.dynamic import gathered, singles, wire_groups
from paintgraph.nodes.packs.standins.comfy_api.latest._io_nodes import (
    ComfyNode,
    NodeOutput,
    Schema,
    locked,
)
from paintgraph.nodes.packs.standins.comfy_api.latest._io_options import Hidden, HiddenHolder
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import ExecutionBlocker


def described(cls: type, spec: NodeSpec) -> NodeSpec:
    """The spec of `as_v1` of a V3 class, with what the convention of V1 has no words for."""
    if not issubclass(cls, ComfyNode):
        return spec
    node: Any = cls
    schema = node.define_schema()
    parts = {each.name: each for each in singles(schema.inputs)}
    inputs = [parts[i.name].fitted(i) if i.name in parts else i for i in spec.inputs]
    info = orjson.loads(spec.object_info)
    groups = {**wire_groups(schema.inputs), "hidden": _hidden(schema)}
    info["input"] = {name: group for name, group in groups.items() if group or name == "required"}
    info["input_order"] = {name: list(group) for name, group in info["input"].items()}
    info["display_name"] = title = schema.display_name or spec.title
    written = orjson.dumps(info).decode()
    return replace(spec, title=title, inputs=tuple(inputs), object_info=written)


def as_v1(cls: type) -> type:
    """The class itself, or for one of V3 a class of V1 that calls it.

    Each call has a locked clone of the V3 class, which knows the hidden values that it asked for.
    """
    if not issubclass(cls, ComfyNode):
        return cls
    node: Any = cls
    schema = node.define_schema()
    calls = _Calls(cls, schema)
    made: dict[str, Any] = {
        **_attributes(schema),
        "__module__": cls.__module__,
        "FUNCTION": "execute",
        "execute": calls.execution(),
        "INPUT_TYPES": classmethod(lambda _: _input_types(node.define_schema())),
    }
    if hasattr(node, "validate_inputs"):
        made["VALIDATE_INPUTS"] = staticmethod(node.validate_inputs)
    if hasattr(node, "fingerprint_inputs"):
        made["IS_CHANGED"] = classmethod(calls.asking("fingerprint_inputs"))
    if hasattr(node, "check_lazy_status"):
        made["check_lazy_status"] = calls.asking("check_lazy_status")
    return type(cls.__name__, (), made)


class _Calls:
    """Calls of the methods of a V3 class."""

    def __init__(self, cls: type[ComfyNode], schema: Schema) -> None:
        self._class = cls
        self._takes_lists = schema.is_input_list
        self._inputs = schema.inputs
        self._hidden = _hidden(schema)

    def execution(self) -> Any:
        """The method that a V1 class is called by; a coroutine where the V3 class has one."""

        def execute(_: object, **given: Any) -> Any:
            clone, inputs = self._split(given)
            return _as_v1_result(clone.execute(**inputs))

        async def execute_async(_: object, **given: Any) -> Any:
            clone, inputs = self._split(given)
            return _as_v1_result(await clone.execute(**inputs))

        node: Any = self._class
        return execute_async if inspect.iscoroutinefunction(node.execute) else execute

    def asking(self, name: str) -> Any:
        """Another method of the class, which is called in the same way."""

        def ask(_: object, **given: Any) -> Any:
            clone, inputs = self._split(given)
            return getattr(clone, name)(**inputs)

        return ask

    def _split(self, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A clone for a call, and the inputs without what is hidden."""
        known = {name: given[name] for name in self._hidden if name in given}
        if self._takes_lists:
            known = {name: _first(each) for name, each in known.items()}
        inputs = {name: value for name, value in given.items() if name not in self._hidden}
        return locked(self._class, HiddenHolder(**known)), gathered(self._inputs, inputs)


def _first(given: Any) -> Any:
    """Of a class that takes lists all arguments are lists."""
    return given[0] if isinstance(given, list) and given else given


def _hidden(schema: Schema) -> dict[str, tuple[str]]:
    """What the engine is asked for, by name; output nodes always get the graph."""
    kinds = [*schema.hidden]
    if schema.is_output_node:
        kinds += [Hidden.prompt, Hidden.extra_pnginfo]
    return {kind.name: (kind.value,) for kind in kinds}


def _input_types(schema: Schema) -> dict[str, Any]:
    """What INPUT_TYPES gives."""
    groups: dict[str, Any] = {"required": {}, "optional": {}}
    for each in singles(schema.inputs):
        group = groups["required" if each.is_required else "optional"]
        group[each.name] = (each.input.get_io_type(), each.input.as_dict())
    hidden = _hidden(schema)
    return {**groups, "hidden": hidden} if hidden else groups


def _attributes(schema: Schema) -> dict[str, Any]:
    """What a class of V1 says of itself."""
    outputs = schema.outputs
    return {
        "RETURN_TYPES": tuple(each.get_io_type() for each in outputs),
        "RETURN_NAMES": tuple(each.display_name or each.get_io_type() for each in outputs),
        "OUTPUT_IS_LIST": tuple(bool(each.is_output_list) for each in outputs),
        "OUTPUT_TOOLTIPS": tuple(each.tooltip or "" for each in outputs),
        "OUTPUT_NODE": schema.is_output_node,
        "INPUT_IS_LIST": schema.is_input_list,
        "CATEGORY": schema.category,
        "DESCRIPTION": schema.description,
        "DEPRECATED": schema.is_deprecated,
        "EXPERIMENTAL": schema.is_experimental,
        "API_NODE": schema.is_api_node,
        "NOT_IDEMPOTENT": schema.not_idempotent,
    }


def _as_v1_result(returned: Any) -> Any:
    """What a method of V1 returns for what one of V3 did."""
    if not isinstance(returned, NodeOutput):
        return returned
    found: dict[str, Any] = {"result": returned.args}
    if returned.block_execution is not None:
        found["result"] = ExecutionBlocker(returned.block_execution)
    if returned.ui is not None:
        shown = returned.ui
        found["ui"] = shown.as_dict() if hasattr(shown, "as_dict") else shown
    if returned.expand is not None:
        found["expand"] = returned.expand
    return found
