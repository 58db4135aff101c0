"""Errors of the engine and the store as answers, and a server that is full."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.api.http.refusals import refusal
from paintgraph.base.errors import Error, Problem
from paintgraph.base.text.document import TextError
from paintgraph.engine.errors import BindError, GraphError, NodeError
from paintgraph.jobs.dispatching.quotas import DrainingError, QueueFullError
from paintgraph.jobs.store.database import StoreError, UnreachableStoreError
from paintgraph.jobs.store.rows import KeyReusedError
from paintgraph.tests.api.serving import SMALL_NODES, Served, png, serving

TICK = {"nodes": {"n": {"node": "Tick"}}, "outputs": {"n": "${n.sum}"}}


def unreadable(code: str) -> GraphError:
    error = GraphError([Problem(code, "it cannot be read.")])
    error.__cause__ = TextError(code, "it cannot be read.")
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (GraphError([Problem("cycle", "a -> a.")]), 422, "cycle"),
        (GraphError([Problem("a", "a."), Problem("b", "b.")]), 422, "invalid_graph"),
        (GraphError([Problem("model_missing", "lama is missing.")]), 424, "model_missing"),
        (unreadable("bad_json"), 400, "bad_json"),
        (unreadable("too_large"), 413, "too_large"),
        (BindError("no such file.", "no_such_file"), 422, "no_such_file"),
        (KeyReusedError("again."), 422, "idempotency_key_reused"),
        (QueueFullError("full.", 7), 429, "queue_full"),
        (DrainingError("ending."), 503, "draining"),
        (StoreError("the disk is full."), 507, "store_unavailable"),
        (UnreachableStoreError("away."), 503, "store_unreachable"),
    ],
)
def test_each_error_has_its_status(error: Error, status: int, code: str) -> None:
    told = refusal(error)

    assert told is not None
    assert (told.status, told.code) == (status, code)
    assert all(problem["detail"] for problem in told.errors)
    assert ("Retry-After" in told.headers) == (status in (429, 503))


def test_what_no_client_can_cause_is_a_fault_of_the_server() -> None:
    assert refusal(NodeError("broken")) is None


def test_a_warning_does_not_count_as_a_problem_of_its_own() -> None:
    warning = Problem("unreachable", "b is idle.", severity="warning")

    told = refusal(GraphError([warning, Problem("cycle", "a -> a.")]))

    assert told is not None
    assert (told.code, told.message, len(told.errors)) == ("cycle", "a -> a.", 2)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server where one job may wait."""
    folder: Path = tmp_path_factory.mktemp("narrow")
    with serving(folder, SMALL_NODES, queue_jobs=1) as served:
        yield served


def test_a_full_queue_says_when_to_come_back(narrow: Served) -> None:
    running = narrow.job(TICK)
    narrow.until(running, "running")
    queued = narrow.job(TICK)

    answer = narrow.submit(TICK)

    assert (answer.status, answer.codes) == (429, ["queue_full"])
    assert int(answer.headers["Retry-After"]) >= 1
    assert narrow.call("GET", "/livez").status == 200
    for job_id in (queued, running):
        narrow.call("DELETE", f"/v1/jobs/{job_id}")
        narrow.until(job_id, "cancelled")


def test_a_full_disk_is_told_and_forgotten(narrow: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    headers = {"Content-Type": "image/png"}
    with monkeypatch.context() as patch:
        patch.setattr("paintgraph.engine.execution.blobs.write_whole", full)
        answer = narrow.call("POST", "/v1/images", data=png(1), headers=headers)

    assert (answer.status, answer.codes) == (507, ["storage_full"])
    assert narrow.call("POST", "/v1/images", data=png(1), headers=headers).status == 201
