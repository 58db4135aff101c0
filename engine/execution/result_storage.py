"""What is kept of results: in memory bounded by bytes, and on disk."""

from dataclasses import dataclass

from paintgraph.engine.execution.cache import MemoryCache
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.elements import Entry
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry


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
