"""What is kept of results: in memory, bounded by bytes, before what is on disk."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.elements import Entry
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry


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


@dataclass(frozen=True, slots=True)
class Keeping:
    """Memory in front of disk; either may be missing."""

    registry: Registry
    memory: MemoryCache | None
    store: ResultStore | None

    def find(self, key: str, spec: NodeSpec) -> Entry | None:
        """The kept result of this key, or None."""
        entry = self.recall(key)
        return self.load(key, spec) if entry is None and self.is_stored(key) else entry

    def recall(self, key: str) -> Entry | None:
        """The result of this key from memory, or None."""
        return None if self.memory is None else self.memory.get(key)

    def is_stored(self, key: str) -> bool:
        """Whether a result of this key is on disk; reading it may still fail."""
        return self.store is not None and key in self.store

    def load(self, key: str, spec: NodeSpec) -> Entry | None:
        """The result of this key from disk, or None if it is gone or damaged."""
        if self.store is None:
            return None
        entry = self.store.load(key, spec, self.registry)
        if entry is not None and self.memory is not None:
            self.memory.put(key, entry, self._weights(entry, spec))
        return entry

    def keep(self, key: str, entry: Entry, spec: NodeSpec) -> int:
        """Keep a result, unless a part of it failed; gives the bytes that its data hold."""
        weights = self._weights(entry, spec)
        if entry.is_whole:
            if self.memory is not None:
                self.memory.put(key, entry, weights)
            if self.store is not None:
                self.store.offer(key, entry, spec, self.registry)
        return sum(weights.values())

    def weight(self, entry: Entry, spec: NodeSpec) -> int:
        """Bytes that an entry's data hold."""
        return sum(self._weights(entry, spec).values())

    def _weights(self, entry: Entry, spec: NodeSpec) -> dict[int, int]:
        """Bytes by identity of each datum, so that shared data count once."""
        return {
            id(element.data): self.registry.socket(output.type).weigh(element.data)
            for output, slot in zip(spec.outputs, entry.slots, strict=True)
            for element in slot
            if isinstance(element, Value)
        }
