"""Servers that share a job store in PostgreSQL, and one whose database is killed under it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, serving
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server


@pytest.fixture(scope="module")
def mortal() -> Iterator[PostgresqlServer]:
    """A server that keeps what it promises when it is killed."""
    with postgresql_server(is_durable=True) as server:
        yield server


@pytest.fixture(scope="module")
def pair(
    mortal: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """Two servers over one database and one data folder, as behind a balancer."""
    data, url = tmp_path_factory.mktemp("data"), mortal.new_database()
    more = {"jobs": url, "allow_private_urls": True, "grace_seconds": 2.0}
    with serving(data, SMALL_NODES, **more) as one, serving(data, SMALL_NODES, **more) as two:
        yield one, two


TICK = {"nodes": {"n": {"node": "Tick", "seconds": 60.0}}, "outputs": {"n": "${n.sum}"}}
ADD = {"nodes": {"n": {"node": "Add", "a": 2, "b": 3}}, "outputs": {"n": "${n.sum}"}}


def runs_at(pair: tuple[Served, Served], job: str) -> tuple[Served, Served]:
    """The server that has a job at work, and the other one."""
    pair[0].until(job, "running")
    here, other = sorted(pair, key=lambda each: job not in each.app[PARTS].dispatcher._running)
    assert job in here.app[PARTS].dispatcher._running
    return here, other


def test_a_job_that_one_server_took_is_seen_followed_and_cancelled_at_the_other(
    pair: tuple[Served, Served],
) -> None:
    job = pair[0].job(TICK)
    here, other = runs_at(pair, job)

    async def follow() -> list[str]:
        """What is told at the other; once the node has made progress the job is cancelled there."""
        types = []
        async with other.events(job) as stream:
            async for event in stream:
                types.append(event.type)
                if event.type == "progress" and types.count("progress") == 1:
                    asyncio.get_running_loop().run_in_executor(None, cancel)
        return types

    def cancel() -> None:
        assert other.call("DELETE", f"/v1/jobs/{job}").status == 200

    types = asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))

    assert types.count("progress") > 0
    assert types[-1] == "state"
    assert [each.until(job, "cancelled")["id"] for each in pair] == [job] * 2
    assert job not in here.app[PARTS].dispatcher._running


def test_jobs_are_taken_by_turns_and_listed_at_both(pair: tuple[Served, Served]) -> None:
    jobs = [pair[number % 2].job(ADD) for number in range(6)]

    ended = [pair[(number + 1) % 2].until(job, "succeeded") for number, job in enumerate(jobs)]

    assert [each["outputs"] for each in ended] == [{"n": 5}] * 6
    for each in pair:
        listed = [job["id"] for job in each.call("GET", "/v1/jobs").json["jobs"]]
        assert listed[:6] == jobs[::-1]


def test_the_end_of_a_job_is_sent_once(pair: tuple[Served, Served], ear: Ear) -> None:
    hook = {"graph": ADD, "webhook": {"url": ear.url}}
    for number in range(8):
        pair[number % 2].job(hook)

    heard = [ear.raw()[0]["webhook-id"] for _ in range(8)]

    assert len(set(heard)) == 8
    _until_none_is_pending(pair[0])
    assert ear.heard.empty()


def _until_none_is_pending(served: Served) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while served.call("GET", "/v1/webhooks?state=pending").json["webhooks"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def writing(path: Path, seconds: float) -> Any:
    node = {"node": "WriteLine", "path": str(path), "seconds": seconds}
    return {"nodes": {"n": node}, "outputs": {"n": "${n.sum}"}}


def test_a_database_that_is_killed_and_comes_back_loses_nothing(
    mortal: PostgresqlServer, tmp_path: Path
) -> None:
    lines = [tmp_path / str(number) for number in range(4)]
    with serving(tmp_path / "data", SMALL_NODES, jobs=mortal.new_database()) as served:
        jobs = [served.job(writing(path, 0.3)) for path in lines]
        served.until(jobs[0], "running")
        mortal.kill()
        refused = [
            served.call("GET", f"/v1/jobs/{jobs[0]}"),
            served.submit(writing(lines[0], 0)),
            served.call("DELETE", f"/v1/jobs/{jobs[3]}"),
        ]
        mortal.start()
        _until_answered(served, jobs[0])
        ended = [served.until(job, "succeeded") for job in jobs]

    told = [(each.status, each.json["code"]) for each in refused]
    assert told == [(503, "store_unreachable")] * 3
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    assert len({each["id"] for each in ended}) == 4
    assert [path.read_text(encoding="utf-8") for path in lines] == ["ran\n"] * 4


def _until_answered(served: Served, job: str) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while served.call("GET", f"/v1/jobs/{job}").status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
