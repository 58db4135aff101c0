"""A server with more to do than it can: who is refused, who waits, and that all hear everything."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from paintgraph.api.guards.keyring import FILE, add_holder
from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, serving

OPERATOR = "operator"
QUEUE = 20
CROWD = 200
FOLLOWERS = 50


def tick(seconds: float = 60.0) -> dict[str, Any]:
    return {
        "nodes": {"t": {"node": "Tick", "seconds": seconds}},
        "outputs": {"t": "${t.sum}"},
    }


ADD = {"nodes": {"a": {"node": "Add"}}, "outputs": {"a": "${a.sum}"}}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose queue is short; two clients by key, and who runs it, who sees all jobs."""
    folder = tmp_path_factory.mktemp("narrow")
    (folder / OPERATOR).write_text(add_holder(folder / FILE, OPERATOR, ["admin"]))
    with serving(
        folder,
        SMALL_NODES,
        queue_jobs=QUEUE,
        grace_seconds=0.5,
        api_keys=("one", "two"),
    ) as served:
        yield served


@pytest.fixture
def busy(narrow: Served) -> Iterator[str]:
    """A job that keeps the worker busy; afterwards nothing is left."""
    job = _handed_in(narrow, tick(), "one")
    _until(narrow, job, "running")
    yield job
    for state in ("queued", "running"):
        for each in _call(narrow, "GET", f"/v1/jobs?state={state}&limit=200").json["jobs"]:
            _call(narrow, "DELETE", f"/v1/jobs/{each['id']}")
            _until(narrow, each["id"], "cancelled")


def _call(server: Served, method: str, path: str, key: str = "", **options: Any) -> Any:
    key = key or (server.data / OPERATOR).read_text()
    return server.call(method, path, headers={"X-API-KEY": key}, **options)


def _handed_in(server: Served, graph: Any, key: str) -> str:
    answer = _call(server, "POST", "/v1/jobs", key, json=graph)
    assert answer.status == 202, answer.body
    job_id: str = answer.json["id"]
    return job_id


def _until(server: Served, job: str, state: str) -> None:
    for _ in range(int(OUTER_SECONDS / 0.02)):
        if _call(server, "GET", f"/v1/jobs/{job}?wait=0.02").json["state"] == state:
            return
    raise TimeoutError(f"job {job} is not {state}")


def test_a_full_queue_refuses_more_and_says_when_to_come_again(narrow: Served, busy: str) -> None:
    jobs = [_handed_in(narrow, ADD, "one") for _ in range(QUEUE)]
    refused = _call(narrow, "POST", "/v1/jobs", json=ADD)
    shown = [_call(narrow, "GET", f"/v1/jobs/{job}").json for job in jobs]

    assert (refused.status, refused.codes) == (429, ["queue_full"])
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    assert [job["position"] for job in shown] == list(range(QUEUE))
    assert "position" not in _call(narrow, "GET", f"/v1/jobs/{busy}").json

    _call(narrow, "DELETE", f"/v1/jobs/{jobs[3]}")
    assert _handed_in(narrow, ADD, "two")


def test_a_crowd_is_taken_or_refused_and_nothing_else(narrow: Served, busy: str) -> None:
    async def crowd() -> list[tuple[int, str]]:
        async with aiohttp.ClientSession(
            headers={"X-API-KEY": "two"}, connector=aiohttp.TCPConnector(limit=CROWD)
        ) as session:

            async def one() -> tuple[int, str]:
                async with session.post(f"{narrow.url}/v1/jobs", json=ADD) as response:
                    return response.status, (await response.json(content_type=None)).get("id", "")

            return await asyncio.gather(*(one() for _ in range(CROWD)))

    answers = asyncio.run(asyncio.wait_for(crowd(), OUTER_SECONDS))
    statuses = Counter(status for status, _ in answers)
    accepted = [job for _, job in answers if job]

    assert set(statuses) <= {200, 202, 429}
    assert statuses[202] >= QUEUE
    assert len(set(accepted)) == len(accepted)
    _call(narrow, "DELETE", f"/v1/jobs/{busy}")
    for job in accepted:
        _until(narrow, job, "succeeded")


