"""Results on disk, behind those in memory: what is slower to compute than to write is kept.

One file per result, named by its key: a line of JSON that describes the elements, their encoded
data one after the other, and a checksum of both. Files appear whole or not at all. Written behind
the run by a thread of its own.
"""

import base64
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import orjson

from paintgraph.base.files import PART, write_whole
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.bucket_results import BucketResults
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.graph.sockets import Blocked, Element, Entry, Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry

_LOG = logging.getLogger(__name__)

WORTH = 10  # times that computing must outweigh writing
_OPENING_SECONDS = 0.005  # what a file costs to write, however small
_GUESSED_RATE = 100e6  # bytes a second, until a large write was timed
_TIMED_BYTES = 1 << 20  # smaller writes say nothing of the rate
_FORGOTTEN_SECONDS = 3600  # nobody is still writing a part of this age
_SUFFIX = ".result"
_DAMAGED = (ValueError, KeyError, IndexError, TypeError)
_CHECKSUM = 16
_QUEUED = 64
_LOOKED_AGAIN = 64  # writes between two looks at what other workers wrote


class ResultStore:
    """A folder of results, bounded by bytes; the least recently used go first.

    Several workers may share a folder; the bound is then kept roughly. What heavy nodes gave lies
    `behind` it, too, where machines share results: a look there costs as much as a light node.

    `stored(key)` is called once a result is on disk; what it raises is logged, no more. Close it
    to have everything written.
    """

    def __init__(
        self,
        folder: Path,
        budget_bytes: int,
        stored: Callable[[str], None] = lambda _: None,
        behind: BucketResults | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        self._folder = folder
        self._budget = budget_bytes
        self._stored = stored
        self._behind = behind
        self._sizes = _sizes_by_age(folder)
        self._rate = _GUESSED_RATE
        self._writes = 0
        self._lock = threading.Lock()
        self._make_room(0)
        self._queue: queue.Queue[tuple[str, bytes, bool] | None] = queue.Queue(_QUEUED)
        self._writer = threading.Thread(target=self._write_all, name="result-store", daemon=True)
        self._writer.start()

    def __contains__(self, key: object) -> bool:
        # A plain string: this is asked for every node, and paths cost more than the look.
        return key in self._sizes or os.path.exists(f"{self._folder}/{key}{_SUFFIX}")  # noqa: PTH110

    def has(self, key: str, spec: NodeSpec) -> bool:
        """Whether a result of a node is kept, here or behind."""
        return key in self or (spec.heavy and self._behind is not None and key in self._behind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def offer(self, key: str, entry: Entry, spec: NodeSpec, registry: Registry) -> None:
        """Keep a result if it is worth it and every datum has a codec.

        What is saved or shown is made anew instead: blobs and files may be gone by then.
        """
        weight = sum(
            registry.socket(output.type).weigh(element.data)
            for output, slot in zip(spec.outputs, entry.slots, strict=True)
            for element in slot
            if isinstance(element, Value)
        )
        writing = _OPENING_SECONDS + weight / self._rate
        is_shown = entry.effects or entry.inside or spec.is_target
        if is_shown or entry.seconds < WORTH * writing or key in self:
            return
        data = _encode(entry, spec, registry)
        if data is not None and len(data) <= self._budget:
            self._queue.put((key, data, spec.heavy))

    def load(self, key: str, spec: NodeSpec, registry: Registry) -> Entry | None:
        """A stored result; None if it is gone, damaged (then it is removed) or of another form."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            entry = _decode(data, spec, registry)
        except (OSError, *_DAMAGED):
            self._forget(key)
            return self._load_from_behind(key, spec, registry)
        with self._lock:
            self._sizes[key] = self._sizes.pop(key, len(data))
        with suppress(OSError):
            os.utime(path)
        return entry

    def _load_from_behind(self, key: str, spec: NodeSpec, registry: Registry) -> Entry | None:
        """What another machine kept, which is kept here from now on; None as `load`."""
        data = self._behind.get(key) if self._behind and spec.heavy else None
        if self._behind is None or data is None:
            return None
        try:
            entry = _decode(data, spec, registry)
        except _DAMAGED:
            self._behind.remove(key)
            return None
        if len(data) <= self._budget:
            with suppress(OSError):
                self._write(key, data)
        return entry

    def close(self) -> None:
        """Write what is queued and stop."""
        self._queue.put(None)
        self._writer.join()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"

    def _forget(self, key: str) -> None:
        with self._lock:
            self._sizes.pop(key, None)
        with suppress(OSError):
            self._path(key).unlink()

    def _write_all(self) -> None:
        while (item := self._queue.get()) is not None:
            key, data, is_heavy = item
            began = time.perf_counter()
            try:
                self._write(key, data)
            except OSError:
                continue  # a full disk costs the kept result, never the run
            if len(data) >= _TIMED_BYTES:
                self._rate = len(data) / max(time.perf_counter() - began, 1e-6)
            if is_heavy and self._behind is not None:
                self._behind.put(key, data)
            try:
                self._stored(key)
            except Exception:  # noqa: BLE001 - the listener's own code
                _LOG.exception("the listener failed when the result %s is stored", key)

    def _write(self, key: str, data: bytes) -> None:
        self._make_room(len(data))
        write_whole(self._path(key), data, lasting=False)
        with self._lock:
            self._sizes[key] = len(data)

    def _make_room(self, size: int) -> None:
        """Forget the oldest results until `size` more bytes fit."""
        with self._lock:
            self._writes += 1
            if self._writes % _LOOKED_AGAIN == 0:
                self._sizes = _sizes_by_age(self._folder)
            excess = sum(self._sizes.values()) + size - self._budget
            oldest = []
            for old, freed in self._sizes.items():
                if excess <= 0:
                    break
                oldest.append(old)
                excess -= freed
        for old in oldest:
            self._forget(old)


def _sizes_by_age(folder: Path) -> dict[str, int]:
    """Bytes of each result by key, the oldest first."""
    found = []
    for file in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):  # another worker may just have removed it
            stat = file.stat()
            found.append((stat.st_mtime, file.stem, stat.st_size))
    return {key: size for _, key, size in sorted(found)}


def _remove_parts(folder: Path) -> None:
    """Remove what writers left behind that were killed."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _FORGOTTEN_SECONDS:
                part.unlink()


def _encode(entry: Entry, spec: NodeSpec, registry: Registry) -> bytes | None:
    """The file of a result, or None if a datum has no codec."""
    try:
        return _encoded(entry, spec, registry)
    except (TypeError, ValueError):  # what a codec or JSON cannot write
        return None


def _encoded(entry: Entry, spec: NodeSpec, registry: Registry) -> bytes | None:
    payload: list[bytes] = []
    slots: list[list[Any]] = []
    for output, slot in zip(spec.outputs, entry.slots, strict=True):
        encode = registry.socket(output.type).encode
        described: list[Any] = []
        for element in slot:
            if isinstance(element, Value):
                if encode is None:
                    return None
                payload.append(encode(element.data))
                facts = {name: _plain(fact) for name, fact in element.facts.items()}
                described.append([len(payload[-1]), element.key, facts])
            else:
                described.append(element.message if isinstance(element, Blocked) else None)
        slots.append(described)
    head = orjson.dumps({"slots": slots, "ui": entry.ui, "seconds": entry.seconds})
    body = b"".join((head, b"\n", *payload))
    return blake2b(body, digest_size=_CHECKSUM).digest() + body


def _decode(data: bytes, spec: NodeSpec, registry: Registry) -> Entry:
    body = data[_CHECKSUM:]
    if blake2b(body, digest_size=_CHECKSUM).digest() != data[:_CHECKSUM]:
        raise ValueError("checksum differs")
    end = body.index(b"\n")
    head = orjson.loads(body[:end])
    at = end + 1
    slots: list[tuple[Element, ...]] = []
    for output, described in zip(spec.outputs, head["slots"], strict=True):
        socket = registry.socket(output.type)
        elements: list[Element] = []
        for item in described:
            if item is None or isinstance(item, str):
                elements.append(Blocked(item))
                continue
            size, key, facts = item
            if socket.decode is None:
                raise ValueError("no codec")
            datum = socket.check(socket.decode(body[at : at + size]))
            elements.append(Value(datum, {n: _rich(fact) for n, fact in facts.items()}, key))
            at += size
        slots.append(tuple(elements))
    ui = head["ui"] and {name: tuple(shown) for name, shown in head["ui"].items()}
    return Entry(tuple(slots), ui, (), head["seconds"])


def _plain(fact: object) -> object:
    return {"base64": base64.b64encode(fact).decode()} if isinstance(fact, bytes) else fact


def _rich(fact: Any) -> object:
    is_bytes = isinstance(fact, dict) and fact.keys() == {"base64"}
    return base64.b64decode(fact["base64"]) if is_bytes else fact


@dataclass(frozen=True, slots=True)
class Keeping:
    """Memory in front of disk; either may be missing.

    `blobs` holds what effects of kept results name; a result whose blobs are gone is made anew.
    """

    registry: Registry
    memory: MemoryCache | None
    store: ResultStore | None
    blobs: Blobs | None = None

    def find(self, key: str, spec: NodeSpec) -> Entry | None:
        """The kept result of this key, or None."""
        entry = self.recall(key)
        return self.load(key, spec) if entry is None and self.is_stored(key, spec) else entry

    def recall(self, key: str) -> Entry | None:
        """The result of this key from memory, or None."""
        entry = None if self.memory is None else self.memory.get(key)
        if entry is None or self.blobs is None:
            return entry
        return entry if all(self.blobs.touch(each.blob) for each in entry.effects) else None

    def has(self, key: str, spec: NodeSpec) -> bool:
        """Whether a result of this key is kept."""
        return (self.memory is not None and key in self.memory) or self.is_stored(key, spec)

    def is_stored(self, key: str, spec: NodeSpec) -> bool:
        """Whether a result of this key is on disk; reading it may still fail."""
        return self.store is not None and self.store.has(key, spec)

    def load(self, key: str, spec: NodeSpec) -> Entry | None:
        """The result of this key from disk, or None if it is gone or damaged."""
        if self.store is None:
            return None
        entry = self.store.load(key, spec, self.registry)
        if entry is not None and self.memory is not None:
            self.memory.put(key, entry, self._weights(entry, spec))
        return entry

    def end_run(self, keys: Iterable[str]) -> None:
        """A run has ended that named results by these keys."""
        if self.memory is not None:
            self.memory.end_run(keys)

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
