"""Where links really come from: past reroutes, muted and bypassed nodes, borders of subgraphs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """An output of a node by position."""

    node: str
    output: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value instead of an output: that of a primitive, or of a promoted widget."""

    value: Any


class Missing(NamedTuple):
    """Nothing, since a node on the way is muted: the input is not sent at all."""

    muted: str


End = Origin | Literal | Missing | None
"""What an input gets; None means that its link leads nowhere, so its own value stands."""


@dataclass(slots=True)
class Routes:
    """Links as they stand, and detours: outputs that only pass something on.

    `linked` leads from a node's input to an output. `ended` are nodes without results of their
    own, so that those of their outputs that have no detour lead nowhere. `muted` are switched off.
    """

    linked: dict[tuple[str, int], Origin] = field(default_factory=dict)
    detours: dict[Origin, End] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    _known: dict[Origin, End] = field(default_factory=dict)

    def source(self, node: str, place: int) -> End:
        """What an input gets in the end."""
        origin = self.linked.get((node, place))
        return None if origin is None else self.end(origin)

    def end(self, origin: Origin) -> End:
        """Follow the detours from an output; a ring of them leads nowhere."""
        way: dict[Origin, None] = {}
        at: End = origin
        while isinstance(at, Origin) and at not in way:
            if at in self._known:
                at = self._known[at]
                break
            if at.node in self.muted:
                at = Missing(at.node)
            elif at in self.detours:
                way[at] = None
                at = self.detours[at]
            elif at.node in self.ended:
                at = None
            else:
                break
        if isinstance(at, Origin) and at in way:
            at = None
        self._known.update(dict.fromkeys(way, at))
        return at

    def rings(self) -> Iterator[list[str]]:
        """Each ring of detours by its nodes: a fault, since nothing ever comes out of it."""
        done: set[Origin] = set()
        for first in self.detours:
            way: dict[Origin, None] = {}
            at: End = first
            while isinstance(at, Origin) and at not in way and at not in done:
                way[at] = None
                at = self.detours.get(at)
            if isinstance(at, Origin) and at in way:
                ring = list(way)
                yield [origin.node for origin in ring[ring.index(at) :]]
            done.update(way)
