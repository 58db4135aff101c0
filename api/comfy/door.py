"""What the routes of this protocol share for as long as the server runs."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from paintgraph.api.comfy.following import Following
from paintgraph.api.comfy.sockets import Sessions
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.jobs import JobStore

NAME = "comfy"
"""The door that jobs of this protocol came by."""


class Counter:
    """Numbers prompts in the order in which they come, past those of all earlier ones."""

    def __init__(self, store: JobStore) -> None:
        self._last = math.ceil(store.highest_rank(NAME))

    def next(self) -> int:
        """One more than the last time."""
        self._last += 1
        return self._last


@dataclass(frozen=True, slots=True)
class Door:
    """The parts of this protocol alone, beside `ServerParts`."""

    counter: Counter
    sessions: Sessions
    following: Following


DOOR = web.AppKey("comfy", Door)


async def running(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after that of the server's own parts."""
    parts = app[PARTS]
    sessions = Sessions()
    following = Following(NAME, parts.store, parts.dispatcher, sessions, parts.serializer.hide)
    for job in (*parts.dispatcher.running_of(NAME), *parts.dispatcher.queued_of(NAME)):
        following.watch(job)
    app[DOOR] = Door(Counter(parts.store), sessions, following)
    yield
    await following.close()


async def close_sockets(app: web.Application) -> None:
    """For `on_shutdown`: nobody waits for clients that stay."""
    await app[DOOR].sessions.close()
