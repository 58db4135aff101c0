"""A server without workers tells who works for it, and what nobody can do."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.agent import StartError
from paintgraph.jobs.store.agents import Worker
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, serving
from paintgraph.tests.jobs.postgresql import PostgresqlServer

BOTH = (Worker("a/heavy-0", "host", "heavy"), Worker("a/light-0", "host", "light"))


class Alone:
    """A server, and rows of workers that there are none of."""

    def __init__(self, url: str) -> None:
        self.store = JobStore(url)
        self.served: Served

    def tell(self, *workers: Worker) -> None:
        asyncio.run(self.store.agents.tell("a", workers, 3600))

    def until_ready_says(self, reasons: list[str]) -> Any:
        deadline = time.monotonic() + OUTER_SECONDS
        while (answer := self.served.call("GET", "/readyz")).json.get("reasons", []) != reasons:
            assert time.monotonic() < deadline, answer.json
            time.sleep(0.05)
        return answer


@pytest.fixture(scope="module")
def alone(
    postgresql: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Alone]:
    url = postgresql.new_database()
    made = Alone(url)
    made.tell(*BOTH)
    data = tmp_path_factory.mktemp("alone")
    with serving(data, SMALL_NODES, jobs=url, no_workers=True) as made.served:
        yield made
    made.store.close()


def test_readiness_says_which_jobs_nobody_takes(alone: Alone) -> None:
    alone.tell(*BOTH)
    assert alone.until_ready_says([]).status == 200

    alone.tell(BOTH[1])

    heavy, light = (f"no worker is alive that takes {size} jobs" for size in ("heavy", "light"))
    assert alone.until_ready_says([heavy]).status == 503
    refused = alone.served.submit({"nodes": {}})
    assert (refused.status, refused.codes) == (503, ["starting"])
    assert "Start one (paintgraph agent), then try again." in refused.json["detail"]
    alone.tell()
    assert alone.until_ready_says([heavy, light]).status == 503


def test_a_job_says_which_models_no_worker_has(alone: Alone) -> None:
    alone.tell(*BOTH)
    alone.until_ready_says([])
    new = NewJob({}, {}, models=["lama@sha256:1", "sam@sha256:2"])
    job = asyncio.run(alone.store.accept(new)).job

    def said() -> str | None:
        text: str | None = alone.served.call("GET", f"/v1/jobs/{job.id}").json.get("waits_for")
        return text

    message = (
        "no worker that is alive has the files of 'lama@sha256:1' and 'sam@sha256:2'; one that "
        "gets them takes the job"
    )
    _until_said(said, message)
    alone.tell(BOTH[0], Worker("a/light-0", "host", "light", supports=(0, job.models)))
    _until_said(said, None)


def _until_said(said: Any, wanted: str | None) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while (now := said()) != wanted:
        assert time.monotonic() < deadline, now
        time.sleep(0.05)


def test_a_server_without_workers_needs_jobs_that_are_shared(tmp_path: Path) -> None:
    with pytest.raises(StartError) as caught, serving(tmp_path, SMALL_NODES, no_workers=True):
        pass

    assert str(caught.value) == (
        "setting 'no_workers': agents take jobs from a store that servers share, and none is "
        "named. Name it: --jobs postgresql://user:password@host:port/database, or PAINTGRAPH_JOBS."
    )