def test_clients_take_turns(narrow: Served, busy: str) -> None:
    many = [_handed_in(narrow, ADD, "one") for _ in range(8)]
    few = [_handed_in(narrow, ADD, "two") for _ in range(2)]
    _call(narrow, "DELETE", f"/v1/jobs/{busy}")
    for job in (*many, *few):
        _until(narrow, job, "succeeded")

    started = {
        job: _call(narrow, "GET", f"/v1/jobs/{job}").json["started"] for job in (*many, *few)
    }
    order = sorted(started, key=lambda job: (started[job], job in few))
    assert all(started[job] <= started[many[3]] for job in few), order


def test_one_idempotency_key_in_a_crowd_is_one_job(narrow: Served) -> None:
    async def crowd() -> list[tuple[int, str]]:
        headers = {"X-API-KEY": "one", "Idempotency-Key": "crowd"}
        async with aiohttp.ClientSession(headers=headers) as session:

            async def one() -> tuple[int, str]:
                async with session.post(f"{narrow.url}/v1/jobs?wait=60", json=ADD) as response:
                    return response.status, (await response.json())["id"]

            return await asyncio.gather(*(one() for _ in range(50)))

    answers = asyncio.run(asyncio.wait_for(crowd(), OUTER_SECONDS))

    assert {status for status, _ in answers} == {200}
    assert len({job for _, job in answers}) == 1


@pytest.fixture(scope="module")
def long_job(narrow: Served) -> tuple[str, list[int]]:
    """A job with many facts, and their numbers."""
    nodes = {f"n{n}": {"node": "Number", "value": n} for n in range(400)}
    job = _handed_in(narrow, {"nodes": nodes, "outputs": {"x": "${n0.sum}"}}, "one")
    _until(narrow, job, "succeeded")
    facts = _call(narrow, "GET", f"/v1/jobs/{job}/events").body.decode()
    return job, [int(line[4:]) for line in facts.splitlines() if line.startswith("id: ")]


async def _some_ids(
    session: aiohttp.ClientSession, url: str, last: int, count: int | None
) -> list[int]:
    """Numbers of the next facts; the connection is broken after `count` of them."""
    ids: list[int] = []
    headers = {"Last-Event-ID": str(last)} if last else {}
    async with session.get(url, headers=headers) as response:
        if response.status == 204:
            return ids
        assert response.status == 200
        async for line in response.content:
            if line.startswith(b"id: "):
                ids.append(int(line[4:]))
                if len(ids) == count:
                    response.close()
                    break
    return ids


def test_50_broken_connections_hear_every_fact_once_and_in_order(narrow: Served) -> None:
    """While the job runs: who comes back with the last number goes on there."""
    random_ = random.Random(3)  # noqa: S311 - the same breaks each time
    nodes: dict[str, Any] = {"n0": {"node": "Tick", "seconds": 0.02}}
    for n in range(1, 120):
        nodes[f"n{n}"] = {"node": "Add", "a": f"${{n{n - 1}.sum}}"}
        if n % 12 == 0:
            nodes[f"w{n}"] = {"node": "Tick", "seconds": 0.1}
    graph = {"nodes": nodes, "outputs": {k: f"${{{k}.sum}}" for k in nodes if k != "n0"}}

    async def follow() -> tuple[list[int], int]:
        heard: list[int] = []
        breaks = 0
        job = await asyncio.to_thread(_handed_in, narrow, graph, "one")
        url = f"{narrow.url}/v1/jobs/{job}/events"
        async with aiohttp.ClientSession(headers={"X-API-KEY": "one"}) as session:
            while breaks < FOLLOWERS:
                last = heard[-1] if heard else 0
                heard += await _some_ids(session, url, last, random_.randint(1, 2))
                breaks += 1
            heard += await _some_ids(session, url, heard[-1], None)
        return heard, breaks

    heard, breaks = asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))

    assert breaks == FOLLOWERS
    assert heard == list(range(1, heard[-1] + 1))
    assert len(heard) >= len(nodes)


