"""Results in memory, bounded by bytes, and by their number where users choose it."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from paintgraph.engine.graph.sockets import Entry


class MemoryCache:
    """Entries by key, shared by all runs of a worker.

    A datum that several entries hold counts once. An entry that alone exceeds the budget is not
    kept. With `most_entries` there are no more than these, or than the last run has use for.
    """

    def __init__(self, budget_bytes: int, most_entries: int | None = None) -> None:
        self._budget = budget_bytes
        self._most = most_entries
        self._used: set[str] = set()  # by the runs that go on, as far as entries are counted
        self._entries: OrderedDict[str, tuple[Entry, Mapping[int, int]]] = OrderedDict()
        self._holders: dict[int, tuple[int, int]] = {}  # entries that hold a datum, its bytes
        self._held = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def get(self, key: str) -> Entry | None:
        """The entry of a key, which becomes the most recently used, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._use(key)
            return found[0]

    def put(self, key: str, entry: Entry, weights: Mapping[int, int]) -> None:
        """Keep an entry; `weights` gives bytes by identity of each datum in it."""
        if sum(weights.values()) > self._budget:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = (entry, weights)
            self._use(key)
            for identity, weight in weights.items():
                holders, known = self._holders.get(identity, (0, 0))
                heaviest = max(known, weight)  # a socket for anything may not know the weight
                self._holders[identity] = (holders + 1, heaviest)
                self._held += heaviest - known
            while self._held > self._budget:
                self._drop(next(iter(self._entries)))

    def end_run(self, keys: Iterable[str]) -> None:
        """Let go of surplus entries that a run neither used nor named by these keys."""
        if self._most is None:
            return
        with self._lock:
            for key in keys:
                if key in self._entries:
                    self._use(key)
            most = max(self._most, len(self._used & self._entries.keys()))
            while len(self._entries) > most:
                self._drop(next(iter(self._entries)))
            self._used.clear()

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._entries.clear()
            self._holders.clear()
            self._held = 0

    def _use(self, key: str) -> None:
        self._entries.move_to_end(key)
        if self._most is not None:
            self._used.add(key)

    def _drop(self, key: str) -> None:
        _, weights = self._entries.pop(key)
        for identity in weights:
            holders, weight = self._holders.pop(identity)
            if holders > 1:
                self._holders[identity] = (holders - 1, weight)
            else:
                self._held -= weight
