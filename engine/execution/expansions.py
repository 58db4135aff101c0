"""Sub-graphs that open nodes expand into: their literals in the form that each node declares."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Blocked, Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry


def as_declared(nodes: Mapping[str, Node], registry: Registry) -> dict[str, Node]:
    """The nodes with literals in canonical form, and without those that are not declared.

    What open nodes are given stays as it is. Raises NodeError where a literal is wrong.
    """
    found = {}
    for id_, node in nodes.items():
        spec = registry.spec(node.kind)
        inputs = node.inputs if spec is None else _declared(id_, node, spec)
        found[id_] = replace(node, inputs=inputs)
    return found


def _declared(id_: str, node: Node, spec: NodeSpec) -> dict[str, Any]:
    declared = {one.name: one for one in spec.inputs}
    inputs = {}
    for name, value in node.inputs.items():
        is_literal = not isinstance(value, Link | Value | Blocked)
        if not is_literal or (spec.is_open and (name in declared or spec.takes_extras)):
            inputs[name] = value
        elif name in declared:
            inputs[name] = canonical(declared[name], value)
            if isinstance(inputs[name], Wrong):
                message = f"its expansion has node '{id_}' ({node.kind}): {inputs[name].message}"
                raise NodeError(message, code=inputs[name].code)
    needed = (one.name for one in spec.inputs if one.required and not one.when)
    missing = [name for name in needed if name not in inputs]
    if missing and not spec.is_open:
        message = f"its expansion has node '{id_}' ({node.kind}): {missing[0]} is missing. Add it."
        raise NodeError(message, code="missing_input")
    return inputs
