"""What a text says, where it says it, and why a text is refused: `Document`, `Place`, `TextError`.

A value is a tree of plain dict, list, str, int, float, bool and None; no part of it is shared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """A character of a text; the first one is line 1, column 1."""

    line: int
    column: int


class Spot(NamedTuple):
    """Where a value, its key (in a mapping) and what is inside it stand in the text."""

    key: Place | None
    value: Place
    inside: "dict[str | int, Spot]"


MAX_PLACED = 300_000  # Tokens of a text whose places are kept; what follows has none of its own.
NOTHING_INSIDE: dict[str | int, Spot] = {}  # One for all scalars.


class TextError(ValueError):
    """A text is refused; `code` is stable, `place` is where, the message says why and the cure."""

    def __init__(self, code: str, message: str, place: Place | None = None) -> None:
        super().__init__(code, message, place)  # All three, so that it can be pickled.
        self.code = code
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return self.message

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


def place_at(text: str, offset: int) -> Place:
    """Line and column of the character at `offset`."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
