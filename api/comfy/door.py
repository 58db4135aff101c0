"""What the routes of this protocol share for as long as the server runs."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.job import Job
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

    def accepted(self, app: web.Application, job: Job) -> None:
        """Tell of a prompt that is queued from now on."""

    def changed(self, app: web.Application) -> None:
        """Tell that the queue has another length."""


DOOR = web.AppKey("comfy", Door)


async def running(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`, after that of the server's own parts."""
    app[DOOR] = Door(Counter(app[PARTS].store))
    yield


def queue_remaining(app: web.Application) -> int:
    """How many prompts wait or run."""
    return app[PARTS].dispatcher.count_of(NAME)
