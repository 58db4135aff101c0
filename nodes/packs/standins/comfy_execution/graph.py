"""Stand-in for `comfy_execution.graph`: the prompt that runs, as a hidden input gives it."""

from collections.abc import Mapping
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import ExecutionBlocker, is_link

__all__ = ["DynamicPrompt", "ExecutionBlocker", "NodeNotFoundError", "get_input_info", "is_link"]


class NodeInputError(Exception):
    """An input of a node cannot be had."""


class NodeNotFoundError(Exception):
    """There is no node of this id."""


class DependencyCycleError(Exception):
    """Nodes wait for each other."""


class DynamicPrompt:
    """The submitted prompt, with nodes that were added while it runs."""

    def __init__(self, original_prompt: Mapping[str, Any]) -> None:
        self.original_prompt = original_prompt
        self.ephemeral_prompt: dict[str, Any] = {}
        self.ephemeral_parents: dict[str, str] = {}
        self.ephemeral_display: dict[str, str] = {}

    def get_node(self, node_id: str) -> Any:
        """A node as the prompt has it; NodeNotFoundError."""
        if node_id in self.ephemeral_prompt:
            return self.ephemeral_prompt[node_id]
        if node_id in self.original_prompt:
            return self.original_prompt[node_id]
        raise NodeNotFoundError(f"there is no node '{node_id}'")

    def has_node(self, node_id: str) -> bool:
        """Whether there is such a node."""
        return node_id in self.original_prompt or node_id in self.ephemeral_prompt

    def add_ephemeral_node(
        self, node_id: str, node_info: Any, parent_id: str, display_id: str
    ) -> None:
        """Add a node that another one expanded into."""
        self.ephemeral_prompt[node_id] = node_info
        self.ephemeral_parents[node_id] = parent_id
        self.ephemeral_display[node_id] = display_id

    def get_real_node_id(self, node_id: str) -> str:
        """The submitted node that a node came of."""
        while node_id in self.ephemeral_parents:
            node_id = self.ephemeral_parents[node_id]
        return node_id

    def get_parent_node_id(self, node_id: str) -> str | None:
        """The node that expanded into it, or None."""
        return self.ephemeral_parents.get(node_id)

    def get_display_node_id(self, node_id: str) -> str:
        """The node at which editors show it."""
        while node_id in self.ephemeral_display:
            node_id = self.ephemeral_display[node_id]
        return node_id

    def all_node_ids(self) -> set[str]:
        """The ids of all nodes."""
        return set(self.original_prompt) | set(self.ephemeral_prompt)

    def get_original_prompt(self) -> Mapping[str, Any]:
        """The prompt as it was submitted."""
        return self.original_prompt


def get_input_info(
    class_def: Any, input_name: str, valid_inputs: Mapping[str, Any] | None = None
) -> tuple[Any, str | None, Any]:
    """Type, group and options of an input of a class; (None, None, None) if it has none."""
    declared = valid_inputs or class_def.INPUT_TYPES()
    for group in ("required", "optional", "hidden"):
        if input_name in (declared.get(group) or {}):
            info = declared[group][input_name]
            if not isinstance(info, tuple | list):
                return info, group, {}
            return info[0], group, info[1] if len(info) > 1 else {}
    return None, None, None


__getattr__ = names_of("comfy_execution.graph")
