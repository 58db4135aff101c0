"""Binding: everything that a graph names outside itself becomes fixed before it runs.

Declared inputs get their values, names of pictures become digests, random seeds numbers, and what
is left to the door becomes the door's choice. Keys, resume and replay depend on the bound graph
alone.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.coercion import DIGEST_MARK, Wrong, canonical, is_of_catalogue
from paintgraph.engine.graph.graph import (
    Descriptions,
    Graph,
    InputRef,
    Metadata,
    Node,
    Path,
    native_path,
)
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.registry import Registry

Binder = Callable[[Any], Any]
"""Turns what a literal names into what is fixed; raises BindError with the reason and the cure."""


class Binders:
    """What fixes each kind of resource."""

    def __init__(self, binders: Mapping[str, Binder] | None = None) -> None:
        self._binders = dict(binders or {})

    @property
    def all(self) -> Mapping[str, Binder]:
        """The binder of each kind."""
        return self._binders

    def of(self, descriptions: Descriptions) -> "Binders":
        """Those of one run, whose wishes stand before what the door does by default."""
        wished: dict[str, Binder] = {}
        if descriptions.metadata is not None:
            wished["metadata"] = partial(_chosen, descriptions.metadata)
        if descriptions.graph is False:
            wished["graph"] = lambda _: False
        return self.beside(wished) if wished else self

    def beside(self, others: Mapping[str, Binder]) -> "Binders":
        """These, with others in place of those of their kinds."""
        return Binders({**self._binders, **others})

    def bind(self, kind: str, value: Any) -> Any:
        """The fixed form of a literal; raises BindError. A kind without binder stays as it is."""
        binder = self._binders.get(kind)
        return value if binder is None or value is None else binder(value)


NO_BINDERS = Binders()
AUTO = "auto"
"""Stands at a save node for what the run keeps of descriptions."""


def metadata_binder(default: Metadata) -> dict[str, Binder]:
    """What fixes how much a door keeps of the descriptions of given pictures, by kind."""
    return {"metadata": partial(_chosen, default)}


def _chosen(default: Metadata, own: str) -> str:
    return default if own == AUTO else own


def is_open(spec: NodeSpec, declared: InputSpec, inputs: Mapping[str, object]) -> bool:
    """Whether a literal at an input names something that may change from run to run."""
    literal = inputs.get(declared.name)
    if declared.found_by:
        return not literal
    if _is_left_empty(declared, literal):
        return False
    if declared.resource == "picture":
        return isinstance(literal, str) and not literal.startswith("sha256:")
    if declared.resource == "seed":
        return literal == -1
    if not is_of_catalogue(declared.resource):
        return False
    is_name = isinstance(literal, str) and DIGEST_MARK not in literal
    # An engine stays "auto" when what it leads to is written in its place.
    return is_name and not any(
        declared.name in other.found_by and inputs.get(other.name) for other in spec.inputs
    )


def _is_left_empty(declared: InputSpec, literal: object) -> bool:
    """Whether an empty text stands where a name need not be given, so that it names nothing."""
    return bool(literal == "" == declared.default)


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
    binders = binders.of(graph.descriptions)
    values = _values(graph, given, binders, problems)
    altered = [InputRef(n) for n, value in values.items() if value != graph.inputs[n].default]
    nodes = {
        id_: _bound(id_, node, registry, values, altered, binders, problems)
        for id_, node in graph.nodes.items()
    }
    if problems:
        raise GraphError(problems)
    outputs = {name: ref for name, ref in graph.outputs.items() if not isinstance(ref, InputRef)}
    return replace(graph, nodes=nodes, inputs={}, outputs=outputs, editor={}, made={}, bound={})


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
            is_of_entry = not value.message.startswith(f"{name} ")
            start = f"input '{name}':" if is_of_entry else "input"
            message = f"{start} {value.message}"
            problems.append(Problem(value.code, message, None, name, ("inputs", name)))
            continue
        values[name] = binders.bind("seed", value) if spec.resource == "seed" else value
    return values


def _bound(  # noqa: PLR0913 - what binding a node takes
    id_: str,
    node: Node,
    registry: Registry,
    values: Mapping[str, Any],
    altered: Collection[InputRef],
    binders: Binders,
    problems: list[Problem],
) -> Node:
    spec = registry.spec(node.kind)
    if spec is None:
        return node

    def refuse(name: str, error: BindError) -> None:
        reached = node.inputs.get(name)
        start = f"node '{id_}' ({spec.id}): {name}"
        place: Path = native_path(id_, name)
        if isinstance(reached, InputRef):
            start, place = f"input '{reached.name}'", ("inputs", reached.name)
        problems.append(Problem(error.code, f"{start}: {error}", id_, name, place))

    changed: dict[str, Any] = {}
    unfit = set()
    for declared in spec.inputs:
        reference = node.inputs.get(declared.name)
        if isinstance(reference, InputRef) and reference.name in values:  # else reported already
            value = values[reference.name]
            fitting = declared.default
            if value is not None or declared.required:
                fitting = canonical(declared, value)
            if isinstance(fitting, Wrong):
                where = f"input '{reference.name}', used by node '{id_}' ({spec.id})"
                message, path = f"{where}: {fitting.message}", ("inputs", reference.name)
                problems.append(Problem(fitting.code, message, id_, declared.name, path))
                unfit.add(declared.name)
            changed[declared.name] = fitting
        elif any(node.inputs.get(name) in altered for name in declared.found_by):
            changed[declared.name] = declared.default  # it stands for what is asked for no more
    given = {name: v for name, v in {**node.inputs, **changed}.items() if name not in unfit}
    changed |= fixed(given, spec, binders.bind, refuse)
    return replace(node, inputs={**node.inputs, **changed}) if changed else node


def fixed(
    inputs: Mapping[str, Any],
    spec: NodeSpec,
    bind: Callable[[str, Any], Any],
    refuse: Callable[[str, BindError], None],
) -> dict[str, Any]:
    """The inputs of a node that change when what they name is fixed.

    Names become digests, and what several inputs together lead to is filled in, once none of them
    comes by a link. `refuse(input, error)` gets what `bind` raises.
    """
    changed = {}
    for declared in spec.inputs:
        value = inputs.get(declared.name)
        if not declared.resource or declared.found_by or not isinstance(value, str | int):
            continue
        if _is_left_empty(declared, value):
            continue
        try:
            bound = bind(declared.resource, value)
        except BindError as error:
            refuse(declared.name, error)
            continue
        if bound is not value:
            changed[declared.name] = bound
    now = {**inputs, **changed}
    for declared in spec.inputs:
        asked = tuple(now.get(name) for name in declared.found_by)
        if not asked or now.get(declared.name) or not all(isinstance(a, str) for a in asked):
            continue
        try:
            bound = bind(declared.resource, asked)
        except BindError as error:
            refuse(declared.found_by[0], error)
            continue
        if bound is not asked:  # else nobody knows this kind
            changed[declared.name] = tuple(bound)
    return changed
