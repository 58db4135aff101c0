"""Who waits for news of a job: woken at each fact and signal, told nothing that the store has."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Follower:
    """One listener of a job: `news` is set at each change; `signals` holds the newest ones."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    signals: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    async def wait(self) -> list[Mapping[str, Any]]:
        """Wait for news; gives the signals since the last time, the newest of each node."""
        await self.news.wait()
        self.news.clear()
        signals, self.signals = list(self.signals.values()), {}
        return signals


class Subscriptions:
    """Followers by job."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Follower]] = {}

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

    def tell(self, job_id: str, signals: list[dict[str, Any]] | None = None) -> None:
        """Wake a job's followers: there are new facts, or these signals."""
        for follower in self._followers.get(job_id, ()):
            for signal in signals or ():
                follower.signals[signal["type"], signal["node"]] = signal
            follower.news.set()
