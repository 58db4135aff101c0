"""Prompts are followed from their acceptance on, and what becomes of them is sent to their clients.

A prompt's end is told in this order: the history can be read, the message of how it ended, the
length of the queue without it, and `executing` without a node.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import orjson

from paintgraph.api.comfy.following.narrating import Message, Narrator
from paintgraph.api.comfy.following.sockets import Client, Session, Sessions
from paintgraph.api.guards.keys import holder_in
from paintgraph.api.http.refusals import Hide
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.subscriptions import Follower
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import ENDED, STATES, Job
from paintgraph.jobs.store.jobs import JobStore

Given = ParamSpec("Given")
Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.25
"""Between two looks at a prompt that nobody here hears of, or into a store that is away."""

_MOST_OVER = 1000
"""Prompts that were told of to their end, and may stand in a list that was read before that."""

_PAGE = 50
"""Of prompts that have ended, so many are looked at in one go."""


@dataclass(slots=True)
class _Prompt:
    """A prompt at work, and how much of it was told."""

    job: Job
    client: Client
    narrator: Narrator
    follower: Follower
    last: int = 0
    has_ended: bool = False

    async def news(self, store: JobStore) -> list[Message]:
        """What became of it since the last time."""
        told: list[Message] = []
        signals = self.follower.take()
        while not self.has_ended and (
            facts := await _read(store, store.facts, self.job, self.last)
        ):
            self.last = facts[-1][0]
            plain = [fact for _, fact in facts]
            told += self.narrator.take(plain, signals, time.time())
            self.has_ended = plain[-1]["type"] == "state" and plain[-1]["state"] in ENDED
            signals = []
        return told if self.has_ended else [*told, *self.narrator.take((), signals, time.time())]


class Following:
    """One task for each prompt that has not ended, at whichever server it was handed in.

    Where servers share a store each of them follows all prompts, as it may have their clients'
    sockets. It reads what becomes of a prompt once it has that of its client.
    """

    def __init__(
        self, door: str, store: JobStore, dispatcher: Dispatcher, sessions: Sessions, hide: Hide
    ) -> None:
        self._door = door
        self._store = store
        self._dispatcher = dispatcher
        self._sessions = sessions
        self._hide = hide
        self._prompts: dict[Client, dict[str, _Prompt]] = {}
        self._watched: set[str] = set()
        self._first = 0
        """The number from which on prompts came after the start."""
        self._over: deque[str] = deque(maxlen=_MOST_OVER)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Follow all prompts that have not ended, and those that other servers are given."""
        newest = await _read(self._store, self._store.of_door, self._door, STATES, limit=1)
        self._first = newest[0].number + 1 if newest else 0
        await self._look()
        if self._is_shared:
            self._begin(self._hear())

    async def accepted(self, job: Job) -> None:
        """Follow a prompt that was handed in here, and let other servers follow it."""
        self._watch(job)
        signal = {"type": "accepted", "node": job.id}
        self._dispatcher.subscriptions.publish(self._topic, [signal])
        await self.tell_status()

    def catch_up(self, session: Session) -> None:
        """Send a client that comes what it has missed of its running prompts.

        What another server told follows: it has not been read here.
        """
        for prompt in self._prompts.get(session.client, {}).values():
            prompt.follower.wants_bytes = True
            prompt.follower.news.set()
            for message in prompt.narrator.catch_up():
                session.send(message)

    async def tell_status(self) -> None:
        """Tell everybody the length of the queue."""
        await self._sessions.broadcast_status(
            lambda owner: _read(self._store, self._dispatcher.count_of, self._door, owner)
        )

    async def remaining(self, owner: str | None) -> int:
        """How many prompts of a client, or of all, wait or run."""
        return await self._store.offload(self._dispatcher.count_of, self._door, owner)

    async def close(self) -> None:
        """Follow nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _is_shared(self) -> bool:
        return self._store.channel is not None

    @property
    def _topic(self) -> str:
        """Under this prompts are told that were handed in: no job's id."""
        return f"prompts of {self._door}"

    async def _look(self) -> None:
        """Follow what is open and not followed."""
        for listed in (self._dispatcher.running_of, self._dispatcher.queued_of):
            for job in await _read(self._store, listed, self._door):
                self._watch(job)

    async def _look_back(self) -> None:
        """Follow what was handed in since the start and not heard of, and what ended meanwhile."""
        await self._look()
        page: list[Job] = []
        offset = 0
        while not offset or any([self._watch(job) for job in page]):  # noqa: C419 - all of them
            listed = await _read(
                self._store, self._store.of_door, self._door, ENDED, limit=_PAGE, offset=offset
            )
            page = [job for job in listed if job.number >= self._first]
            offset += _PAGE

    def _watch(self, job: Job) -> bool:
        """Follow a prompt until its end; False if it is or was followed already."""
        if job.id in self._watched or job.id in self._over:
            return False
        self._watched.add(job.id)
        self._begin(self._follow(job))
        return True

    async def _hear(self) -> None:
        """Follow prompts that other servers were given."""
        async with self._dispatcher.subscriptions.follow(self._topic) as follower:
            while True:
                signals = await follower.wait() or ()
                ids = [signal["node"] for signal in signals]
                told = [await _read(self._store, self._store.get, id_) for id_ in ids]
                if follower.has_missed or not told:  # a message may be too long for its signals
                    follower.has_missed = False
                    await self._look_back()
                if any([job is not None and self._watch(job) for job in told]):  # noqa: C419 - all of them
                    await self.tell_status()

    async def _follow(self, job: Job) -> None:
        try:
            async with self._dispatcher.subscriptions.follow(job.id) as follower:
                if await self._has_begun(job, follower):
                    await self._tell(job, follower)
                elif self._is_shared:
                    await self.tell_status()
            self._over.append(job.id)
        finally:
            self._watched.discard(job.id)

    async def _has_begun(self, job: Job, follower: Follower) -> bool:
        """Wait for a prompt's begin; False if it was left out before."""
        while not await self._is_running(job):
            now = await _read(self._store, self._store.get, job.id)
            if now is None or now.has_ended:
                return now is not None and now.started is not None
            await follower.woken()
        return True

    async def _is_running(self, job: Job) -> bool:
        return await _read(self._store, self._dispatcher.is_running, job.id)

    async def _tell(self, job: Job, follower: Follower) -> None:
        """Tell of a prompt that has begun until all is over."""
        document = await _read(self._store, self._store.document, job.id, "request")
        request = orjson.loads(document or b"{}")
        if "prompt" not in request:  # its row is damaged: the job has failed
            return
        _, _, _, extra, targets = request["prompt"]
        client = holder_in(job.client), str(extra.get("client_id", ""))
        narrator = Narrator(job, frozenset(targets), self._hide)
        prompt = _Prompt(job, client, narrator, follower)
        self._prompts.setdefault(client, {})[job.id] = prompt
        try:
            await self.tell_status()
            self._send(client, narrator.start(time.time()))
            await self._narrate(prompt)
        finally:
            self._forget(client, job.id)
        # What ran is over for the store; the dispatcher lets go of it a moment later.
        while await self._is_running(job):
            await follower.wait()
        reported = await _read(self._store, self._store.reported, job)
        self._send(client, narrator.end(reported, time.time()))
        await self.tell_status()
        self._send(client, [("executing", {"node": None, "prompt_id": job.name})])

    async def _narrate(self, prompt: _Prompt) -> None:
        """Send what becomes of a running prompt until it has ended."""
        while True:
            if self._is_unheard(prompt):
                now = await _read(self._store, self._store.get, prompt.job.id)
                if now is not None and not now.has_ended:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    await prompt.follower.woken()
                    continue
            self._send(prompt.client, await prompt.news(self._store))
            if prompt.has_ended:
                return
            await prompt.follower.woken()

    def _is_unheard(self, prompt: _Prompt) -> bool:
        """Whether another server tells of a prompt, if any: its client was never seen here."""
        if self._session(prompt.client) is not None:
            prompt.follower.wants_bytes = True
        return self._is_shared and not prompt.follower.wants_bytes

    def _session(self, client: Client) -> Session | None:
        return self._sessions.of(client) if client[1] else None

    def _send(self, client: Client, messages: Iterable[Message]) -> None:
        session = self._session(client)
        for message in messages if session else ():
            session.send(message)  # type: ignore[union-attr] # it is there

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("a prompt is followed no more", exc_info=task.exception())

    def _forget(self, client: Client, job_id: str) -> None:
        own = self._prompts[client]
        del own[job_id]
        if not own:
            del self._prompts[client]


async def _read(
    store: JobStore, read: Callable[Given, Result], *values: Given.args, **options: Given.kwargs
) -> Result:
    """What a function gives that reads the store; it is asked again while the store is away.

    So an outage ends no prompt's story, and nothing is told twice.
    """
    while True:
        try:
            return await store.offload(read, *values, **options)
        except StoreError:
            await asyncio.sleep(_PAUSE_SECONDS)
