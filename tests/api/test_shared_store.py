"""Servers that share a job store in PostgreSQL, and one whose database is killed under it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, serving
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server


@pytest.fixture(scope="module")
def mortal() -> Iterator[PostgresqlServer]:
    """A server that keeps what it promises when it is killed."""
    with postgresql_server(is_durable=True) as server:
        yield server


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
