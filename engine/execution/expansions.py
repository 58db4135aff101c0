"""Sub-graphs that nodes expand into: what is given there in the form declared, what they show."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.execution.calls import checked
from paintgraph.engine.execution.plan import Cell
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Blocked, Entry, Inside, Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.events import Executed, Origin
from paintgraph.engine.node.registry import Registry


def as_declared(nodes: Mapping[str, Node], registry: Registry) -> dict[str, Node]:
    """The nodes with literals and data in canonical form, without literals that are not declared.

    What open nodes are given stays as it is. Raises NodeError where something is wrong.
    """
    found = {}
    for id_, node in nodes.items():
        spec = registry.spec(node.kind)
        inputs = node.inputs if spec is None else _declared(id_, node, spec, registry)
        found[id_] = replace(node, inputs=inputs)
    return found


def _declared(id_: str, node: Node, spec: NodeSpec, registry: Registry) -> dict[str, Any]:
    where = f"its expansion has node '{id_}' ({node.kind}): "
    declared = {one.name: one for one in spec.inputs}
    inputs: dict[str, Any] = {}
    for name, value in node.inputs.items():
        is_literal = not isinstance(value, Link | Value | Blocked)
        if not is_literal or (spec.is_open and (name in declared or spec.takes_extras)):
            inputs[name] = value
        elif name in declared:
            inputs[name] = canonical(declared[name], value)
            if isinstance(inputs[name], Wrong):
                raise NodeError(f"{where}{inputs[name].message}", code=inputs[name].code)
    given = tuple(one for one in spec.inputs if type(node.inputs.get(one.name)) is Value)
    if given and not spec.is_open:
        try:
            inputs = dict(checked(inputs, given, registry))
        except NodeError as error:
            raise NodeError(f"{where}{error.message}", code=error.code) from error
    needed = (one.name for one in spec.inputs if one.required and not one.when)
    missing = [name for name in needed if name not in inputs]
    if missing and not spec.is_open:
        raise NodeError(f"{where}{missing[0]} is missing. Add it.", code="missing_input")
    return inputs


def shown_inside(cell: Cell, parent: Cell, entry: Entry) -> list[Inside]:
    """What a node of the parent's expansion shows, and those that it expanded into itself."""
    place, display = cell.id.removeprefix(parent.id), cell.origin.display
    at = "" if display == parent.origin.display else display
    found = [
        replace(one, id=place + one.id, parent=place + one.parent, display=one.display or at)
        for one in entry.inside
    ]
    if entry.ui or entry.effects:
        found.append(Inside(place, cell.node.kind, "", at, entry.ui or {}, entry.effects))
    return found


def executed_inside(origin: Origin, entry: Entry) -> list[Executed]:
    """What the nodes of an expansion show again where the result of the whole is kept."""
    return [
        Executed(
            Origin(
                origin.node + one.id,
                one.kind,
                one.display or origin.display,
                origin.node + one.parent,
                origin.submitted,
            ),
            one.ui,
            one.effects,
            cached=True,
        )
        for one in entry.inside
    ]
