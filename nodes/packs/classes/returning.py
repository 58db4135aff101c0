"""What a method of a class returned, as a result: values, `ui`, a blocker, a sub-graph."""

import secrets
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import orjson

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import ANY, Blocked, Result, Value
from paintgraph.engine.graph.spec import NodeSpec, OutputSpec
from paintgraph.engine.node.context import Context
from paintgraph.nodes.packs.classes.values import from_class
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import ExecutionBlocker, is_link


def result_of(returned: Any, spec: NodeSpec, context: Context) -> Result:
    """The result of a call.

    Outputs that are not given are None, those beyond the declared ones are left out.
    """
    if not isinstance(returned, dict):
        return Result(_values(returned, spec, {}, is_expanded=False))
    ui = returned.get("ui")
    expand = returned.get("expand")
    ids = _ids(expand or {}, context)
    return Result(
        _values(returned.get("result"), spec, ids, is_expanded=bool(expand)),
        ui=_shown(ui) if ui else None,
        expand=_nodes(expand, ids) if expand else None,
    )


def _values(
    given: Any, spec: NodeSpec, ids: Mapping[str, str], *, is_expanded: bool
) -> tuple[Any, ...]:
    outputs = spec.outputs
    if isinstance(given, ExecutionBlocker):
        return (Blocked(given.message),) * len(outputs)
    given = () if given is None else given
    if not isinstance(given, tuple | list):
        if not hasattr(given, "__getitem__"):  # pictures and texts are what was meant
            raise NodeError(
                f"it gave a {type(given).__name__}; allowed is a tuple with a value for each "
                "output. This is a fault of the node.",
                code="bad_node",
            )
        given = (given,)
    padded = [*given, *[None] * len(outputs)][: len(outputs)]
    return tuple(
        Link(ids.get(value[0], value[0]), int(value[1]))
        if is_expanded and is_link(value)
        else _value(value, output)
        for value, output in zip(padded, outputs, strict=True)
    )


def _value(given: Any, output: OutputSpec) -> Any:
    if output.is_list and not isinstance(given, ExecutionBlocker):
        return [_element(one, output.type) for one in given or ()]
    return _element(given, output.type)


def _element(given: Any, type_: str) -> Any:
    if isinstance(given, ExecutionBlocker):
        return Blocked(given.message)
    return from_class(given, type_)


def _shown(ui: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """What editors show, as JSON has it."""
    found = {}
    for name, shown in ui.items():
        listed = list(shown) if isinstance(shown, list | tuple) else [shown]
        options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
        found[str(name)] = orjson.loads(orjson.dumps(listed, default=str, option=options))
    return found


def _ids(expand: Mapping[str, Any], context: Context) -> dict[str, str]:
    """The ids of an expansion without what the run puts before them anyway."""
    prefix = f"{context.origin.node}.{context.element}."
    for id_ in expand:
        if not id_.startswith(prefix) and context.nodes.origin(id_) is not None:
            raise NodeError(
                f"its expansion has a node '{id_}', and so has the graph. Use GraphBuilder's ids.",
                code="duplicate_node",
            )
    return {id_: id_.removeprefix(prefix) for id_ in expand}


def _nodes(expand: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Node]:
    nodes = {}
    for id_, use in expand.items():
        inputs = {name: _given(value, ids) for name, value in (use.get("inputs") or {}).items()}
        display = use.get("override_display_id") or ""
        nodes[ids[id_]] = Node(use["class_type"], inputs, display=display)
    return nodes


def _given(value: Any, ids: Mapping[str, str]) -> Any:
    """An input of a node of an expansion."""
    if is_link(value):
        return Link(ids.get(value[0], value[0]), int(value[1]))
    if isinstance(value, ExecutionBlocker):
        return Blocked(value.message)
    is_literal = value is None or type(value) in (bool, int, float, str, list, dict)
    if is_literal and _is_plain(value):
        return deepcopy(value)
    return Value(from_class(value, ANY), key=secrets.token_hex(8))  # equal to no other


def _is_plain(value: Any) -> bool:
    """Whether a value may stand in a key: JSON holds it without a loss."""
    try:
        return bool(orjson.loads(orjson.dumps(value)) == value)
    except (TypeError, ValueError):
        return False
