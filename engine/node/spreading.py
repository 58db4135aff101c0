"""How a node gives many pictures to other jobs, where whoever runs its job can share them out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from paintgraph.engine.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Given:
    """Pictures that a node gives away.

    Attributes:
        node: the node.
        part: the kind of node that does a part of it.
        inputs: what each part gets beside `names` and `first`: which pictures, and the number of
            the first of them.
        names: all pictures.
    """

    node: str
    part: str
    inputs: Mapping[str, Any]
    names: Sequence[str]


class Spreading:
    """A service that one run after the other begins; outside of jobs nothing is given away."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, done: Collection[str] | None) -> None:
        """Begin a run: None if it gives nothing away, else the nodes whose pictures are done."""
        self._done = done
        self.given: Given | None = None
        """What the run gave away; it is stopped then, and begun again once that is done."""

    @property
    def is_open(self) -> bool:
        """Whether something can be given away."""
        return self._done is not None

    def is_done(self, node: str) -> bool:
        """Whether other jobs have done what a node gave away."""
        return node in (self._done or ())

    def give(self, given: Given) -> NoReturn:
        """Give pictures away; the run stops here."""
        self.given = given
        raise Cancelled("Other jobs go on.")
