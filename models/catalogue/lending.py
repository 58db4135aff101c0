"""Work with models: found by reference, loaded when needed, lent to one user at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.entries import ModelRef, Placed
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.loading.devices import DeviceRules, Placement
from paintgraph.models.loading.loaded import LoadedModels, Loading
from paintgraph.models.loading.loaded_work import perform

Result = TypeVar("Result")

_POLL_SECONDS = 0.05


class ModelLender:
    """Lends loaded models by reference.

    Attributes:
        names: the models that there are.
        loaded: those in memory.
        rules: where they work.
        turn: whoever loads networks of torch holds it meanwhile: libraries change what counts for
            the whole process.
    """

    def __init__(self, names: ModelNames, loaded: LoadedModels, rules: DeviceRules) -> None:
        self.names = names
        self.loaded = loaded
        self.rules = rules
        self.turn = threading.Lock()

    @contextmanager
    def my_turn(self, listening: Listening) -> Iterator[None]:
        """Hold `turn` until the `with` statement ends; `listening` may end the waiting."""
        while not self.turn.acquire(timeout=_POLL_SECONDS):
            listening.check()
        try:
            yield
        finally:
            self.turn.release()

    def placed(self, ref: ModelRef) -> Placed:
        """The model's files; raises ModelError."""
        return self.names.placed(ref.name)

    def placement(self, placed: Placed) -> Placement:
        """Where the model works, as its entry and the rules say; raises DeviceError."""
        options = placed.entry.options
        devices = self.names.family(placed).devices(self.rules)
        return devices.placement(str(options.get("device", "")), str(options.get("dtype", "")))

    def use(
        self,
        ref: ModelRef,
        placed: Placed,
        work: Callable[[Any], Result],
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives with the loaded model; see `perform`. Raises ModelError."""
        family = self.names.family(placed)
        assert family.load is not None  # noqa: S101 - families that are lent have it
        loading = Loading(str(ref), family.memory_bytes(placed), partial(family.load, placed))
        return perform(self.loaded, loading, self.placement(placed), work, listening=listening)
