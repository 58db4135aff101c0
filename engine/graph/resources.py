"""Names that a graph may choose from a catalogue, such as models: what the engine knows of them.

The kind of such a resource is "kind:family". Its bound form is the name, "@sha256:" and the digest
of what the name stands for. Whoever assembles a worker says which names there are, and what is
wrong with one: the engine asks, and looks at no file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.graph import Graph, InputRef
from paintgraph.engine.graph.spec import InputSpec, NodeSpec

DIGEST_MARK = "@sha256:"
GIVEN = "given"
"""First step of the path of a problem with a value passed for a declared input of the graph."""

NameCheck = Callable[[str], "BindError | None"]
"""Why a name cannot be used now, such as a missing file; quick, because it reads none."""


def is_of_catalogue(kind: str) -> bool:
    """Whether a resource of this kind is chosen from a catalogue."""
    return ":" in kind


def plain_name(text: str) -> str:
    """The name in a text that may be bound already."""
    return text.partition(DIGEST_MARK)[0]


@dataclass(frozen=True, slots=True)
class Resources:
    """What is known of names while a graph is checked.

    Attributes:
        checks: by kind of resource.
        given: values passed for the graph's declared inputs; their defaults hold for the others.
    """

    checks: Mapping[str, NameCheck] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    def fault(self, declared: InputSpec, value: object, graph: Graph) -> BindError | None:
        """Why what an input is given cannot be used, or None."""
        check = self.checks.get(declared.resource)
        if check is None:
            return None
        if isinstance(value, InputRef):
            spec = graph.inputs.get(value.name)
            value = self.given.get(value.name, spec.default if spec else None)
        return check(value) if isinstance(value, str) else None

    def inner_fault(self, spec: NodeSpec) -> BindError | None:
        """Why a name inside a recipe that is used as a node cannot be used, or None."""
        faults = (self.checks[kind](name) for kind, name in spec.names if kind in self.checks)
        return next((fault for fault in faults if fault is not None), None)


NO_RESOURCES = Resources()


def inherited(spec: InputSpec, graph: Graph, specs: Mapping[str, NodeSpec | None]) -> InputSpec:
    """A declared input with the kind and choices of what it reaches, if it has none itself."""
    if spec.resource or spec.choices or spec.type != "text":
        return spec
    for id_, node in graph.nodes.items():
        for reached in _catalogued(specs.get(id_)):
            if node.inputs.get(reached.name) == InputRef(spec.name):
                return replace(spec, resource=reached.resource, choices=reached.choices)
    return spec


def names_in(graph: Graph, specs: Mapping[str, NodeSpec | None]) -> tuple[tuple[str, str], ...]:
    """The names of a catalogue that the nodes of a graph have as literals, by kind."""
    found: dict[tuple[str, str], None] = {}
    for id_, node in graph.nodes.items():
        spec = specs.get(id_)
        found.update(dict.fromkeys(spec.names if spec else ()))
        for declared in _catalogued(spec):
            name = node.inputs.get(declared.name)
            if isinstance(name, str):
                found[declared.resource, name] = None
    return tuple(found)


def _catalogued(spec: NodeSpec | None) -> list[InputSpec]:
    return [i for i in spec.inputs if is_of_catalogue(i.resource)] if spec else []
