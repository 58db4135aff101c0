"""What ComfyUI's own nodes are called and take: names, order, types and defaults, as data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Widget:
    """An input that holds a value of its own; `after` is what stands behind it in a list of values.

    That is "control" for what a seed becomes after a run, "upload" for the mark of a button.
    `when` is another widget, and the values of it with which this one is there; empty for most.
    """

    name: str
    type: str
    default: Any = None
    after: str = ""
    when: tuple[str, Sequence[Any]] | None = None

    def is_there(self, named: Mapping[str, Any]) -> bool:
        """Whether a node has this widget that has these values by name."""
        return self.when is None or named.get(self.when[0]) in self.when[1]


@dataclass(frozen=True, slots=True)
class KnownNode:
    """A node type's inputs with their types, which of them are widgets, and its outputs."""

    inputs: Mapping[str, str]
    widgets: tuple[Widget, ...]
    outputs: tuple[tuple[str, str], ...]


@cache
def known(type_: str) -> tuple[KnownNode, ...]:
    """The forms that versions of a node type have, the one to assume first; empty if unknown."""
    return tuple(
        KnownNode(
            {given[0]: given[1] for given in inputs},
            tuple(Widget(*given) for given in inputs if len(given) > 2),
            tuple((name, kind) for name, kind in outputs),
        )
        for inputs, outputs in _table().get(type_, ())
    )


def types_of_sockets(sockets: Collection[str]) -> list[str]:
    """Every node type with an input or output of one of these kinds."""
    return [
        type_
        for type_, forms in _table().items()
        if any(slot[1] in sockets for inputs, outputs in forms for slot in (*inputs, *outputs))
    ]


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = orjson.loads(
        resources.files(__package__).joinpath("nodes.json").read_bytes()
    )
    return table
