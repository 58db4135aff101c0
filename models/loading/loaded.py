"""The models that a worker holds in memory: loaded once, lent to one user at a time, bounded.

A loaded model is pinned while it is lent or being loaded, else it may go. On each device either all
models together stay within the budget, or every one of them is pinned: waiting for room could last
for ever where one user needs two models. The least recently used go first, and those that nobody
used for a while.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.loading.devices import Placement

Model = TypeVar("Model")

_POLL_SECONDS = 0.05


def _drop(_: object) -> None:
    """Most models need no more than to be forgotten."""


@dataclass(frozen=True, slots=True)
class Loading(Generic[Model]):
    """How a model comes into memory.

    Attributes:
        name: what the model and its content are called; equal names mean equal models.
        memory_bytes: what it takes while it works.
        load: loads it for a device; runs outside every lock, so others go on meanwhile.
        close: called with the model when it goes.
        part: which part of the model this is, of one that is lent in parts.
    """

    name: str
    memory_bytes: int
    load: Callable[[Placement], Model]
    close: Callable[[Model], None] = _drop
    part: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A model in memory, for people and metrics."""

    name: str
    device: str
    memory_bytes: int
    is_pinned: bool


@dataclass(slots=True)
class _Place:
    """What is kept of one model on one device; `model` is None until it is loaded."""

    loading: Loading[Any]
    placement: Placement
    used: float
    is_pinned: bool = True
    model: Any = None


class LoadedModels:
    """All models of a worker. Close it, or use it in a `with` statement.

    `budget` gives the bytes that the models of a device may take together; `idle_seconds` is how
    long a model stays that nobody uses (0: until its room is needed).
    """

    def __init__(
        self,
        budget: Callable[[str], int],
        idle_seconds: float = 0,
    ) -> None:
        self._budget = budget
        self._idle_seconds = idle_seconds
        self._watcher: Callable[[Mapping[str, Any]], None] = _drop
        self._changed = threading.Condition()
        self._places: dict[tuple[str, str, Placement], _Place] = {}
        self._loads: dict[str, tuple[int, float]] = {}
        self._evictions = 0
        self._is_closed = False
        self._sweeper: threading.Thread | None = None

    @contextmanager
    def lease(
        self, loading: Loading[Model], placement: Placement, listening: Listening = SILENT
    ) -> Iterator[Model]:
        """The loaded model, for the caller alone, until the `with` statement ends.

        Who comes second waits, and so does who asks while another loads; `listening` may end that,
        about every 50 ms. Raises what `load` raises.
        """
        place = self._pin(loading, placement, listening)
        try:
            if place.model is None:
                listening.check()
                began = time.monotonic()
                place.model = loading.load(placement)
                self._count(loading.name, time.monotonic() - began)
                self._report()
            yield place.model
        finally:
            self._unpin(place)

    def evict(self, device: str, *, but: str = "") -> int:
        """Let go of every model on a device that nobody uses, `but` one; gives how many went."""
        with self._changed:
            gone = self._take(device, lambda _: True, but)
        self._close(gone)
        return len(gone)

    def held(self) -> list[Held]:
        """What is in memory, the least recently used first."""
        with self._changed:
            places = sorted(self._places.values(), key=lambda place: place.used)
            return [
                Held(p.loading.name, p.placement.device, p.loading.memory_bytes, p.is_pinned)
                for p in places
            ]

    def numbers(self) -> dict[str, Any]:
        """Bytes held by device, the models that are held, loads and evictions so far.

        Of each model also how often it was loaded here, and for how many seconds together.
        """
        held = self.held()
        by_device: dict[str, int] = {}
        for one in held:
            by_device[one.device] = by_device.get(one.device, 0) + one.memory_bytes
        return {
            "bytes": by_device,
            "models": len(held),
            "loads": sum(times for times, _ in self._loads.values()),
            "evictions": self._evictions,
            "held": sorted({one.name for one in held}),
            "loaded": dict(self._loads),
        }

    def watch(self, report: Callable[[Mapping[str, Any]], None]) -> None:
        """Call `report` with `numbers` whenever a model came or went."""
        self._watcher = report

    def close(self) -> None:
        """Let go of every model that nobody uses, and of the others when they come back."""
        with self._changed:
            self._is_closed = True
            gone = [place for place in self._places.values() if not place.is_pinned]
            self._forget(gone)
            self._changed.notify_all()
        self._close(gone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pin(self, loading: Loading[Any], placement: Placement, listening: Listening) -> _Place:
        """The model's place, pinned for the caller, who loads the model if it is not there."""
        key = (loading.name, loading.part, placement)
        with self._changed:
            while (place := self._places.get(key)) is not None and place.is_pinned:
                self._changed.wait(_POLL_SECONDS)
                listening.check()
            if place is None:
                place = self._places[key] = _Place(loading, placement, time.monotonic())
            place.is_pinned = True
            place.used = time.monotonic()
            gone = self._take(placement.device, self._is_over_budget)
        self._close(gone)
        return place

    def _unpin(self, place: _Place) -> None:
        with self._changed:
            place.is_pinned = False
            place.used = time.monotonic()
            gone = []
            if place.model is None or self._is_closed:
                gone = [place]
                self._forget(gone)
            gone += self._take(place.placement.device, self._is_over_budget)
            self._start_sweeper()
            self._changed.notify_all()
        self._close(gone)

    def _take(self, device: str, is_wanted: Callable[[str], bool], but: str = "") -> list[_Place]:
        """Forget unpinned models of a device, the least recently used first, while it is wanted."""
        free = [
            place
            for place in self._places.values()
            if place.placement.device == device
            and not place.is_pinned
            and place.loading.name != but
        ]
        gone = []
        for place in sorted(free, key=lambda place: place.used):
            if not is_wanted(device):
                break
            self._forget([place])
            gone.append(place)
        self._evictions += len(gone)
        return gone

    def _is_over_budget(self, device: str) -> bool:
        places = self._places.values()
        held = sum(p.loading.memory_bytes for p in places if p.placement.device == device)
        return held > self._budget(device)

    def _forget(self, places: list[_Place]) -> None:
        for place in places:
            key = (place.loading.name, place.loading.part, place.placement)
            self._places.pop(key, None)

    def _close(self, places: list[_Place]) -> None:
        """Close models that are forgotten; outside the lock, because it may take long."""
        for place in places:
            model, place.model = place.model, None
            if model is not None:
                place.loading.close(model)
        if places:
            self._report()

    def _count(self, name: str, seconds: float) -> None:
        with self._changed:
            times, before = self._loads.get(name, (0, 0.0))
            self._loads[name] = times + 1, before + seconds

    def _report(self) -> None:
        self._watcher(self.numbers())

    def _start_sweeper(self) -> None:
        if self._idle_seconds > 0 and self._sweeper is None and not self._is_closed:
            self._sweeper = threading.Thread(target=self._sweep, name="idle-models", daemon=True)
            self._sweeper.start()

    def _sweep(self) -> None:
        """Let go of what nobody used for a while, until all is gone or closed."""
        while True:
            with self._changed:
                free = [place for place in self._places.values() if not place.is_pinned]
                if self._is_closed or not self._places:
                    self._sweeper = None
                    return
                now = time.monotonic()
                gone = [place for place in free if now - place.used >= self._idle_seconds]
                self._forget(gone)
                self._evictions += len(gone)
                if not gone:
                    first = min((place.used for place in free), default=now)
                    self._changed.wait(max(first + self._idle_seconds - now, _POLL_SECONDS))
            self._close(gone)
            del gone, free
