"""What save nodes want written is written as soon as it is there, beside the run."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from paintgraph.base.errors import Error
from paintgraph.engine.graph.elements import Effect
from paintgraph.jobs.publishing.files import Publisher


class Saver:
    """Publishes effects in a thread of its own; a context manager that waits for the last one.

    `saved` is told each file, `failed` that one cannot be written: then no further one is tried.
    """

    def __init__(
        self, publisher: Publisher, saved: Callable[[Path], None], failed: Callable[[], None]
    ) -> None:
        self.paths: list[Path] = []
        self.error: Error | None = None
        self._publisher = publisher
        self._saved = saved
        self._failed = failed
        self._queue: queue.SimpleQueue[Effect | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="saver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()

    def save(self, effect: Effect) -> None:
        """Have an effect written, unless it is meant to be shown only; returns at once."""
        if effect.folder != "temp":
            self._queue.put(effect)

    def _work(self) -> None:
        while (effect := self._queue.get()) is not None:
            if self.error is not None:
                continue
            try:
                path = self._publisher.publish(effect)
            except Error as error:
                self.error = error
                self._failed()
            else:
                self.paths.append(path)
                self._saved(path)
