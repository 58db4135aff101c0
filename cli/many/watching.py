"""Pictures that come into folders while a command watches them."""

import os
from collections.abc import Sequence
from contextlib import suppress

from paintgraph.cli.many.gathering import Item
from paintgraph.engine.node.context import Cancellation

_LOOK_SECONDS = 1.0

_Look = tuple[tuple[str, int, int], ...]


class Arrivals:
    """Tells which items are new, or changed, and no longer grow."""

    def __init__(self) -> None:
        self._taken: dict[str, _Look] = {}
        self._before: dict[str, _Look] | None = None

    def new(self, items: Sequence[Item]) -> list[Item]:
        """The items that were not given yet as they are now.

        At first all are; later those whose files stayed the same from one look to the next.
        """
        now = {_id(item): _look(item) for item in items}
        before = now if self._before is None else self._before
        fresh = [
            item
            for item in items
            if self._taken.get(_id(item)) != now[_id(item)] == before.get(_id(item))
        ]
        self._before = now
        self._taken |= {_id(item): now[_id(item)] for item in fresh}
        return fresh

    def wait(self, cancellation: Cancellation) -> bool:
        """Wait until the next look; gives whether it is over."""
        return cancellation.wait(_LOOK_SECONDS)


def _id(item: Item) -> str:
    return "\0".join(item.given.values())


def _look(item: Item) -> _Look:
    """Size and time of each of an item's files."""
    found = []
    for given in item.given.values():
        with suppress(OSError, ValueError):
            stat = os.stat(given)  # noqa: PTH116 - some are no paths
            found.append((given, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
