"""How graphs use node types, in plain data: what the node types of whoever runs them are held to.

Declarations grow: a node gets an input, an output or a choice that earlier ones of it have not. A
graph in canonical form has a value for each input, so whoever has an earlier declaration refuses
it, though it may leave the new input as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from paintgraph.engine.graph.graph import RECIPE_PREFIX, Node
from paintgraph.engine.graph.spec import NodeSpec

Use = Sequence[Any]
"""A node type's id; the names of inputs that nodes of a graph are given; those of its outputs; and
at inputs that declare choices those that are given, each as the input's name and a literal."""


class UsesFound:
    """Gathers the uses of a graph, node by node. Recipes do not count: they expand into others."""

    def __init__(self) -> None:
        self._specs: dict[str, NodeSpec] = {}
        self._inputs: dict[str, set[str]] = {}
        self._choices: dict[str, set[tuple[str, Any]]] = {}

    def note(self, node: Node, spec: NodeSpec) -> None:
        """One more node, of this type."""
        if spec.id.startswith(RECIPE_PREFIX):
            return
        self._specs[spec.id] = spec
        inputs = self._inputs.setdefault(spec.id, set())
        choices = self._choices.setdefault(spec.id, set())
        for declared in spec.inputs:
            if declared.name not in node.inputs:
                continue
            inputs.add(declared.name)
            # Names of models and files differ by machine, and those of packs may be just that.
            if declared.choices and not (declared.resource or declared.free or spec.is_open):
                given = node.inputs[declared.name]
                items = given if isinstance(given, tuple | list) else (given,)
                choices |= {(declared.name, item) for item in items if item in declared.choices}

    def all(self) -> list[Use]:
        """Those that were found, in an order of their own."""
        return [
            (
                kind,
                sorted(self._inputs[kind]),
                [output.name for output in spec.outputs],
                sorted(self._choices[kind], key=repr),
            )
            for kind, spec in sorted(self._specs.items())
        ]


class Declared:
    """Node types by their specs in plain data, those of this paintgraph or another."""

    def __init__(self, specs: Iterable[Mapping[str, Any]]) -> None:
        self._specs = {spec["id"]: spec for spec in specs}

    def lacks(self, uses: Iterable[Use]) -> Iterator[str]:
        """What is used that these declarations do not have, in words, one thing of each node."""
        for use in uses:
            kind, spec = use[0], self._specs.get(use[0])
            lack = "" if spec is None else _lack(use, spec)
            if spec is None or lack:
                yield f"the node '{kind}'{lack}"


def _lack(use: Use, spec: Mapping[str, Any]) -> str:
    """What a spec does not have of a use; nothing if it has all, or takes anything."""
    _, given, read, choices = use
    inputs = {declared["name"]: declared for declared in spec.get("inputs", ())}
    outputs = [output["name"] for output in spec.get("outputs", ())]
    if spec.get("is_open"):
        return ""
    for name in given:
        if name not in inputs:
            return f" with the input '{name}'"
    for name, declared in inputs.items():
        if declared.get("required") and not declared.get("when") and name not in given:
            return f" without the input '{name}'"
    for name, value in choices:
        allowed = inputs[name].get("choices")
        if allowed and value not in allowed:
            return f" with '{value}' as its {name}"
    return next((f" with the output '{name}'" for name in read if name not in outputs), "")
