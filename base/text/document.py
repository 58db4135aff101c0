"""What a text says, where it says it, and why a text is refused: `Document`, `TextError`.

A value is a tree of plain dict, list, str, int, float, bool and None; no part of it is shared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from paintgraph.base.errors import Error, Place, Problem

Path = tuple[str | int, ...]


class Spot(NamedTuple):
    """Where a value, its key (in a mapping) and what is inside it stand in the text."""

    key: Place | None
    value: Place
    inside: "dict[str | int, Spot]"


MAX_PLACED = 300_000  # Tokens of a text whose places are kept; what follows has none of its own.
NOTHING_INSIDE: dict[str | int, Spot] = {}  # One for all scalars.


class TextError(Error, ValueError):
    """A text is refused; `place` is where, the message says why and the cure."""

    def __init__(self, code: str, message: str, place: Place | None = None) -> None:
        super().__init__(message, code)
        self.place = place

    @property
    def reasons(self) -> tuple[Problem, ...]:
        """The error itself, with its place."""
        return (Problem(self.code, self.message, place=self.place),)

    def at(self, place: Place | None) -> "TextError":
        """The same error at a place."""
        return TextError(self.code, self.message, place)


def _nowhere() -> Spot | None:
    return None


@dataclass(frozen=True, slots=True)
class Document:
    """A value read from a text; the text is read again when a place is first asked for."""

    value: object
    spots: Callable[[], Spot | None] = _nowhere

    def place(self, path: Path, *, key: bool = False) -> Place | None:
        """Place of the value at `path`, or of its key; of the nearest ancestor if it has none."""
        spot = self.spots()
        if spot is None:
            return None
        for step in path:
            if step not in spot.inside:
                break
            spot = spot.inside[step]
        return spot.key if key and spot.key is not None else spot.value

    def inside(self, path: Path) -> "Document":
        """The value at a path as a document of its own; its places are still those of the text."""
        value: Any = self.value
        for step in path:
            value = value[step]

        def spot() -> Spot | None:
            found = self.spots()
            for step in path:
                found = found.inside.get(step) if found else None
            return found

        return Document(value, spot)


def place_at(text: str, offset: int) -> Place:
    """Line and column of the character at `offset`."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
