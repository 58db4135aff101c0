"""Several paintings under way at once, of an engine that works in processes of its own."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import TypeAlias

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image

Painting: TypeAlias = Callable[[Listening], Image]
"""Paints, and tells how far it is."""

_AT_ONCE = 2
_POLL_SECONDS = 0.05
_STEPS = 100  # of each painting


def paint_ahead(
    paintings: Iterator[Painting], count: int, listening: Listening
) -> Generator[Image]:
    """What each of `count` paintings gives, in their order, while the next ones are under way.

    They run in threads; they are asked for, and all that listens is called, in the thread of the
    caller. Close it where not all is taken: that ends what is under way.
    """
    followed = _Followed(count, listening)
    with ThreadPoolExecutor(_AT_ONCE, "painting") as threads:
        try:
            waiting = deque[Future[Image]]()
            for number, paint in enumerate(paintings):
                waiting.append(threads.submit(paint, followed.part(number)))
                if len(waiting) > _AT_ONCE:
                    yield followed.result(waiting.popleft())
            while waiting:
                yield followed.result(waiting.popleft())
        finally:
            followed.ended.set()


class _Followed:
    """How far paintings are that run in other threads."""

    def __init__(self, count: int, listening: Listening) -> None:
        self.ended = threading.Event()
        self._parts = [0.0] * count
        self._told = 0
        self._listening = listening

    def part(self, number: int) -> Listening:
        """What one painting tells."""

        def progress(done: int, total: int) -> None:
            self._parts[number] = done / max(1, total)

        return Listening(progress=progress, check=self._check)

    def result(self, painting: Future[Image]) -> Image:
        """Wait for a painting, and pass on meanwhile how far all are."""
        while not wait_for([painting], _POLL_SECONDS).done:
            self._listening.check()
            self._tell()
        self._tell()
        return painting.result()

    def _tell(self) -> None:
        done = round(_STEPS * sum(self._parts))
        if done > self._told:
            self._told = done
            self._listening.progress(done, _STEPS * len(self._parts))

    def _check(self) -> None:
        if self.ended.is_set():
            raise CancelledError
