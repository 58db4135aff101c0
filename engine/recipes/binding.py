"""Binding: everything that a graph names outside itself becomes fixed before it runs.

Declared inputs get their values, names of pictures become digests, random seeds numbers. Keys,
resume and replay depend on the bound graph alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import Graph, InputRef, Node
from paintgraph.engine.graph.resources import DIGEST_MARK, is_of_catalogue
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.registry import Registry

Binder = Callable[[Any], Any]
"""Turns what a literal names into what is fixed; raises BindError with the reason and the cure."""


class Binders:
    """What fixes each kind of resource; a service, so that nodes can fix names that reach them."""

    def __init__(self, binders: Mapping[str, Binder]) -> None:
        self._binders = dict(binders)

    def bind(self, kind: str, value: Any) -> Any:
        """The fixed form of a literal; raises BindError. A kind without binder stays as it is."""
        binder = self._binders.get(kind)
        return value if binder is None or value is None else binder(value)


def is_open(spec: NodeSpec, declared: InputSpec, inputs: Mapping[str, object]) -> bool:
    """Whether a literal at an input names something that may change from run to run."""
    literal = inputs.get(declared.name)
    if declared.resource == "picture":
        return isinstance(literal, str) and not literal.startswith("sha256:")
    if is_of_catalogue(declared.resource):
        is_name = isinstance(literal, str) and DIGEST_MARK not in literal
        # What it leads to may be bound in its place.
        return is_name and not any(
            declared.name in other.found_by and inputs.get(other.name) for other in spec.inputs
        )
    return declared.resource == "seed" and literal == -1


def bind(
    graph: Graph,
    registry: Registry,
    given: Mapping[str, Any],
    binders: Binders,
) -> Graph:
    """The bound form of a checked graph.

    `given` holds values for the declared inputs, `binders` fix what it names outside itself.
    Raises GraphError with every problem: a missing or unknown input, a value that does not fit the
    declaration or a node that it reaches, a resource that cannot be had.
    """
    problems: list[Problem] = []
    values = _values(graph, given, binders, problems)
    nodes = {
        id_: _bound(id_, node, registry, values, binders, problems)
        for id_, node in graph.nodes.items()
    }
    if problems:
        raise GraphError(problems)
    outputs = {name: ref for name, ref in graph.outputs.items() if not isinstance(ref, InputRef)}
    return replace(graph, nodes=nodes, inputs={}, outputs=outputs)


def _values(
    graph: Graph, given: Mapping[str, Any], binders: Binders, problems: list[Problem]
) -> dict[str, Any]:
    """A value for each declared input; a random seed is drawn once for all that it reaches."""
    for name in given:
        if name in graph.inputs:
            continue
        known = ", ".join(graph.inputs) or "none"
        near = suggestion(name, graph.inputs)
        message = f"input '{name}': the recipe has no such input; it has {known}.{near}"
        problems.append(Problem("unknown_input", message, None, name, ("inputs", name)))
    values = {}
    for name, spec in graph.inputs.items():
        if name not in given:
            if not spec.required:
                drawn = spec.resource == "seed"
                values[name] = binders.bind("seed", spec.default) if drawn else spec.default
            else:
                kind = spec.type.split("|")[0]
                message = f"input '{name}' is missing; its type is {kind}. Give it a value."
                problems.append(Problem("missing_input", message, None, name, ("inputs", name)))
            continue
        value = canonical(spec, given[name])
        if isinstance(value, Wrong):
            message = f"input {value.message}"
            problems.append(Problem(value.code, message, None, name, ("inputs", name)))
            continue
        values[name] = binders.bind("seed", value) if spec.resource == "seed" else value
    return values


def _bound(  # noqa: PLR0913 - what binding a node takes
    id_: str,
    node: Node,
    registry: Registry,
    values: Mapping[str, Any],
    binders: Binders,
    problems: list[Problem],
) -> Node:
    spec = registry.spec(node.kind)
    if spec is None:
        return node
    changed = {}
    for declared in spec.inputs:
        literal = node.inputs.get(declared.name)
        if not isinstance(literal, InputRef) and not declared.resource:
            continue
        reached = literal.name if isinstance(literal, InputRef) else None
        if reached is not None and reached not in values:
            continue  # reported already
        value = values[literal.name] if isinstance(literal, InputRef) else literal
        bound = _fixed(id_, spec.id, declared, reached, value, binders, problems)
        if bound is not literal:
            changed[declared.name] = bound
    changed |= _found(id_, node, spec, changed, binders, problems)
    return replace(node, inputs={**node.inputs, **changed}) if changed else node


def _fixed(  # noqa: PLR0913 - what binding an input takes
    id_: str,
    kind: str,
    declared: InputSpec,
    reached: str | None,
    value: Any,
    binders: Binders,
    problems: list[Problem],
) -> Any:
    where = f"node '{id_}' ({kind})"
    place = ("inputs", reached) if reached else ("nodes", id_, declared.name)
    if reached is not None:
        if value is None and not declared.required:
            return declared.default
        fitting = canonical(declared, value)
        if isinstance(fitting, Wrong):
            message = f"input '{reached}', used by {where}: {fitting.message}"
            problems.append(Problem(fitting.code, message, id_, declared.name, place))
            return value
        value = fitting
    if not isinstance(value, str | int):
        return value
    try:
        return binders.bind(declared.resource, value)
    except BindError as error:
        start = f"input '{reached}'" if reached else f"{where}: {declared.name}"
        problems.append(Problem(error.code, f"{start}: {error}", id_, declared.name, place))
        return value


def _found(  # noqa: PLR0913 - what binding a node takes
    id_: str,
    node: Node,
    spec: NodeSpec,
    changed: Mapping[str, Any],
    binders: Binders,
    problems: list[Problem],
) -> dict[str, Any]:
    """What other inputs of a node lead to; while one of them comes by a link, nothing yet."""
    found = {}
    given = {**node.inputs, **changed}
    for declared in spec.inputs:
        asked = tuple(given.get(name) for name in declared.found_by)
        if not asked or given.get(declared.name) or not all(isinstance(a, str) for a in asked):
            continue
        try:
            bound = binders.bind(declared.resource, asked)
        except BindError as error:
            first = declared.found_by[0]
            reached = node.inputs.get(first)
            start = f"node '{id_}' ({spec.id}): {first}"
            place: tuple[str, ...] = ("nodes", id_, first)
            if isinstance(reached, InputRef):
                start, place = f"input '{reached.name}'", ("inputs", reached.name)
            problems.append(Problem(error.code, f"{start}: {error}", id_, first, place))
            continue
        if bound is not asked:  # else nobody knows this kind
            found[declared.name] = tuple(bound)
    return found
