"""The graph that runs, as classes ask for it: the prompt, and the nodes added while it runs."""

from collections.abc import Mapping
from typing import Any

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Nodes
from paintgraph.engine.node.events import Origin
from paintgraph.nodes.packs.classes.values import to_class
from paintgraph.nodes.packs.standins.comfy_execution.graph import NodeNotFoundError


def as_link(link: Link) -> list[Any]:
    """A link as ComfyUI writes it."""
    return [link.node, link.output]


def as_prompt_node(node: Node) -> dict[str, Any]:
    """A node as a prompt has it."""
    inputs = {
        name: as_link(value)
        if isinstance(value, Link)
        else to_class(value if isinstance(value, Value) else Value(value), "")
        for name, value in node.inputs.items()
    }
    return {"class_type": node.kind, "inputs": inputs}


def prompt_of(nodes: Nodes) -> Mapping[str, Any]:
    """The submitted prompt; where none came along, the submitted nodes as one."""
    given: Mapping[str, Any] | None = nodes.extra.get("prompt")
    if given is not None:
        return given
    prompt = {}
    for id_ in nodes.ids():
        origin, node = nodes.origin(id_), nodes.node(id_)
        if origin is not None and node is not None and origin.parent is None:
            prompt[id_] = as_prompt_node(node)
    return prompt


class RunningPrompt:
    """What classes get for DYNPROMPT."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def get_node(self, node_id: str) -> dict[str, Any]:
        """A node as a prompt has it; NodeNotFoundError."""
        node = self._nodes.node(node_id)
        if node is None:
            raise NodeNotFoundError(f"there is no node '{node_id}'")
        return as_prompt_node(node)

    def has_node(self, node_id: str) -> bool:
        """Whether there is such a node."""
        return self._nodes.origin(node_id) is not None

    def get_real_node_id(self, node_id: str) -> str:
        """The submitted node that a node came of."""
        return self._origin(node_id).submitted

    def get_parent_node_id(self, node_id: str) -> str | None:
        """The node that expanded into it, or None."""
        return self._origin(node_id).parent

    def get_display_node_id(self, node_id: str) -> str:
        """The node at which editors show it."""
        return self._origin(node_id).display

    def all_node_ids(self) -> set[str]:
        """The ids of all nodes."""
        return set(self._nodes.ids())

    def get_original_prompt(self) -> Mapping[str, Any]:
        """The prompt as it was submitted."""
        return prompt_of(self._nodes)

    def _origin(self, node_id: str) -> Origin:
        origin = self._nodes.origin(node_id)
        return origin or Origin(node_id, "", node_id, None, node_id)
