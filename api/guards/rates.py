"""How much each client asked for in the present minute."""

import time
from collections import Counter
from collections.abc import Callable

_MINUTE = 60.0


class MinuteCounts:
    """Counts by name; each begins anew with every minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts = Counter[str]()
        self._ends = 0.0

    def add(self, name: str) -> int:
        """Count one more; gives how many there were in this minute."""
        self._counts[name] = self.count(name) + 1
        return self._counts[name]

    def count(self, name: str) -> int:
        """How many there were in this minute."""
        if self._clock() >= self._ends:
            self._counts = Counter()
            self._ends = self._clock() + _MINUTE
        return self._counts[name]

    def seconds_left(self) -> int:
        """When the next minute begins, in whole seconds from now, at least 1."""
        return max(1, round(self._ends - self._clock()))
