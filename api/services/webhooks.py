"""Sends what became of jobs to addresses that clients named; jobs never wait for that.

What is to be sent is in the store, from a job's acceptance until it has arrived or a day has
passed: neither a crash nor the server's end loses it. A receiver may get one message twice, under
the same `webhook-id`.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson
from standardwebhooks import Webhook as Signer

from paintgraph.api.services.serializers import Serializer
from paintgraph.base.words import shorten
from paintgraph.jobs.dispatching.subscriptions import ENDINGS, Follower, Subscriptions
from paintgraph.jobs.sources.addresses import FetchError, is_public
from paintgraph.jobs.sources.fetching import Fetcher, Reply
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.deliveries import Delivery, DeliveryState
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore

Body = Callable[[Job], bytes]
"""Makes the JSON of an ended job; called in a thread."""

GIVEN_UP_SECONDS = 24 * 3600.0
"""How long a message is tried."""

_LOG = logging.getLogger("paintgraph.webhooks")
_DEADLINE_SECONDS = 10.0
_LEAST_PAUSE_SECONDS = 1.0
_MOST_PAUSE_SECONDS = 4 * 3600.0
_AT_ONCE = 8
_LOOK_SECONDS = 60.0
_END_SECONDS = 3.0
_GONE = 410
_REDIRECTS = range(300, 400)
_ARRIVED = range(200, 300)


class Webhooks:
    """The one sender of a server."""

    def __init__(
        self,
        store: JobStore,
        subscriptions: Subscriptions,
        serializer: Serializer,
        *,
        allow_private: bool,
    ) -> None:
        self.allow_private = allow_private
        self._store = store
        self._subscriptions = subscriptions
        self._serializer = serializer
        accepts: Callable[[str], bool] = _any if allow_private else is_public
        self._fetcher = Fetcher(deadline_seconds=_DEADLINE_SECONDS, accepts=accepts)
        self._bodies: Mapping[str, Body] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    def start(self, bodies: Mapping[str, Body]) -> None:
        """Begin to send; `bodies` has, by door, what is sent of jobs in a form of its own."""
        self._bodies = bodies
        self._loop = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Begin nothing more; what is not through in a few seconds is sent after the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._sending:
            await asyncio.wait(self._sending, timeout=_END_SECONDS)
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def again(self, id_: str) -> Delivery | None:
        """Let a message be sent now, whatever came of it; None for an unknown one."""
        delivery = await self._store.deliveries.again(id_)
        self._subscriptions.publish(ENDINGS)
        return delivery

    async def _run(self) -> None:
        deliveries = self._store.deliveries
        async with self._subscriptions.follow(ENDINGS) as follower:
            while True:
                try:
                    due_in = await self._store.offload(deliveries.due_in)
                    free = _AT_ONCE - len(self._sending)
                    if due_in is None or due_in > 0 or not free:
                        pause = _LOOK_SECONDS if due_in is None or not free else due_in
                        await follower.wait(min(_LOOK_SECONDS, pause))
                        continue
                    for delivery in await deliveries.claim(free):
                        self._send(delivery, follower)
                except StoreError as error:
                    _LOG.error("webhooks wait for the job store: %s", error)
                    await asyncio.sleep(_LEAST_PAUSE_SECONDS)

    def _send(self, delivery: Delivery, follower: Follower) -> None:
        def done(sending: asyncio.Task[None]) -> None:
            self._sending.discard(sending)
            follower.news.set()

        sending = asyncio.create_task(self._try(delivery))
        self._sending.add(sending)
        sending.add_done_callback(done)

    async def _try(self, delivery: Delivery) -> None:
        """Send one message and write down what came of it."""
        job = None
        with contextlib.suppress(StoreError):  # then it is due again soon
            job = await self._store.offload(self._store.get, delivery.job)
        if job is None:
            return  # it was deleted, and the message with it
        status, is_final, began = None, False, time.monotonic()
        try:
            reply = await self._post(delivery, job)
        except FetchError as error:
            message, is_final = str(error), error.code == "address_refused"
        except Exception:  # noqa: BLE001 - else nobody would ever give it up
            _LOG.exception("the webhook of job %s cannot be made", delivery.job)
            message = "the message cannot be made. Report this fault."
        else:
            status, message, is_final = reply.status, _fault(reply), reply.status == _GONE
        elapsed = delivery.tried_seconds + time.monotonic() - began
        state: DeliveryState = "pending"
        if not message:
            state = "delivered"
        elif is_final or elapsed >= GIVEN_UP_SECONDS:
            state = "failed"
            _LOG.warning("the webhook of job %s is given up: %s", delivery.job, message)
        with contextlib.suppress(StoreError):  # then it is due again soon
            await self._store.deliveries.settle(
                delivery, state, pause=pause_after(elapsed), status=status, message=message
            )

    async def _post(self, delivery: Delivery, job: Job) -> Reply:
        body = await asyncio.to_thread(self._bodies.get(job.door, self._event), job)
        now = datetime.now(UTC)
        headers = {"webhook-id": delivery.id, "webhook-timestamp": str(int(now.timestamp()))}
        if delivery.secret:
            signature = Signer(delivery.secret).sign(delivery.id, now, body.decode())
            headers["webhook-signature"] = signature
        return await self._fetcher.post(delivery.url, body, headers)

    def _event(self, job: Job) -> bytes:
        """A message after Standard Webhooks: what happened, when, and the job as clients see it."""
        shown = self._serializer.job(job)
        event = {"type": f"job.{job.state}", "timestamp": shown["ended"], "data": shown}
        return orjson.dumps(event)


def pause_after(elapsed: float) -> float:
    """How long to wait for the next try, by the time since the first.

    As long again as it has lasted: a receiver that is away for a moment hears soon, one that is
    away for a day is asked some twenty times.

    >>> [pause_after(seconds) for seconds in (0.2, 60, 86400)]
    [1.0, 60, 14400.0]
    """
    return max(_LEAST_PAUSE_SECONDS, min(elapsed, _MOST_PAUSE_SECONDS))


def _fault(reply: Reply) -> str:
    """What is wrong with an answer; nothing if it says that the message has arrived."""
    if reply.status in _ARRIVED:
        return ""
    if reply.status in _REDIRECTS:
        where = f" to '{shorten(reply.location.partition('?')[0])}'" if reply.location else ""
        return (
            f"it answers with status {reply.status} and would send the message on{where}; "
            "redirects are not followed. Give the address at which it really is."
        )
    if reply.status == _GONE:
        return "it answers with status 410: nothing more is wanted there. Name another address."
    return f"it answers with status {reply.status}; needed is one of 200 to 299. Mend the receiver."


def _any(_: str) -> bool:
    return True
