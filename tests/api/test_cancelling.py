"""Cancelling a job over HTTP, in each state."""

from typing import Any

from paintgraph.tests.api.serving import Served

ADD = {"nodes": {"sum": {"node": "Add", "a": 2, "b": 3}}, "outputs": {"sum": "${sum.sum}"}}


def tick(seconds: float) -> dict[str, Any]:
    return {
        "nodes": {"long": {"node": "Tick", "seconds": seconds}},
        "outputs": {"steps": "${long.sum}"},
    }


def hang(seconds: float) -> dict[str, Any]:
    return {
        "nodes": {"stuck": {"node": "Hang", "seconds": seconds}},
        "outputs": {"steps": "${stuck.sum}"},
    }


def test_a_queued_job_is_cancelled_at_once(small: Served) -> None:
    ahead = small.job(tick(60))
    small.until(ahead, "running")
    queued = small.job(ADD)
    assert small.call("GET", f"/v1/jobs/{queued}").json["position"] == 0

    answer = small.call("DELETE", f"/v1/jobs/{queued}")

    assert (answer.status, answer.json["state"]) == (200, "cancelled")
    small.call("DELETE", f"/v1/jobs/{ahead}")
    small.until(ahead, "cancelled")


def test_a_running_job_is_cancelled_soon(small: Served) -> None:
    job_id = small.job(tick(60))
    small.until(job_id, "running")

    answer = small.call("DELETE", f"/v1/jobs/{job_id}")

    assert answer.status in (200, 202)
    assert small.until(job_id, "cancelled")["outputs"] == {}


def test_a_job_that_does_not_stop_is_cancelled_all_the_same(small: Served) -> None:
    job_id = small.job(hang(60))
    small.until(job_id, "running")

    small.call("DELETE", f"/v1/jobs/{job_id}")

    small.until(job_id, "cancelled")
    assert small.submit(ADD, wait=60).json["state"] == "succeeded"


def test_an_ended_job_stays_as_it_is(small: Served) -> None:
    job = small.submit(ADD, wait=60).json

    answer = small.call("DELETE", job["links"]["self"])

    assert (answer.status, answer.json) == (200, job)
