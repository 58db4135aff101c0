"""What servers that share a store tell each other: whom to wake, in few messages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest

from paintgraph.jobs.dispatching.neighbours import Neighbours
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.store.channel import MOST_BYTES
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server

OUTER_SECONDS = 60.0
JOB = "0" * 32


class One:
    """One of the servers."""

    def __init__(self, store: JobStore) -> None:
        assert store.channel is not None
        self.heard: list[str] = []
        self.subscriptions = Subscriptions()
        self.channel = store.channel
        self.neighbours = Neighbours(store.channel, self.subscriptions, self._hear)

    async def _hear(self, id_: str) -> None:
        self.heard.append(id_)


@pytest.fixture
def url(postgresql: PostgresqlServer) -> str:
    return postgresql.new_database()


@contextlib.contextmanager
def stores(url: str) -> Iterator[list[JobStore]]:
    opened = [JobStore(url) for _ in range(2)]
    try:
        yield opened
    finally:
        for store in opened:
            store.close()


@asynccontextmanager
async def listening(*servers: One) -> AsyncIterator[None]:
    """Servers that hear each other."""
    tasks = []
    for server in servers:
        async with server.subscriptions.follow("none") as follower:
            tasks.append(asyncio.create_task(server.neighbours.listen()))
            await follower.wait()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def go(act: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(act(), OUTER_SECONDS))


def test_what_one_publishes_wakes_the_followers_of_all_the_others(url: str) -> None:
    async def act() -> None:
        with stores(url) as (first, second):
            one, two = One(first), One(second)
            async with listening(one, two), two.subscriptions.follow(JOB) as follower:
                one.subscriptions.publish(JOB)
                assert await follower.wait() == []
                signals = [{"type": "progress", "node": "n", "done": done} for done in range(3)]
                one.subscriptions.publish(JOB, [*signals, {"type": "preview", "data": b"x"}])
                assert await follower.wait() == signals[-1:]
                assert (two.heard, one.heard) == ([JOB, JOB], [])

    go(act)


def test_what_is_published_within_a_moment_goes_in_one_message_each(url: str) -> None:
    """Ten thousand news of a hundred jobs are one message for each twentieth of a second."""

    async def act() -> None:
        with stores(url) as (first, second):
            one = One(first)
            texts: list[str] = []
            assert second.channel is not None
            heard = second.channel.listen()
            assert await anext(heard) == ""
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number in range(10_000):
                one.subscriptions.publish(f"{number % 100:032}")
                await asyncio.sleep(0)
            one.subscriptions.publish("last")
            most = (loop.time() - began) / 0.05 + 2
            while not texts or "last" not in texts[-1]:
                texts.append(await anext(heard))
            await heard.aclose()
            ids = {id_ for text in texts for id_, _ in orjson.loads(text)[1]}

            assert len(texts) <= most
            assert ids == {*(f"{number:032}" for number in range(100)), "last"}

    go(act)


def test_signals_that_are_too_large_are_left_out_and_still_wake(url: str) -> None:
    async def act() -> None:
        with stores(url) as (first, second):
            one, two = One(first), One(second)
            async with listening(one, two), two.subscriptions.follow(JOB) as follower:
                text = "\N{SNOWMAN}" * MOST_BYTES
                one.subscriptions.publish(JOB, [{"type": "sent", "node": "n", "text": text}])
                assert await follower.wait() == []

    go(act)


def test_who_was_cut_off_wakes_all_followers_once_it_hears_again() -> None:
    async def act() -> None:
        with postgresql_server() as server, stores(server.new_database()) as (first, second):
            one, two = One(first), One(second)
            async with listening(one, two), two.subscriptions.follow(JOB) as follower:
                server.kill()
                one.subscriptions.publish(JOB)
                await asyncio.to_thread(server.start)
                assert await follower.wait() == []
                follower.news.clear()
                while not await follower.wait(0.5):
                    one.subscriptions.publish(JOB, [{"type": "progress", "node": "n"}])

    go(act)


def test_what_is_said_once_the_store_is_closed_is_nobodys(url: str) -> None:
    async def act() -> None:
        with stores(url) as (first, _):
            one = One(first)
        one.channel.tell("late")

    go(act)
