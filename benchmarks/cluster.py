"""A job store that servers share, beside the file of one that is alone; needs PostgreSQL."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from paintgraph.benchmarks.measuring import Figure
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server

_ROUNDS = 5
_FEW, _MANY = 1_000, 100_000
_CLAIMS, _CLAIMERS = 400, 8
_JOBS, _WORKERS = 480, 16
_GRAPH = {"nodes": {"n": "x" * 3000}}
_FACTS = [{"type": "node_finished", "node": "n", "how": "computed"}] * 3

_QUEUED = """INSERT INTO jobs
    (id, state, client, size, priority, turn, created, graph, request, bytes)
    SELECT md5(random()::text || i), 'queued', (i % 10)::text, 'light', 0, i / 10, 0, '{}', '{}', 4
    FROM generate_series(CAST(? AS bigint), ?) i"""


def figures() -> list[Figure]:
    """What a claim costs in a long queue, and a whole job, as ratios; targets as designed."""
    try:
        with postgresql_server(is_durable=True) as server:
            long = tuple(_long_queue(server) for _ in range(_ROUNDS))
            cycles = tuple(_cycle(server) for _ in range(_ROUNDS))
    except pytest.skip.Exception:
        long = cycles = ()
    return [
        Figure(
            f"claims a second with {_MANY:,} jobs queued, of those with {_FEW:,}",
            long, "x", 0.7, more_is_better=True,
        ),
        Figure(
            f"jobs a second by {_WORKERS} workers in PostgreSQL, of those in SQLite",
            cycles, "x", 0.3, more_is_better=True,
        ),
    ]  # fmt: skip


def _long_queue(server: PostgresqlServer) -> float:
    rates = []
    for queued in (_FEW, _MANY):
        store = JobStore(server.new_database())
        for first in range(1, queued + 1, _FEW):  # a statement may not take long
            store._database.write(partial(_queue_up, first)).result()  # noqa: SLF001
        store._database.write(lambda connection: connection.execute("ANALYZE jobs")).result()  # noqa: SLF001

        async def claim(store: JobStore = store) -> None:
            await store.claims.next("light", "a/w")

        rates.append(_rate(claim, _CLAIMS, _CLAIMERS))
        store.close()
    return rates[1] / rates[0]


def _cycle(server: PostgresqlServer) -> float:
    """Jobs that workers claim, tell of and end, by the second; as part of what SQLite does."""
    rates = []
    with TemporaryDirectory() as folder:
        for place in (Path(folder) / "jobs.sqlite", server.new_database()):
            store = JobStore(place)
            asyncio.run(_fill(store))
            rates.append(_rate(partial(_run_next, store), _JOBS, _WORKERS))
            store.close()
    return rates[1] / rates[0]


def _queue_up(first: int, connection: Connection) -> None:
    connection.execute(_QUEUED, (first, first + _FEW - 1))


async def _fill(store: JobStore) -> None:
    news = (NewJob(_GRAPH, {}, client=str(number % 10)) for number in range(_JOBS))
    await asyncio.gather(*map(store.accept, news))


async def _run_next(store: JobStore) -> None:
    job = await store.claims.next("light", "a/w")
    if job is not None:
        await store.append(job, _FACTS)
        await store.finish(job, "succeeded", facts=_FACTS[:1])


def _rate(act: Callable[[], Awaitable[None]], times: int, workers: int) -> float:
    """How often a second something is done by so many at once."""

    async def worker() -> None:
        for _ in range(times // workers):
            await act()

    async def all_of() -> None:
        await asyncio.gather(*(worker() for _ in range(workers)))

    began = time.perf_counter()
    asyncio.run(all_of())
    return times / (time.perf_counter() - began)
