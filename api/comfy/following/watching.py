"""Prompts are followed from their acceptance on, and what becomes of them is sent to their clients.

A prompt's end is told in this order: the history can be read, the message of how it ended, the
length of the queue without it, and `executing` without a node.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from paintgraph.api.comfy.following.narrating import Message, Narrator
from paintgraph.api.comfy.following.sockets import Client, Session, Sessions
from paintgraph.api.guards.keys import holder_in
from paintgraph.api.http.refusals import Hide
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.subscriptions import Follower
from paintgraph.jobs.store.job import ENDED, Job
from paintgraph.jobs.store.jobs import JobStore

_LOG = logging.getLogger(__name__)


class Following:
    """One task for each prompt that has not ended."""

    def __init__(
        self, door: str, store: JobStore, dispatcher: Dispatcher, sessions: Sessions, hide: Hide
    ) -> None:
        self._door = door
        self._store = store
        self._dispatcher = dispatcher
        self._sessions = sessions
        self._hide = hide
        self._narrators: dict[Client, dict[str, Narrator]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, job: Job) -> None:
        """Follow a prompt until its end."""
        task = asyncio.create_task(self._follow(job))
        self._tasks.add(task)
        task.add_done_callback(self._let_go)

    def catch_up(self, session: Session) -> None:
        """Send a client that comes what it has missed of its running prompts."""
        for narrator in self._narrators.get(session.client, {}).values():
            for message in narrator.catch_up():
                session.send(message)

    async def tell_status(self) -> None:
        """Tell everybody the length of the queue."""
        await self._sessions.broadcast_status(self.remaining)

    async def remaining(self, owner: str | None) -> int:
        """How many prompts of a client, or of all, wait or run."""
        return await self._store.offload(self._dispatcher.count_of, self._door, owner)

    async def close(self) -> None:
        """Follow nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, job: Job) -> None:
        async with self._dispatcher.subscriptions.follow(job.id) as follower:
            early: list[Mapping[str, Any]] = []
            if not await self._has_begun(job, follower, early):
                return
            document = await self._store.offload(self._store.document, job.id, "request")
            request = orjson.loads(document or b"{}")
            if "prompt" not in request:  # its row is damaged: the job has failed
                return
            _, _, _, extra, targets = request["prompt"]
            client = holder_in(job.client), str(extra.get("client_id", ""))
            narrator = Narrator(job, frozenset(targets), self._hide)
            self._narrators.setdefault(client, {})[job.id] = narrator
            try:
                await self.tell_status()
                self._send(client, narrator.start(time.time()))
                await self._narrate(job, client, narrator, follower, early)
            finally:
                self._forget(client, job.id)
            # What ran is over for the store; the dispatcher lets go of it a moment later.
            while await self._is_running(job):
                await follower.wait()
        reported = await self._store.offload(self._store.reported, job)
        self._send(client, narrator.end(reported, time.time()))
        await self.tell_status()
        self._send(client, [("executing", {"node": None, "prompt_id": job.name})])

    async def _is_running(self, job: Job) -> bool:
        return await self._store.offload(self._dispatcher.is_running, job.id)

    async def _has_begun(
        self, job: Job, follower: Follower, early: list[Mapping[str, Any]]
    ) -> bool:
        """Wait for a prompt's begin; False if it was left out before. Signals go into `early`."""
        while not await self._is_running(job):
            now = await self._store.offload(self._store.get, job.id)
            if now is None or now.has_ended:
                return now is not None and now.started is not None
            if now.state == "running":  # at another server's worker
                return True
            early += await follower.wait() or ()
        return True

    async def _narrate(
        self,
        job: Job,
        client: Client,
        narrator: Narrator,
        follower: Follower,
        signals: Sequence[Mapping[str, Any]],
    ) -> None:
        """Send what becomes of a running prompt until it has ended."""
        last = 0
        while True:
            while facts := await self._store.offload(self._store.facts, job, last):
                last = facts[-1][0]
                plain = [fact for _, fact in facts]
                said = [*signals, *follower.take()]
                self._send(client, narrator.take(plain, said, time.time()))
                if plain[-1]["type"] == "state" and plain[-1]["state"] in ENDED:
                    return
                signals = ()
            self._send(client, narrator.take((), signals, time.time()))
            signals = await follower.wait() or ()

    def _send(self, client: Client, messages: Iterable[Message]) -> None:
        session = self._sessions.of(client) if client[1] else None
        for message in messages if session else ():
            session.send(message)  # type: ignore[union-attr] # it is there

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("a prompt is followed no more", exc_info=task.exception())

    def _forget(self, client: Client, job_id: str) -> None:
        own = self._narrators[client]
        del own[job_id]
        if not own:
            del self._narrators[client]
