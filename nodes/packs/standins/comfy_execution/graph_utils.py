"""Stand-in for `comfy_execution.graph_utils`: builds the graphs that nodes expand into."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of


def is_link(obj: object) -> bool:
    """Whether a value is a link, [node, output]."""
    return (
        isinstance(obj, list)
        and len(obj) == 2
        and isinstance(obj[0], str)
        and isinstance(obj[1], int | float)
        and not isinstance(obj[1], bool)
    )


class Node:
    """One node of a graph that is built."""

    def __init__(self, id: str, class_type: str, inputs: dict[str, Any]) -> None:
        self.id = id
        self.class_type = class_type
        self.inputs = inputs
        self.override_display_id: str | None = None

    def out(self, index: int) -> list[Any]:
        """The link to an output."""
        return [self.id, index]

    def set_input(self, key: str, value: Any) -> None:
        """Set an input; None takes it away."""
        if value is None:
            self.inputs.pop(key, None)
        else:
            self.inputs[key] = value

    def get_input(self, key: str) -> Any:
        """An input, or None."""
        return self.inputs.get(key)

    def set_override_display_id(self, override_display_id: str) -> None:
        """Show what this node does at another one."""
        self.override_display_id = override_display_id

    def serialize(self) -> dict[str, Any]:
        """The node as a prompt has it."""
        plain: dict[str, Any] = {"class_type": self.class_type, "inputs": self.inputs}
        if self.override_display_id is not None:
            plain["override_display_id"] = self.override_display_id
        return plain


@dataclass
class _Place:
    """The call that builds, and how many graphs it has begun."""

    root: str = ""
    call: int = 0
    graph: int = 0


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


class GraphBuilder:
    """Builds a graph; ids begin with a prefix that the engine sets for each call of a node."""

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = GraphBuilder.alloc_prefix() if prefix is None else prefix
        self.nodes: dict[str, Node] = {}
        self.id_gen = 1

    @classmethod
    def set_default_prefix(cls, prefix_root: str, call_index: int, graph_index: int = 0) -> None:
        """Set by the engine before a call."""
        _place.set(_Place(prefix_root, call_index, graph_index))

    @classmethod
    def alloc_prefix(
        cls, root: str | None = None, call_index: int | None = None, graph_index: int | None = None
    ) -> str:
        """A prefix that no other builder of this call has."""
        place = _place.get() or _Place()
        root = place.root if root is None else root
        call_index = place.call if call_index is None else call_index
        graph_index = place.graph if graph_index is None else graph_index
        place.graph += 1
        return f"{root}.{call_index}.{graph_index}."

    def node(self, class_type: str, id: str | None = None, **kwargs: Any) -> Node:
        """A new node, or the one of this id."""
        if id is None:
            id = str(self.id_gen)  # noqa: A001
            self.id_gen += 1
        id = self.prefix + id  # noqa: A001
        if id not in self.nodes:
            self.nodes[id] = Node(id, class_type, kwargs)
        return self.nodes[id]

    def lookup_node(self, id: str) -> Node | None:
        """The node of an id without its prefix, or None."""
        return self.nodes.get(self.prefix + id)

    def finalize(self) -> dict[str, Any]:
        """The graph as a prompt has it."""
        return {id_: node.serialize() for id_, node in self.nodes.items()}

    def replace_node_output(self, node_id: str, index: int, new_value: Any) -> None:
        """Put a value where an output of a node is read; None takes the inputs away."""
        old = [self.prefix + node_id, index]
        for node in self.nodes.values():
            for name in [name for name, value in node.inputs.items() if value == old]:
                node.set_input(name, new_value)

    def remove_node(self, id: str) -> None:
        """Take a node away."""
        del self.nodes[self.prefix + id]


def add_graph_prefix(
    graph: Mapping[str, Any], outputs: Any, prefix: str
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """A graph whose ids all begin with a prefix, and outputs that link into it."""

    def moved(value: Any) -> Any:
        return [prefix + value[0], value[1]] if is_link(value) else value

    renamed = {
        prefix + id_: {
            **node,
            "inputs": {name: moved(value) for name, value in node.get("inputs", {}).items()},
        }
        for id_, node in graph.items()
    }
    return renamed, tuple(moved(output) for output in outputs)


class ExecutionBlocker:
    """Given as an output: what would read it is left out, with a message if there is one."""

    def __init__(self, message: str | None) -> None:
        self.message = message


__getattr__ = names_of("comfy_execution.graph_utils")
