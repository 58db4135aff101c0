"""What jobs at work look like, for clients that ask now and then instead of listening.

A job is followed from the first question on and for a while after each, so that whoever never asks
costs nothing; the first question finds nothing yet.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from paintgraph.api.services.transcoding import transcoded
from paintgraph.jobs.dispatching.subscriptions import Subscriptions

_KEPT_SECONDS = 60.0
_MOST = 256
_MOST_PIXELS = 2**24


@dataclass(slots=True)
class Seen:
    """What was last seen of a job: a picture's file, and so many `steps` as (done, of all)."""

    picture: bytes = b""
    steps: tuple[int, int] = (0, 0)
    until: float = 0.0

    def take(self, signals: Iterable[Mapping[str, Any]]) -> None:
        """Look at signals of the job."""
        for signal in signals:
            if signal["type"] == "preview":
                self.picture = signal["data"]
            elif signal["type"] == "progress":
                self.steps = int(signal.get("done") or 0), int(signal.get("total") or 0)

    @property
    def has_any(self) -> bool:
        """Whether anything was seen."""
        return bool(self.picture) or self.steps[1] > 0

    @property
    def words(self) -> str:
        """What a job at work does, for people."""
        done, total = self.steps
        return f"Painting, step {done}/{total}" if total > 1 else "Painting"

    async def png(self, turns: asyncio.Semaphore) -> str:
        """The picture as the base64 of a PNG; empty without one."""
        if not self.picture:
            return ""
        data = await transcoded(self.picture, "image/png", turns, _MOST_PIXELS)
        return b64encode(data).decode("ascii")


class Watches:
    """The jobs that somebody asks about."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self._seen: dict[str, Seen] = {}
        self._following: dict[str, asyncio.Task[None]] = {}

    def seen(self, job_id: str) -> Seen:
        """What was seen of a job at work since it was first asked about.

        Of so many, the one that was not asked about for the longest time makes room.
        """
        seen = self._seen.get(job_id)
        if seen is None:
            if len(self._seen) >= _MOST:
                self.end(min(self._seen, key=lambda each: self._seen[each].until))
            seen = self._seen[job_id] = Seen()
            self._following[job_id] = asyncio.create_task(self._follow(job_id, seen))
        seen.until = time.monotonic() + _KEPT_SECONDS
        return seen

    def end(self, job_id: str) -> None:
        """Follow a job no more, if it is followed."""
        if job_id in self._seen:
            del self._seen[job_id]
            self._following.pop(job_id).cancel()

    async def _follow(self, job_id: str, seen: Seen) -> None:
        async with self._subscriptions.follow(job_id) as follower:
            follower.wants_bytes = True
            while (left := seen.until - time.monotonic()) > 0:
                seen.take(await follower.wait(left) or ())
        self.end(job_id)

    async def close(self) -> None:
        """Follow nothing any more."""
        following = [*self._following.values()]
        for job_id in [*self._seen]:
            self.end(job_id)
        await asyncio.gather(*following, return_exceptions=True)
