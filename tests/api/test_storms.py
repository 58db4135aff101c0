"""Storms: hundreds of jobs, listeners and clients while processes are killed and stopped.

The gate has short forms: `test_crashes` kills 8 times, `test_overload` has crowds of 200.
"""

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from paintgraph.tests.api.hostile.processes import (
    OUTER_SECONDS,
    SMALL_NODES,
    Answer,
    Child,
    running,
    still_there,
    wait_for,
)
from paintgraph.tests.api.serving import png
from paintgraph.tests.api.test_crashes import is_sound, outputs, painting, saving

pytestmark = [
    pytest.mark.storm,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"),
]
GONE = (OSError, HTTPException)
"""What clients of a server that is killed meet."""

JOBS, HITS, FOLLOWED = 200, 60, 4
KEPT_BY_SYSTEM = 2 << 20
"""More bytes than a socket of this machine holds for a reader that does not read: 1.6 million."""

KINDS = ("group", "server", "worker", "stop")
WEIGHTS = (30, 10, 30, 30)


def again(server: Child, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """A request that is repeated until the server takes it."""
    deadline = time.monotonic() + OUTER_SECONDS
    while time.monotonic() < deadline:
        with suppress(*GONE):
            answer = server.call(method, path, body, **headers)
            if answer.status not in (503, 507):
                return answer
        time.sleep(0.1)
    raise TimeoutError(f"{method} {path} was never answered")


def followed(server: Child, job: str) -> list[int]:
    """The numbers of all events of a job, gathered over as many connections as it takes."""
    heard: list[int] = []
    while True:
        last = str(heard[-1] if heard else 0)
        answer = again(server, "GET", f"/v1/jobs/{job}?wait=5")
        with suppress(*GONE):
            events = server.call("GET", f"/v1/jobs/{job}/events", Last_Event_ID=last)
            lines = events.text.splitlines()
            heard += [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
        if answer.json["ended"] is not None and events_are_over(server, job, heard):
            return heard


def events_are_over(server: Child, job: str, heard: list[int]) -> bool:
    last = str(heard[-1] if heard else 0)
    return again(server, "GET", f"/v1/jobs/{job}/events", Last_Event_ID=last).status == 204


def hit(server: Child, kind: str, random_: random.Random, killed: Counter[str]) -> None:
    """Kill the server, with its workers or without, or kill or stop one of these.

    `killed` counts by job: one that has lost three workers would be given up.
    """
    processes = server.family()
    workers = server.workers()
    if kind == "group":
        for pid in (server.pid, *processes):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    if kind in ("group", "server"):
        server.kill()
        wait_for(lambda: not still_there(processes), "workers have ended with their server")
    elif workers:
        if kind == "worker":
            listed = again(server, "GET", "/v1/jobs?state=running").json["jobs"]
            killed.update(job["id"] for job in listed)
            kind = "stop" if any(killed[job["id"]] > 2 for job in listed) else kind
        worker = random_.choice(workers)
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL if kind == "worker" else signal.SIGSTOP)
            if kind == "stop":
                time.sleep(random_.uniform(0.3, 2.5))
                os.kill(worker, signal.SIGCONT)


def test_60_hits_lose_no_job_no_file_and_no_event(tmp_path: Path) -> None:
    random_ = random.Random(11)  # noqa: S311 - the same hits each time
    data = tmp_path / "data"
    hits: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    jobs: list[str] = []
    streams: dict[str, Future[list[int]]] = {}
    with ExitStack() as stack:
        server = stack.enter_context(running(data))
        server.until_ready()
        digest = server.upload(png(width=96, height=96))
        now = [server]
        pool = stack.enter_context(ThreadPoolExecutor(JOBS // FOLLOWED + 1))

        def submit_all() -> None:
            for number in range(JOBS):
                name = f"job{number:03}"
                graph = painting(digest, name, number) if number % 3 else saving(name, number)
                for _ in range(2):  # what is sent twice is one job
                    sent = again(now[0], "POST", "/v1/jobs", graph, Idempotency_Key=name)
                    assert sent.status in (200, 202), sent.text
                jobs.append(sent.json["id"])
                if number % FOLLOWED == 0:
                    streams[jobs[-1]] = pool.submit(followed, now[0], jobs[-1])

        submitting = pool.submit(submit_all)
        while hits.total() < HITS or not submitting.done():
            time.sleep(random_.uniform(0.1, 1.6))
            (kind,) = random_.choices(KINDS, WEIGHTS)
            hit(now[0], kind, random_, killed)
            hits[kind] += 1
            if kind in ("group", "server"):
                now[0] = stack.enter_context(running(data, port=server.port))
                now[0].until_ready()
        submitting.result()
        states = Counter(now[0].ended(job)["state"] for job in jobs)
        heard = {job: stream.result() for job, stream in streams.items()}

        assert states == {"succeeded": JOBS}, hits
        assert len(set(jobs)) == JOBS
        for job, ids in heard.items():
            told = now[0].call("GET", f"/v1/jobs/{job}/events").text.count("\nid: ")
            assert ids == list(range(1, told + 1))
        assert now[0].end() == 0
    assert outputs(data) == [f"job{number:03}_00001_.png" for number in range(JOBS)]
    for name in outputs(data):
        with Image.open(data / "outputs" / name) as picture:
            picture.load()
    assert list(data.rglob("*.part")) == []
    assert is_sound(data)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    with running(tmp_path_factory.mktemp("storm") / "data", SMALL_NODES) as child:
        child.until_ready()
        yield child


def test_1000_submissions_at_once_are_all_taken_and_the_server_answers(server: Child) -> None:
    graph = {"nodes": {"a": {"node": "Add"}}, "outputs": {"a": "${a.sum}"}}
    answered = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            answered.append(server.call("GET", "/livez").status)

    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(100) as pool:
        jobs = list(pool.map(lambda _: again(server, "POST", "/v1/jobs", graph), range(1000)))
    ended = Counter(server.ended(job.json["id"])["state"] for job in jobs)
    over.set()
    looking.join()

    assert ended == {"succeeded": 1000}
    assert set(answered) == {200}


def test_listeners_that_never_read_hold_up_none_of_50_others(server: Child) -> None:
    """Each stream is larger than what the system keeps for a client that does not read."""
    names = [f"n{number}_{'x' * 200}" for number in range(3000)]
    nodes: dict[str, Any] = {names[0]: {"node": "Tick", "seconds": 2.0}}
    nodes |= {name: {"node": "Add", "a": f"${{{before}.sum}}"} for before, name in pairwise(names)}
    job = server.submit({"nodes": nodes, "outputs": {"x": f"${{{names[-1]}.sum}}"}})
    path = f"/v1/jobs/{job}/events"
    with ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            client.connect(("127.0.0.1", server.port))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with ThreadPoolExecutor(50) as pool:
            streams = list(pool.map(lambda _: server.call("GET", path).text, range(50)))

    heard = [[line for line in each.splitlines() if line.startswith("id: ")] for each in streams]
    assert heard == [[f"id: {n}" for n in range(1, len(heard[0]) + 1)]] * 50
    assert all(json.dumps("succeeded") in each for each in streams)
    assert len(streams[0]) > KEPT_BY_SYSTEM
