"""What a call of a node gives: values, effects, `ui` values, perhaps a sub-graph.

A slot (one output of one node in one run) is a tuple of elements; each is a value, `Blocked` or
`Failed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value


@dataclass(frozen=True, slots=True)
class Blocked:
    """Takes a value's place: calls that would read it are left out. `message` is a warning."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Takes the place of a value whose call at node `node` failed, or was not made after that."""

    node: str


@dataclass(frozen=True, slots=True)
class Effect:
    """A file that a node wants written: whoever runs the job publishes it, once.

    Attributes:
        blob: digest of the content.
        prefix: wanted name without number and suffix.
        suffix: with its dot.
        folder: "output" is kept, "temp" is not.
        ui: name under which editors show it.
        media_type: of the content.
        is_numbered: whether the name always gets a number, or only where it is taken.
    """

    blob: str
    prefix: str
    suffix: str
    folder: str = "output"
    ui: str = "images"
    media_type: str = "image/png"
    is_numbered: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returns when it is more than its outputs.

    `values` holds one entry per output: a datum, a `Value` with its own facts, `Blocked`, or a
    `Link` into `expand`. `ui` maps names to lists for editors. `expand` is a sub-graph.
    """

    values: Sequence[Any] = ()
    ui: Mapping[str, Sequence[Any]] | None = None
    effects: Sequence[Effect] = ()
    expand: Mapping[str, Node] | None = None


Element = Value | Blocked | Failed
Slot = tuple[Element, ...]
Slots = tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One finished call: per output its elements, or the link into `expand` that gives them.

    `failed` says that the call failed, or was left out because another one did; `is_found`, that
    its result was kept under its `key` and the node was not called.
    """

    outputs: tuple[Slot | Link, ...]
    ui: Mapping[str, Sequence[Any]] | None = None
    effects: tuple[Effect, ...] = ()
    seconds: float = 0.0
    expand: Mapping[str, Node] | None = None
    failed: bool = False
    key: str = ""
    is_found: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a part of it is still to come from other nodes."""
        return bool(self.expand) or any(isinstance(slot, Link) for slot in self.outputs)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a finished node or call: all its elements, `ui` values and effects."""

    slots: Slots
    ui: Mapping[str, tuple[Any, ...]] | None = None
    effects: tuple[Effect, ...] = ()
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether no element failed."""
        return not any(isinstance(element, Failed) for slot in self.slots for element in slot)

    @property
    def is_lost(self) -> bool:
        """Whether there are elements, and all of them failed."""
        return any(self.slots) and all(isinstance(e, Failed) for slot in self.slots for e in slot)
