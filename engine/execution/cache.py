"""Results in memory, bounded by bytes; the least recently used go first."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from paintgraph.engine.graph.elements import Entry


class MemoryCache:
    """Entries by key, shared by all runs of a worker.

    A datum that several entries hold counts once. An entry that alone exceeds the budget is not
    kept.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._entries: OrderedDict[str, tuple[Entry, Mapping[int, int]]] = OrderedDict()
        self._holders: dict[int, tuple[int, int]] = {}  # entries that hold a datum, its bytes
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """What the entries hold together."""
        return self._held

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
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: str, entry: Entry, weights: Mapping[int, int]) -> None:
        """Keep an entry; `weights` gives bytes by identity of each datum in it."""
        if sum(weights.values()) > self._budget:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = (entry, weights)
            for identity, weight in weights.items():
                holders, known = self._holders.get(identity, (0, 0))
                heaviest = max(known, weight)  # a socket for anything may not know the weight
                self._holders[identity] = (holders + 1, heaviest)
                self._held += heaviest - known
            while self._held > self._budget:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._entries.clear()
            self._holders.clear()
            self._held = 0

    def _drop(self, key: str) -> None:
        _, weights = self._entries.pop(key)
        for identity in weights:
            holders, weight = self._holders.pop(identity)
            if holders > 1:
                self._holders[identity] = (holders - 1, weight)
            else:
                self._held -= weight
