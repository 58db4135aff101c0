"""Who waits for news of a job, or of anything with an id: woken at each fact and each signal.

Signals come with the wake-up, facts do not: they are in the store.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from paintgraph.jobs.sources.trees import FileTree
from paintgraph.jobs.workers.bodies import keep_newest

ENDINGS = "endings"
"""Published whenever a job may have ended: no job's id."""
ARRIVALS = "arrivals"
"""Published whenever a job waits that any of the servers that share a store may take."""


@dataclass(slots=True, eq=False)
class Follower:
    """One listener: `news` is set at each change; `signals` holds the newest of each node.

    Signals of other servers come without those that have bytes, unless it `wants_bytes`. Some may
    not have been heard when `has_missed` is set; whoever looks for what they told of unsets it.
    """

    news: asyncio.Event = field(default_factory=asyncio.Event)
    signals: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    wants_bytes: bool = False
    has_missed: bool = False

    async def wait(self, seconds: float | None = None) -> list[Mapping[str, Any]] | None:
        """Wait for news; gives the signals since the last time, the newest of each node.

        None if there is no news for so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return None
        self.news.clear()
        return self.take()

    async def woken(self) -> None:
        """Wait for news, whose signals stay until they are taken."""
        await self.news.wait()
        self.news.clear()

    def take(self) -> list[Mapping[str, Any]]:
        """The signals since the last time, without waiting for more."""
        signals, self.signals = list(self.signals.values()), {}
        return signals


class Subscriptions:
    """Followers by id. `passed` is where bytes of signals go that other servers are to have."""

    def __init__(self, passed: FileTree | None = None) -> None:
        self.passed = passed
        self._followers: dict[str, set[Follower]] = {}
        self.passing: Callable[[str, Sequence[Mapping[str, Any]]], None] | None = None
        """Is told of all that is published."""

    @asynccontextmanager
    async def follow(self, job_id: str) -> AsyncIterator[Follower]:
        """Follow a job; look into the store after entering, so that nothing is missed."""
        follower = Follower()
        self._followers.setdefault(job_id, set()).add(follower)
        try:
            yield follower
        finally:
            followers = self._followers[job_id]
            followers.discard(follower)
            if not followers:
                del self._followers[job_id]

    def publish(self, job_id: str, signals: Sequence[Mapping[str, Any]] = ()) -> None:
        """Wake the followers, wherever they are: there are new facts, or these signals."""
        self.wake(job_id, signals)
        if self.passing is not None:
            self.passing(job_id, signals)

    def want_bytes(self, job_id: str) -> bool:
        """Whether a follower here wants signals with bytes."""
        return any(follower.wants_bytes for follower in self._followers.get(job_id, ()))

    def wake_all(self) -> None:
        """Wake all followers here: there may be new facts, and signals that were not heard."""
        for followers in self._followers.values():
            for follower in followers:
                follower.has_missed = True
                follower.news.set()

    def wake(self, job_id: str, signals: Sequence[Mapping[str, Any]] = ()) -> None:
        """Wake the followers here."""
        for follower in self._followers.get(job_id, ()):
            for signal in signals:
                keep_newest(follower.signals, signal)
            follower.news.set()
