"""The inputs and outputs of a graph's nodes as ComfyUI's editor shows them: sockets and widgets.

They follow the declaration of the node's type; what is not known of a type is taken from its use.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from paintgraph.engine.graph.coercion import counts
from paintgraph.engine.graph.formats.comfy.known import KnownNode, known
from paintgraph.engine.graph.formats.comfy.types import ANYTHING, PLAIN, wire_type
from paintgraph.engine.graph.formats.comfy.widgets import SEEDS
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import ANY, literal_types
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.structure import Specs, position

_MOST_DIGITS = 3


class InputSlot(NamedTuple):
    """An input; a widget holds a value, `default` if the graph gives none."""

    name: str
    type: str
    is_widget: bool
    default: Any = None
    has_control: bool = False
    has_lines: bool = False


class OutputSlot(NamedTuple):
    """An output by name and type."""

    name: str
    type: str


class Slots:
    """What the nodes of one graph have."""

    def __init__(self, graph: Graph, specs: Specs) -> None:
        self._graph = graph
        self._specs = specs
        self._used = _used_outputs(graph)

    def inputs(self, id_: str) -> list[InputSlot]:
        """The inputs of a node, sockets before widgets, these in the order that the page has.

        A value that no widget takes has none: the page fills it in before a run, or has a socket
        there.
        """
        node = self._graph.nodes[id_]
        spec = self._specs.spec(node.kind)
        slots = list(self._declared(node))
        names = {slot.name for slot in slots} | {
            each.name for each in (spec.inputs if spec else ())
        }
        slots += [_of_use(name, node) for name in node.inputs if name not in names]
        return sorted(slots, key=lambda slot: slot.is_widget)

    def outputs(self, id_: str) -> list[OutputSlot]:
        """The outputs of a node; of an unknown type as many as are used."""
        kind = self._graph.nodes[id_].kind
        spec = self._specs.spec(kind)
        if spec is not None:
            return [OutputSlot(output.name, wire_type(output.type)) for output in spec.outputs]
        forms = known(kind)
        if forms and forms[0].outputs:
            return [OutputSlot(name, type_) for name, type_ in forms[0].outputs]
        return [OutputSlot(str(n), ANYTHING) for n in range(self._used.get(id_, 0))]

    def position(self, link: Link) -> int:
        """Which output of its node a link names; Error if there is none of this name."""
        if isinstance(link.output, str):
            outputs = self.outputs(link.node) if link.node in self._graph.nodes else []
            names = [output.name for output in outputs]
            if link.output in names:
                return names.index(link.output)
            if _is_position(link.output):  # as recipes write an output without a name
                return int(link.output)
        return position(self._graph, self._specs, link)

    def _declared(self, node: Node) -> Iterator[InputSlot]:
        spec = self._specs.spec(node.kind)
        if spec is not None:
            in_order = sorted(spec.inputs, key=lambda each: _is_optional(each, spec))
            yield from (_of_spec(each, node) for each in in_order if _is_shown(each, node))
        elif forms := known(node.kind):
            yield from _of_table(_fitting(forms, node))


def _fitting(forms: Sequence[KnownNode], node: Node) -> KnownNode:
    """The form of a type that has the most of the node's inputs."""
    return max(forms, key=lambda form: len(node.inputs.keys() & form.inputs.keys()))


def _is_shown(declared: InputSpec, node: Node) -> bool:
    """Whether a node has this input now: it is given, or it counts and is not one of a row."""
    given = node.inputs.get(declared.name)
    if declared.found_by:
        return isinstance(given, Link)
    idle = declared.grows or (counts(declared, node.inputs) is False and not declared.lazy)
    return declared.name in node.inputs or not idle


def _is_optional(declared: InputSpec, spec: NodeSpec) -> bool:
    """Whether the page lists an input behind those that a node needs; one of a choice, with it."""
    choice = declared.when.input if declared.when else ""
    if choice and declared.name.startswith(f"{choice}."):
        return _is_optional(next(each for each in spec.inputs if each.name == choice), spec)
    return not declared.required or declared.when is not None


def _of_spec(declared: InputSpec, node: Node) -> InputSlot:
    plain = literal_types(declared.type).split("|")[0]
    is_row = declared.grows and "|" in declared.type
    is_widget = plain not in ("none", ANY) and not is_row
    type_ = PLAIN.get(plain, "STRING") if is_widget else wire_type(declared.type)
    if declared.choices or (is_widget and declared.resource == "picture"):
        type_ = "COMBO"
    default = list(declared.default) if isinstance(declared.default, tuple) else declared.default
    widgets = (widget for form in known(node.kind) for widget in form.widgets)
    controlled = {*SEEDS, *(widget.name for widget in widgets if widget.after == "control")}
    has_control = type_ == "INT" and declared.name in controlled
    return InputSlot(declared.name, type_, is_widget, default, has_control, declared.multiline)


def _of_table(form: KnownNode) -> Iterator[InputSlot]:
    widgets = {widget.name: widget for widget in form.widgets}
    for name, type_ in form.inputs.items():
        widget = widgets.get(name)
        if widget is None:
            yield InputSlot(name, type_, is_widget=False)
        else:
            yield InputSlot(
                name,
                type_,
                is_widget=True,
                default=widget.default,
                has_control=widget.after == "control",
            )


def _of_use(name: str, node: Node) -> InputSlot:
    value = node.inputs[name]
    if isinstance(value, Link):
        return InputSlot(name, ANYTHING, is_widget=False)
    types = {bool: "BOOLEAN", int: "INT", float: "FLOAT", str: "STRING"}
    type_ = types.get(type(value), "STRING" if isinstance(value, InputRef) else ANYTHING)
    return InputSlot(name, type_, is_widget=True, has_control=type_ == "INT" and name in SEEDS)


def _used_outputs(graph: Graph) -> dict[str, int]:
    """How many outputs links use, by node."""
    most: dict[str, int] = {}
    links = [link for node in graph.nodes.values() for _, link in node.links()]
    links += [ref for ref in graph.outputs.values() if isinstance(ref, Link)]
    for link in links:
        text = str(link.output)
        if _is_position(text):
            most[link.node] = max(most.get(link.node, 0), int(text) + 1)
    return most


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
