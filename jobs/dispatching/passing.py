"""Bytes of signals, such as previews, on their way to other servers: files that all of them see.

Messages between servers are short, so they tell the name of a file. Of each kind and node the
newest goes on, twice a second at most; a file is removed once nobody can want it any more.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from typing import Any

from paintgraph.base.errors import Error
from paintgraph.jobs.sources.trees import FileTree

PAUSE_SECONDS = 0.5
_KEPT_SECONDS = 60.0
_MOST_WAITING = 100
"""Files; what comes while so many wait is left out."""

Signal = Mapping[str, Any]
Tell = Callable[[str, Signal], None]
"""Is called with a job's id and a signal of it."""


class PassedBytes:
    """Writes the bytes of signals into a tree, and reads those of others there.

    `tell` is called with a signal that has the name of its file, `body`, in place of its `data`;
    `hear` with one of another server that is whole again.
    """

    def __init__(self, tree: FileTree, tell: Tell, hear: Tell) -> None:
        self._tree = tree
        self._tell = tell
        self._hear = hear
        self._waiting: dict[str, tuple[str, Signal]] = {}
        self._written: dict[str, float] = {}
        self._numbers = count()
        self._news = asyncio.Event()
        self._reading: dict[str, asyncio.Task[None]] = {}

    def put(self, job_id: str, signal: Signal) -> None:
        """Pass a signal on, soon."""
        name = self._name_of(job_id, signal)
        if len(self._waiting) < _MOST_WAITING or name in self._waiting:
            self._waiting[name] = job_id, signal
            self._news.set()

    def take(self, job_id: str, signal: Signal) -> None:
        """Read the bytes of another server's signal, unless older ones of its are on their way."""
        name = signal["body"]
        if name not in self._reading:
            task = asyncio.create_task(self._read(job_id, signal))
            self._reading[name] = task
            task.add_done_callback(lambda _: self._reading.pop(name))

    async def pass_on(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_KEPT_SECONDS):
                    await self._news.wait()
            self._news.clear()
            waiting, self._waiting = self._waiting, {}
            for name, (job_id, signal) in waiting.items():
                with suppress(Error, OSError):  # one preview less
                    await asyncio.to_thread(self._tree.write, name, signal["data"])
                    self._written[name] = time.monotonic()
                    plain = {key: value for key, value in signal.items() if key != "data"}
                    self._tell(job_id, {**plain, "body": name})
            await self._remove(time.monotonic() - _KEPT_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _remove(self, before: float) -> None:
        """Remove what was written before a time."""
        for name in [name for name, when in self._written.items() if when < before]:
            del self._written[name]
            with suppress(Error, OSError):
                await asyncio.to_thread(self._tree.remove, name)

    async def _read(self, job_id: str, signal: Signal) -> None:
        with suppress(Error, OSError):
            data = await asyncio.to_thread(self._tree.read, signal["body"])
            if data is not None:
                plain = {key: value for key, value in signal.items() if key != "body"}
                self._hear(job_id, {**plain, "data": data})

    def _name_of(self, job_id: str, signal: Signal) -> str:
        """Previews of a node replace each other; of messages each has a file of its own."""
        source = f"{signal['type']} {signal.get('node', '')}".encode(errors="replace")
        name = f"{job_id}-{blake2b(source, digest_size=8).hexdigest()}"
        return f"{name}-{next(self._numbers)}" if signal["type"] == "sent" else name
