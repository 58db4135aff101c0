"""Servers that share a job store in PostgreSQL, and one whose database is killed under it."""

import asyncio
import json
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.postgresql import PostgresqlDatabase
from paintgraph.jobs.store.postgresql_connection import BoundedConnection
from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.hostile.processes import running
from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, png, serving
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


@pytest.fixture(autouse=True)
def loops_read_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test if an event loop waits for the database."""
    waited: list[str] = []
    real = PostgresqlDatabase.read

    def read(self: PostgresqlDatabase, action: Any) -> Any:
        if asyncio._get_running_loop() is not None:
            waited.append("".join(traceback.format_stack(limit=8)))
        return real(self, action)

    monkeypatch.setattr(PostgresqlDatabase, "read", read)
    yield
    assert waited == []


TICK = {"nodes": {"n": {"node": "Tick", "seconds": 60.0}}, "outputs": {"n": "${n.sum}"}}
ADD = {"nodes": {"n": {"node": "Add", "a": 2, "b": 3}}, "outputs": {"n": "${n.sum}"}}


def runs_at(pair: tuple[Served, Served], job: str) -> tuple[Served, Served]:
    """The server that has a job at work, and the other one."""
    pair[0].until(job, "running")
    here, other = sorted(pair, key=lambda each: job not in each.app[PARTS].dispatcher.pool.running)
    assert job in here.app[PARTS].dispatcher.pool.running
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
    assert job not in here.app[PARTS].dispatcher.pool.running


def test_jobs_are_taken_by_turns_and_listed_at_both(pair: tuple[Served, Served]) -> None:
    jobs = [pair[number % 2].job(ADD) for number in range(6)]

    ended = [pair[(number + 1) % 2].until(job, "succeeded") for number, job in enumerate(jobs)]

    assert [each["outputs"] for each in ended] == [{"n": 5}] * 6
    for each in pair:
        listed = [job["id"] for job in each.call("GET", "/v1/jobs").json["jobs"]]
        assert listed[:6] == jobs[::-1]


def test_servers_that_get_one_request_at_once_take_one_job(pair: tuple[Served, Served]) -> None:
    def submit(number: int) -> str:
        answer = pair[number % 2].submit(ADD, headers={"Idempotency-Key": "both"})
        assert answer.status == 202
        job_id: str = answer.json["id"]
        return job_id

    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(submit, range(16))}) == 1


def test_the_end_of_a_job_is_sent_once(pair: tuple[Served, Served], ear: Ear) -> None:
    hook = {"graph": ADD, "webhook": {"url": ear.url}}
    for number in range(8):
        pair[number % 2].job(hook)

    heard = [ear.raw()[0]["webhook-id"] for _ in range(8)]

    assert len(set(heard)) == 8
    _until_none_is_pending(pair[0])
    assert ear.heard.empty()


def test_a_message_whose_sender_is_killed_comes_again_from_another_server(
    mortal: PostgresqlServer, tmp_path: Path, ear: Ear
) -> None:
    """It has the same id, so the receiver knows that it is the same."""
    url = mortal.new_database()
    ear.may_answer.clear()
    with running(tmp_path / "one", SMALL_NODES, jobs=url, allow_private_urls=True) as killed:
        killed.until_ready()
        job = killed.submit({"graph": ADD, "webhook": {"url": ear.url}})
        (first, _) = ear.raw()
        killed.kill()
    ear.may_answer.set()
    mortal.run("UPDATE deliveries SET due = due - 60", url)  # its lease ends
    with serving(tmp_path / "two", SMALL_NODES, jobs=url, allow_private_urls=True) as served:
        (second, body) = ear.raw()
        _until_none_is_pending(served)
        (told,) = served.call("GET", "/v1/webhooks").json["webhooks"]

    assert first["webhook-id"] == second["webhook-id"] == told["id"]
    assert json.loads(body)["data"]["id"] == job
    assert (told["state"], told["attempts"]) == ("delivered", 2)
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


def test_no_door_lets_the_event_loop_wait_for_the_database(
    pair: tuple[Served, Served], ear: Ear
) -> None:
    """The fixture above sees it: all that can be asked for is, and what changes something done."""
    served = pair[0]
    uploaded = served.upload(png())
    prompt = {"1": {"class_type": "SaveBlob", "inputs": {"blob": uploaded}}}
    asyncio.run(hearing(served))
    name = served.call("POST", "/prompt", json={"prompt": prompt}).json["prompt_id"]
    job = served.job({"graph": ADD, "webhook": {"url": ear.url}})
    served.until(job, "succeeded")
    names = {"id": job, "prompt_id": name, "folder": "output", "kind": "output"}
    resources = {resource.canonical for resource in served.app.router.resources()}

    for canonical in sorted(resources.difference(_WITHOUT_STORE)):
        is_comfys = "/history/" in canonical or "/api/jobs/" in canonical
        own = {**names, "id": name} if is_comfys else names
        path = canonical.format_map(defaultdict(lambda: "none", own))
        assert served.call("GET", path, headers={"Last-Event-ID": "99"}).status < 500
    sent = served.call("GET", "/v1/webhooks").json["webhooks"][0]["id"]
    for method, path in (
        ("POST", "/v1/jobs"),
        ("POST", "/queue"),
        ("POST", "/interrupt"),
        ("POST", "/history"),
        ("POST", f"/api/jobs/{name}/cancel"),
        ("POST", "/v1/engine/control?action=stop"),
        ("POST", f"/v1/webhooks/{sent}/redeliver"),
        ("DELETE", f"/v1/jobs/{job}"),
        ("DELETE", f"/v1/jobs/{job}?purge=true"),
    ):
        body = {**ADD, "clear": True} if path != "/v1/jobs" else ADD
        assert served.call(method, path, json=body, headers={"Idempotency-Key": path}).status < 400


_WITHOUT_STORE = ("/assets/{path}", "/editor/{path}")


async def hearing(served: Served) -> None:
    """Hear by ComfyUI's socket how long the queue is."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{served.url}/ws") as socket:
        assert (await socket.receive_json(timeout=OUTER_SECONDS))["type"] == "status"


def test_a_database_that_stands_still_keeps_nobody_waiting_for_long(
    mortal: PostgresqlServer, pair: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = pair[0]
    job = served.job(ADD)
    served.until(job, "succeeded")
    look = f"/v1/jobs/{job}"
    monkeypatch.setattr(BoundedConnection, "most_seconds", OUTER_SECONDS)
    with ThreadPoolExecutor() as pool:
        with mortal.paused():
            waiting = pool.submit(served.call, "GET", look)
            alive = served.call("GET", "/livez")
            assert not waiting.done()
        assert (alive.status, waiting.result().status) == (200, 200)

    monkeypatch.setattr(BoundedConnection, "most_seconds", 0.2)
    with mortal.paused():
        refused = [served.call("GET", look), served.submit(ADD), served.call("DELETE", look)]
        ready = served.call("GET", "/readyz")
        health = served.call("GET", "/healthz")
        assert served.call("GET", "/livez").status == 200
    told = [(each.status, each.json["code"]) for each in refused]
    assert told == [(503, "store_unreachable")] * 3
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    for each in (ready, health):
        assert each.status == 503
        assert "the job store does not answer" in each.json["reasons"]
    monkeypatch.undo()
    _until_answered(served, job)
    assert served.call("GET", "/readyz").status == 200
