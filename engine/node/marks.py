"""What the metadata of an annotation can say of a node's input or output."""

from dataclasses import dataclass

from paintgraph.engine.graph.sockets import Socket


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both allowed; `step` is for editors."""

    minimum: float
    maximum: float
    unit: str = ""
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Names something outside the graph, such as a "picture" or "seed", bound before a run.

    With `found_by` it is no name, but what other inputs together lead to, such as the files of a
    folder: it is left empty, and filled before a run.
    """

    kind: str
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A property without a value: see `LAZY`, `RAW`, `MULTILINE`."""

    field: str


LAZY = Mark("lazy")
RAW = Mark("raw")
MULTILINE = Mark("multiline")


@dataclass(frozen=True, slots=True)
class OneOf:
    """Takes any of several types."""

    sockets: tuple[Socket, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """Names a single output otherwise than by its type."""

    name: str
