"""What the metadata of an annotation can say of a node's input or output."""

from dataclasses import dataclass

from engine.sockets import Socket


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both allowed; `step` is for editors."""

    minimum: float
    maximum: float
    unit: str = ""
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Names something outside the graph ("picture", "engine", "seed"), bound before a run."""

    kind: str


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
