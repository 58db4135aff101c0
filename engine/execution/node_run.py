"""One node in one run, and what a run looks up of its declaration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from paintgraph.engine.graph.elements import Entry, Row
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.events import Origin


@dataclass(frozen=True, slots=True)
class Traits:
    """What a run looks up of a spec again and again."""

    fingerprint: str
    defaults: Mapping[str, object]
    lazy: frozenset[str]
    raw: frozenset[str]

    @staticmethod
    def of(spec: NodeSpec, fingerprint: str) -> "Traits":
        """The traits of a spec, and of the code behind it."""
        return Traits(
            fingerprint,
            {i.name: i.default for i in spec.inputs if not i.required},
            frozenset(i.name for i in spec.inputs if i.lazy),
            frozenset(i.name for i in spec.inputs if i.raw),
        )


class State(Enum):
    """Where a cell is: not asked for (or let go), wanted, or there."""

    IDLE = auto()
    WANTED = auto()
    DONE = auto()


@dataclass(slots=True, eq=False)
class Cell:
    """One node in one run.

    Attributes:
        rank: place in the order of nodes; an expansion's cells follow their parent.
        links: linked inputs, with the output as a position.
        waiting: how many cells it still waits for; `dependents` wait for it.
        followers: cells of equal key that share its result.
        readers: how many cells may still read its result; it is let go at zero unless `pinned`.
        asked: lazy inputs that turned out to be needed.
        rows: finished calls whose expansions are still running.
        is_stored: its result may be on disk and is to be read from there.
        sources: cells that it reads, counted among their readers.
        is_late: what it names outside the graph is known only when it is called, so its key is too.
        inside: of a recipe, what its nodes name outside the graph.
        seconds: what the nodes of its expansions took.
        is_uncertain: its expansion names things of which its key knows nothing: it is not kept.
        parent: the cell whose expansion it is a part of.
        unsure: linked inputs whose data must be checked when they arrive.
    """

    id: str
    node: Node
    declaration: Declaration
    origin: Origin
    rank: tuple[int, ...]
    links: dict[str, Link]
    is_late: bool = False
    inside: list[object] | None = None
    unsure: tuple[InputSpec, ...] = ()
    state: State = State.IDLE
    key: str = ""
    waiting: int = 0
    dependents: list["Cell"] = field(default_factory=list)
    followers: list["Cell"] = field(default_factory=list)
    sources: list["Cell"] = field(default_factory=list)
    readers: int = 0
    pinned: bool = False
    asked: set[str] = field(default_factory=set)
    rows: list[Row] | None = None
    is_stored: bool = False
    entry: Entry | None = None
    seconds: float = 0.0
    is_uncertain: bool = False
    parent: "Cell | None" = None

    def __lt__(self, other: "Cell") -> bool:
        return self.rank < other.rank
