"""Threads of a run: per resource, they take the next ready step under one lock.

A thread that finishes a step goes on with what is ready, so a chain of nodes never changes
threads. The calling thread serves the cpu lane; others start when there is work for them.
"""

import asyncio
import heapq
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from paintgraph.engine.execution.schedule import Step

DEFAULT_LANES: Mapping[str, int] = {"cpu": 2, "io": 8, "device": 1, "serial": 1}
HOME = "cpu"
_TINY_SECONDS = 0.0005
_GIVING_WAY_SECONDS = 0.002


class Lanes:
    """Ready steps by lane and the threads that work on them.

    `work(step)` is called without the lock and gives a coroutine if the step wants to be awaited:
    it then runs on one event loop that all such steps share. Every other method wants the lock.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        work: Callable[[Step], Coroutine[Any, Any, None] | None],
    ) -> None:
        self.lock = threading.RLock()  # a signal's handler may stop a run while its thread has it
        self._work = work
        self._sizes = {HOME: 1, **sizes}
        self._ready: dict[str, list[Step]] = {lane: [] for lane in self._sizes}
        self._wake = {lane: threading.Condition(self.lock) for lane in self._sizes}
        self._idle = dict.fromkeys(self._sizes, 0)
        self._threads: dict[str, list[threading.Thread]] = {lane: [] for lane in self._sizes}
        self._here = threading.local()
        self._here.lane = HOME
        self._busy = 0
        self._stopped = False
        self._error: BaseException | None = None
        self._loop = _Loop()

    def push(self, step: Step) -> None:
        """A step can run."""
        wanted = step.cell.declaration.spec.lane
        lane = wanted if wanted in self._sizes else HOME
        heapq.heappush(self._ready[lane], step)
        if self._idle[lane] >= len(self._ready[lane]):
            self._wake[lane].notify()
        else:
            self._start_thread(lane)

    def _start_thread(self, lane: str) -> None:
        """One more thread, unless a working one will come for the step or all are there."""
        comes = getattr(self._here, "lane", None) == lane
        if comes and len(self._ready[lane]) == 1:
            return
        if len(self._threads[lane]) + (lane == HOME) < self._sizes[lane] and not self._stopped:
            gives_way = lane == HOME or bool(self._threads[lane])
            thread = threading.Thread(
                target=self._serve,
                args=(lane,),
                kwargs={"gives_way": gives_way},
                name=f"lane-{lane}",
            )
            self._threads[lane].append(thread)
            thread.start()

    def stop(self) -> None:
        """Begin no further step; awaited ones are cancelled."""
        self._stopped = True
        self._loop.cancel()
        self._wake_all()

    @property
    def is_stopped(self) -> bool:
        """Whether no further step begins."""
        return self._stopped

    def run(self) -> None:
        """Work until nothing is left to do; without the lock. Raises what `work` raised."""
        try:
            self._serve(HOME)
        except BaseException:
            with self.lock:
                self.stop()
            raise
        finally:
            for thread in [t for threads in self._threads.values() for t in threads]:
                thread.join()
            self._loop.close()
        if self._error is not None:
            raise self._error

    def _serve(self, lane: str, *, gives_way: bool = False) -> None:
        """Work on a lane; a thread that gives way leaves tiny steps to the first one.

        Two threads that wait for each other's lock take twice as long for them as one.
        """
        self._here.lane = lane
        is_begun = pauses = False
        while (step := self._next(lane, is_begun=is_begun, pauses=pauses)) is not None:
            began = time.perf_counter()
            is_begun = self._perform(step)
            pauses = gives_way and time.perf_counter() - began < _TINY_SECONDS

    def _next(self, lane: str, *, is_begun: bool, pauses: bool) -> Step | None:
        """The next ready step of a lane, waited for; None when nothing is left to do.

        Notes the end of the one before: one lock for both keeps small steps cheap.
        """
        with self.lock:
            if is_begun:
                self._note_end(None)
            if pauses:
                self._wake[lane].wait(_GIVING_WAY_SECONDS)
            while not self._ready[lane] and not self._is_over():
                self._idle[lane] += 1
                self._wake[lane].wait()
                self._idle[lane] -= 1
            if self._is_over():
                return None
            self._busy += 1
            return heapq.heappop(self._ready[lane])

    def _perform(self, step: Step) -> bool:
        """Work on a step; whether it has ended, and its end is still to be noted."""
        try:
            awaited = self._work(step)
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            self._end(error)
            return False
        if awaited is not None:
            self._loop.start(awaited, self._end)
        return awaited is None

    def _end(self, error: BaseException | None) -> None:
        with self.lock:
            self._note_end(error)

    def _note_end(self, error: BaseException | None) -> None:
        self._busy -= 1
        if error is not None and not isinstance(error, asyncio.CancelledError):
            self._error = self._error or error
            self.stop()
        if self._is_over():
            self._wake_all()

    def _is_over(self) -> bool:
        if self._stopped:
            return True
        return not self._busy and not any(self._ready.values())

    def _wake_all(self) -> None:
        for wake in self._wake.values():
            wake.notify_all()


class _Loop:
    """One event loop in a thread of its own, started by the first coroutine."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cancelled = False
        self._lock = threading.RLock()

    def start(
        self,
        coroutine: Coroutine[Any, Any, None],
        done: Callable[[BaseException | None], None],
    ) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="lane-async")
                self._thread.start()
            loop = self._loop

        def begin() -> None:
            task = loop.create_task(coroutine)
            self._tasks.add(task)
            task.add_done_callback(finish)
            if self._is_cancelled:
                task.cancel()

        def finish(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            done(asyncio.CancelledError() if task.cancelled() else task.exception())

        loop.call_soon_threadsafe(begin)

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._tasks])

    def close(self) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._settle(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    async def _settle(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_default_executor()
