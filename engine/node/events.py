"""What a run reports: one stream of facts and signals.

Facts are kept and numbered by whoever stores the job; signals (`NodeStarted`, `Progress`,
`Preview`) may be dropped when a newer one of their node exists.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paintgraph.engine.graph.sockets import Effect

How = Literal["computed", "cached", "shared", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which node an event is about.

    Attributes:
        node: its id in the run; kind: its declaration.
        display: the id under which an editor shows it.
        parent: the node whose expansion made it.
        submitted: the node of the submitted graph that it stems from.
    """

    node: str
    kind: str
    display: str
    parent: str | None
    submitted: str


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """Signal: the node's calls begin."""

    origin: Origin
    elements: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Signal: `done` of `total` steps of one element."""

    origin: Origin
    element: int
    done: float
    total: float


@dataclass(frozen=True, slots=True)
class Preview:
    """Signal: a small picture of what one element looks like so far."""

    origin: Origin
    element: int
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Signal: a message of the node's own for editors; `content` is JSON."""

    origin: Origin
    event: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Warned:
    """Fact: something that the user should know, though the node went on.

    `code` is "blocked" where another node keeps this one from a call, and says why.
    """

    origin: Origin
    element: int
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """Fact: a node has `ui` values or effects to show or publish."""

    origin: Origin
    ui: Mapping[str, tuple[Any, ...]]
    effects: tuple[Effect, ...]
    cached: bool


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """Fact: the node is over.

    `how`: computed here (some of its calls may have failed), found in memory or store ("cached"),
    taken from an equal node that ran at the same time ("shared"), without any result ("failed"),
    or not computed because what it reads failed ("skipped").
    """

    origin: Origin
    how: How
    seconds: float
    weight: int


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """Fact: a call of the node failed; `inputs` describes what it was given."""

    origin: Origin
    element: int
    code: str
    message: str
    inputs: Mapping[str, str]
    error: BaseException


@dataclass(frozen=True, slots=True)
class Kept:
    """Fact: a run begins, and results of these nodes are kept, whether it needs them or not."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """Fact: the result under `key` is on disk; a node with this key is not computed again."""

    key: str


Event = (
    NodeStarted
    | Progress
    | Preview
    | Sent
    | Warned
    | Executed
    | NodeFinished
    | NodeFailed
    | Kept
    | Stored
)
Listener = Callable[[Event], None]
