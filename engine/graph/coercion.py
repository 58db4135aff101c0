"""Literals against the inputs that they are given to: canonical forms, names to choose, faults."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from paintgraph.base.naming import without_pickle
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.graph.sockets import ANY, PLAIN_SOCKETS, Socket, Value, shown
from paintgraph.engine.graph.spec import InputSpec, NodeSpec

DIGEST_MARK = "@sha256:"
GIVEN = "given"
"""First step of the path of a problem with a value passed for a declared input of the graph."""

NameCheck = Callable[[str], "BindError | None"]
"""Why a name cannot be used now, such as a missing file; quick, because it reads none."""


class Misfit(NamedTuple):
    """Why what a graph names does not go together, as a node finds it, at an input or none."""

    node: str
    input: str
    code: str
    message: str


TogetherCheck = Callable[
    [Graph, Mapping[str, NodeSpec | None], Collection[str | None]], Iterable[Misfit]
]
"""What does not go together in a graph without cycles, in canonical form and with the values of its
inputs: for its nodes' declarations, and those nodes that have other faults. It reads no more than
headers of files."""


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
        together: what of it goes together.
        given: values passed for the graph's declared inputs; their defaults hold for the others.
    """

    checks: Mapping[str, NameCheck] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    together: TogetherCheck = lambda *_: ()

    def fault(self, declared: InputSpec, value: object, graph: Graph) -> BindError | None:
        """Why what an input is given cannot be used, or None."""
        check = self.checks.get(declared.resource)
        if check is None:
            return None
        value = self._meant(value, graph)
        return check(value) if isinstance(value, str) else None

    def misfits(
        self, graph: Graph, specs: Mapping[str, NodeSpec | None], faulty: Collection[str | None]
    ) -> Iterable[Misfit]:
        """What does not go together in a graph in canonical form without cycles."""
        nodes = {
            id_: replace(
                node, inputs={n: self._meant(value, graph) for n, value in node.inputs.items()}
            )
            for id_, node in graph.nodes.items()
        }
        return self.together(replace(graph, nodes=nodes), specs, faulty)

    def _meant(self, value: object, graph: Graph) -> object:
        """A value, or what is given for the declared input that it refers to."""
        if not isinstance(value, InputRef):
            return value
        spec = graph.inputs.get(value.name)
        return self.given.get(value.name, spec.default if spec else None)

    def inner_fault(self, spec: NodeSpec) -> BindError | None:
        """Why a name inside a recipe that is used as a node cannot be used, or None."""
        faults = (self.checks[kind](name) for kind, name in spec.names if kind in self.checks)
        return next((fault for fault in faults if fault is not None), None)


NO_RESOURCES = Resources()


def inherited(spec: InputSpec, graph: Graph, specs: Mapping[str, NodeSpec | None]) -> InputSpec:
    """A declared input with what it takes over from the input of a node that it reaches.

    A text has its kind and choices where it has none itself; a list what its numbers are.
    """
    if spec.resource or spec.choices or spec.type not in ("text", "list"):
        return spec
    for id_, node in graph.nodes.items():
        given = specs.get(id_)
        for reached in given.inputs if given else ():
            if node.inputs.get(reached.name) != InputRef(spec.name):
                continue
            if spec.type == "list" and reached.columns:
                return replace(spec, columns=reached.columns, most_rows=reached.most_rows)
            if spec.type == "text" and is_of_catalogue(reached.resource):
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


def counts(declared: InputSpec, inputs: Mapping[str, object]) -> bool | None:
    """Whether an input counts beside the others of its node; None where a link decides it."""
    if declared.when is None:
        return True
    decisive = inputs.get(declared.when.input)
    if isinstance(decisive, Link | InputRef | Value):
        return None
    return decisive in declared.when.values


