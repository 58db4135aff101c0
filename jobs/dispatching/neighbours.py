"""News that servers which share a store give each other: whose followers are to be woken.

Facts are in the store, so it is enough to name their jobs. What happens within a twentieth of a
second goes in one message, as each costs all of them a little.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from paintgraph.jobs.dispatching.passing import PassedBytes
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.store.channel import MOST_BYTES, Channel
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.workers.bodies import keep_newest

_PAUSE_SECONDS = 0.05
_AGAIN_SECONDS = 1.0
_SHORT_BYTES = 2000

_Signals = dict[tuple[str, str], Mapping[str, Any]]


class Neighbours:
    """Passes on what is published here, and wakes followers here of what others pass on.

    `hear` is called with each id that these tell.
    """

    def __init__(
        self,
        channel: Channel,
        subscriptions: Subscriptions,
        hear: Callable[[str], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._subscriptions = subscriptions
        self._hear = hear
        self._name = secrets.token_hex(8)
        self._news: dict[str, _Signals] = {}
        self._sending: asyncio.TimerHandle | None = None
        self._sent = 0.0
        self._bytes = subscriptions.passed and PassedBytes(
            subscriptions.passed,
            lambda job_id, signal: self.tell(job_id, [signal]),
            lambda job_id, signal: subscriptions.wake(job_id, [signal]),
        )
        subscriptions.passing = self.tell

    def tell(self, job_id: str, signals: Sequence[Mapping[str, Any]] = ()) -> None:
        """Pass on that there are news of a job, and its signals; larger bytes follow later."""
        kept = self._news.setdefault(job_id, {})
        for signal in signals:
            if "data" not in signal:
                keep_newest(kept, signal)
            elif signal["type"] == "sent" and len(signal["data"]) <= _SHORT_BYTES:  # JSON
                keep_newest(kept, {**signal, "data": signal["data"].decode()})
            elif self._bytes:
                self._bytes.put(job_id, signal)
        if self._sending is None:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), self._sent + _PAUSE_SECONDS)
            self._sending = loop.call_at(due, self._send)

    async def listen(self) -> None:
        """Hear the others until cancelled; while the store is away nothing is heard."""
        passing = [self._bytes.pass_on()] if self._bytes else []
        await asyncio.gather(self._listen(), *passing)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(StoreError):
                async for text in self._channel.listen():
                    await self._take(text)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _send(self) -> None:
        self._sending = None
        self._sent = asyncio.get_running_loop().time()
        news, self._news = self._news, {}
        for message in _messages(self._name, news):
            self._channel.tell(message)

    async def _take(self, text: str) -> None:
        if not text:  # from here on it is heard what others say: something may have been missed
            self._subscriptions.wake_all()
            return
        sender, news = orjson.loads(text)
        if sender != self._name:
            for job_id, signals in news:
                plain = [_with_bytes(signal) for signal in signals if "body" not in signal]
                self._subscriptions.wake(job_id, plain)
                if self._bytes and self._subscriptions.want_bytes(job_id):
                    for signal in signals:
                        if "body" in signal:
                            self._bytes.take(job_id, signal)
                await self._hear(job_id)


def _with_bytes(signal: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**signal, "data": signal["data"].encode()} if "data" in signal else signal


def _messages(sender: str, news: Mapping[str, _Signals]) -> Iterator[str]:
    """What is to be passed on, in as few messages as hold it; facts wake without large signals."""
    frame = len(orjson.dumps([sender, []]))
    part: list[bytes] = []
    size = frame
    for job_id, signals in news.items():
        entry = orjson.dumps([job_id, [*signals.values()]])
        if frame + len(entry) > MOST_BYTES:
            entry = orjson.dumps([job_id, []])
        if part and size + len(entry) + 1 > MOST_BYTES:
            yield _message(sender, part)
            part, size = [], frame
        part.append(entry)
        size += len(entry) + 1
    if part:
        yield _message(sender, part)


def _message(sender: str, entries: list[bytes]) -> str:
    return f'["{sender}",[{b",".join(entries).decode()}]]'