@pytest.mark.parametrize("last", ["1", "17", "399", "400", "999999999"])
def test_an_ended_job_goes_on_behind_any_number(
    narrow: Served, long_job: tuple[str, list[int]], last: str
) -> None:
    job, ids = long_job
    answer = narrow.call(
        "GET", f"/v1/jobs/{job}/events", headers={"X-API-KEY": "one", "Last-Event-ID": last}
    )
    heard = [int(line[4:]) for line in answer.body.decode().splitlines() if line.startswith("id: ")]

    assert heard == [number for number in ids if number > int(last)]
    assert answer.status == (200 if heard else 204)


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "9" * 400, "1 2", "0x1", "\u0661"])
def test_a_last_number_that_is_none_is_refused(
    narrow: Served, long_job: tuple[str, list[int]], last: str
) -> None:
    headers = {"X-API-KEY": "one", "Last-Event-ID": last}
    answer = narrow.call("GET", f"/v1/jobs/{long_job[0]}/events", headers=headers)

    assert (answer.status, answer.codes) == (400, ["bad_event_id"])


def test_slow_readers_hold_up_nobody(narrow: Served) -> None:
    """Who follows and never reads is no hindrance to the job and to others."""

    async def story() -> list[str]:
        job = await asyncio.to_thread(_handed_in, narrow, tick(0.5), "one")
        host, port = narrow.url.removeprefix("http://").split(":")
        head = f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: {host}\r\nX-API-KEY: one\r\n\r\n"
        writers = []
        for _ in range(40):
            _, writer = await asyncio.open_connection(host, int(port), limit=1)
            writer.write(head.encode())
            await writer.drain()
            writers.append(writer)
        states = []
        for _ in range(20):
            answer = await asyncio.to_thread(
                _call, narrow, "POST", "/v1/jobs?wait=60", "two", json=ADD
            )
            states.append(answer.json["state"])
        await asyncio.to_thread(_until, narrow, job, "succeeded")
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return states

    assert asyncio.run(asyncio.wait_for(story(), OUTER_SECONDS)) == ["succeeded"] * 20


def test_a_job_is_cancelled_in_each_state(narrow: Served, busy: str) -> None:
    queued = _handed_in(narrow, ADD, "two")

    first = _call(narrow, "DELETE", f"/v1/jobs/{queued}")
    second = _call(narrow, "DELETE", f"/v1/jobs/{queued}")
    assert (first.status, first.json["state"]) == (200, "cancelled")
    assert second.json == first.json

    at_work = _call(narrow, "DELETE", f"/v1/jobs/{busy}")
    assert at_work.status in (200, 202)
    _until(narrow, busy, "cancelled")
    assert _call(narrow, "DELETE", f"/v1/jobs/{busy}").status == 200

    done = _call(narrow, "POST", "/v1/jobs?wait=60", json=ADD).json
    after = _call(narrow, "DELETE", f"/v1/jobs/{done['id']}")
    assert (after.status, after.json) == (200, done)
    assert json.loads(after.body)["state"] == "succeeded"


def test_100_cancels_at_random_end_only_their_own_jobs(narrow: Served) -> None:
    random_ = random.Random(11)  # noqa: S311 - the same cancels each time

    async def story() -> Counter[str]:
        ends: Counter[str] = Counter()
        async with aiohttp.ClientSession(headers={"X-API-KEY": "two"}) as session:

            async def one(delay: float, *, cancels: bool) -> None:
                async with session.post(f"{narrow.url}/v1/jobs", json=tick(0.02)) as response:
                    if response.status == 429:
                        ends["refused"] += 1
                        return
                    url = f"{narrow.url}/v1/jobs/{(await response.json())['id']}"
                await asyncio.sleep(delay)
                if cancels:
                    async with session.delete(url) as response:
                        assert response.status in (200, 202)
                async with session.get(f"{url}?wait=60") as response:
                    state = (await response.json())["state"]
                ends[f"{state}{' though asked not to' if cancels else ''}"] += 1
                async with session.get(url) as response:
                    assert (await response.json())["state"] == state

            for _ in range(10):
                await asyncio.gather(
                    *(one(random_.uniform(0, 0.3), cancels=n % 5 > 0) for n in range(15))
                )
        return ends

    ends = asyncio.run(asyncio.wait_for(story(), OUTER_SECONDS))

    assert ends["failed"] + ends["cancelled"] == 0, ends
    assert ends["succeeded"] == 30
    assert sum(ends.values()) == 150
