"""What the routes of this protocol share for as long as the server runs."""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from paintgraph.api.comfy.following.logs import LogBook
from paintgraph.api.comfy.following.sockets import Sessions
from paintgraph.api.comfy.following.watching import Following
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.jobs import JobStore

NAME = "comfy"
"""The door that jobs of this protocol came by."""


class Counter:
    """Numbers prompts in the order in which they come, past those of all earlier ones."""

    def __init__(self, store: JobStore, highest: float) -> None:
        self._store = store
        self._last = math.ceil(highest)

    async def next(self) -> int:
        """One more than the last time, here or at a neighbour's: lower ones would go first."""
        if self._store.channel is not None:
            waiting = await self._store.offload(self._store.highest_rank, NAME, is_open=True)
            self._last = max(self._last, math.ceil(waiting))
        self._last += 1
        return self._last


@dataclass(frozen=True, slots=True)
class Door:
    """The parts of this protocol alone, beside `ServerParts`."""

    counter: Counter
    sessions: Sessions
    following: Following
    log: LogBook


DOOR = web.AppKey("comfy", Door)


async def running(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after that of the server's own parts."""
    parts = app[PARTS]
    sessions = Sessions()
    following = Following(NAME, parts.store, parts.dispatcher, sessions, parts.serializer.hide)
    await following.start()
    highest = await parts.store.offload(parts.store.highest_rank, NAME)
    loop = asyncio.get_running_loop()

    def tell(line: dict[str, str]) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(sessions.tell_log, line)

    log = LogBook(parts.serializer.hide, tell)
    logging.getLogger().addHandler(log)
    app[DOOR] = Door(Counter(parts.store, highest), sessions, following, log)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(log)
        await following.close()


async def close_sockets(app: web.Application) -> None:
    """For `on_shutdown`: nobody waits for clients that stay."""
    await app[DOOR].sessions.close()
