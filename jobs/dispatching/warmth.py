"""What workers have in memory, as they tell it: what their next jobs are chosen by."""

from collections.abc import Iterator, Mapping
from typing import Any

from paintgraph.jobs.store.holdings import NOTHING, Models


class Warmth:
    """The models that one worker has in memory.

    A worker tells of what it lends to nodes, model by model. Jobs name more than that: LoRAs, and
    parts that belong to another model in memory. These count as held from the first job on that
    used them together with a model that is held, until the worker holds others.
    """

    def __init__(self) -> None:
        self._told = NOTHING
        self._beside = NOTHING
        self._used = NOTHING
        self._loads: dict[str, tuple[int, float]] = {}

    @property
    def models(self) -> Models:
        """What it holds, by name and digest."""
        return self._told | self._beside

    def hear(self, numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        """Take what a worker says of its memory; gives what it has loaded since, and how long."""
        told = frozenset(numbers.get("held", ()))
        if told != self._told:
            self._told, self._beside = told, NOTHING
        if self._used & told:
            self._beside |= self._used
        self._used = NOTHING
        for model, (times, seconds) in numbers.get("loaded", {}).items():
            known, before = self._loads.get(model, (0, 0.0))
            self._loads[model] = times, seconds
            for _ in range(times - known):
                yield model, (seconds - before) / (times - known)

    def used(self, models: Models) -> None:
        """A job that names these models has ended; what is heard next tells what that has left."""
        self._used = models