_PLAIN: Mapping[str, Socket] = {socket.name: socket for socket in PLAIN_SOCKETS}
_OWN_TYPES = {bool: "bool", int: "int", float: "float", str: "text"}
_SHOWN_CHOICES = 20


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a literal does not fit: a stable code, and the message without its place."""

    code: str
    message: str


def canonical(spec: InputSpec, value: object) -> Any:
    """The literal as the node gets it, or `Wrong`.

    Equal literals have one form (5 and 5.0 for a float, -0.0 and 0.0, both Unicode spellings), so
    that equal graphs have equal keys.
    """
    if value is None and not spec.required and spec.default is None:
        return None
    types = [part for part in in_order(spec.type, value) if part in _PLAIN]
    if spec.free:
        return value
    if not types:
        return Wrong(
            "needs_link",
            f"{spec.name} is {shown(value)}; it takes no literal but a link to an output of type "
            f"{spec.type}.",
        )
    result: Any = None
    for type_ in types:
        try:
            result = _checked(type_, value)
        except ValueError as error:
            result = Wrong("wrong_type", f"{spec.name} {error}.")
        else:
            break
    if isinstance(result, Wrong):
        return result
    return _within(spec, result)


def in_order(type_: str, value: object) -> list[str]:
    """The parts of a type in the order to try them for a value: that of its own type first."""
    parts = type_.split("|")
    own = _OWN_TYPES.get(type(value))
    return sorted(parts, key=lambda part: part != own) if len(parts) > 1 else parts


def type_of_literal(value: object) -> str:
    """The type that a literal has by itself."""
    return _OWN_TYPES.get(type(value), "list" if isinstance(value, list | tuple) else ANY)


def _within(spec: InputSpec, value: Any) -> Any:
    if isinstance(value, tuple):
        return _items(spec, value)
    if spec.choices and isinstance(value, str):
        is_model = is_of_catalogue(spec.resource)
        chosen = plain_name(value) if is_model else value
        is_there = chosen in spec.choices or (is_model and without_pickle(chosen) in spec.choices)
        return value if is_there else _not_a_choice(spec, value)
    if spec.choices and value not in spec.choices:
        return _not_a_choice(spec, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = spec.minimum, spec.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return Wrong(
                "out_of_range", f"{spec.name} is {shown(value)}; allowed is {bounds(spec)}."
            )
    return value


def _checked(type_: str, value: object) -> Any:
    """The datum in the canonical form of a type; of its own where the type is anything."""
    if type_ != ANY:
        return _PLAIN[type_].check(value)
    own = _OWN_TYPES.get(type(value))
    if own is not None:
        return _PLAIN[own].check(value)
    if value is None:
        return value
    raise ValueError(f"is {shown(value)}; allowed are plain values")


def _items(spec: InputSpec, values: tuple[Any, ...]) -> Any:
    type_ = spec.items if spec.items in _PLAIN else ANY
    items: list[Any] = []
    for value in _in_one_row(spec, values):
        try:
            item = _checked(type_, value)
        except ValueError as error:
            return Wrong("wrong_type", f"an entry of {spec.name} {error}.")
        if spec.choices and item not in spec.choices:
            return _not_a_choice(spec, item)
        items.append(item)
    return _wrong_length(spec, len(items)) or tuple(items)


def _in_one_row(spec: InputSpec, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A table whose rows are lists of their own, [[x, y], [x, y]], as one row; else as it is."""
    size = len(spec.columns)
    if size and all(isinstance(each, list | tuple) and len(each) == size for each in values):
        return tuple(item for each in values for item in each)
    return values


def _wrong_length(spec: InputSpec, count: int) -> Wrong | None:
    """Why so many numbers are no table, or None."""
    size, most = len(spec.columns), spec.most_rows
    may_be_empty = most is None or not (spec.required or spec.default)
    if not size or (not count and may_be_empty):
        return None
    rows, left = divmod(count, size)
    if not left and 0 < rows <= (most or rows):
        return None
    if most is not None and not left and rows > most > 1:
        allowed = f"{spec.name} has {count} numbers, {size} for each: {', '.join(spec.columns)}"
        return Wrong("wrong_length", f"{allowed}; allowed are {most * size}. Give fewer.")
    each = "" if most == 1 else " for each"
    example = ",".join(_EXAMPLE[:size])
    return Wrong(
        "wrong_length",
        f"{spec.name} has {count} numbers; allowed are {size}{each}: {', '.join(spec.columns)}. "
        f"Give e.g. {example}.",
    )


_EXAMPLE = ("120", "80", "300", "260")


def _not_a_choice(spec: InputSpec, value: object) -> Wrong:
    choices = ", ".join(map(str, spec.choices[:_SHOWN_CHOICES]))
    more = "" if len(spec.choices) <= _SHOWN_CHOICES else f", ... ({len(spec.choices)} in all)"
    texts = [choice for choice in spec.choices if isinstance(choice, str)]
    near = suggestion(value, texts) if isinstance(value, str) else ""
    similar = dict(spec.similar).get(str(value))
    near = f" '{similar}' comes nearest." if similar else near
    which = "has" if spec.items else "is"
    return Wrong(
        "not_a_choice", f"{spec.name} {which} {shown(value)}; allowed are {choices}{more}.{near}"
    )


def bounds(spec: InputSpec) -> str:
    """The range of a number in words, with its unit."""
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.minimum is None:
        return f"at most {_number(spec.maximum)}{unit}"
    if spec.maximum is None:
        return f"at least {_number(spec.minimum)}{unit}"
    return f"{_number(spec.minimum)} to {_number(spec.maximum)}{unit}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else f"{value:.15g}"
