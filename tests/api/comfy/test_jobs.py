"""Prompts as newer pages of ComfyUI list them."""

import time
from typing import Any

import pytest

from paintgraph.api.comfy.prompting.jobs import _preview
from paintgraph.tests.api.comfy.asking import ended, node, post, posted
from paintgraph.tests.api.serving import OUTER_SECONDS, Served

SHOWN = {"1": node("Add", a=1), "2": node("Show", value=["1", 0])}
FAILING = {"1": node("Fail"), "2": node("Show", value=["1", 0])}
SLOW = {"1": node("Tick"), "2": node("Show", value=["1", 0])}


def workflow(name: str) -> dict[str, Any]:
    """What a page sends of the workflow that a prompt was made of."""
    return {"extra_pnginfo": {"workflow": {"id": name, "nodes": []}}}


@pytest.fixture(scope="module")
def six(small: Served) -> dict[str, str]:
    """Prompts in each state, by its name."""
    done = [posted(small, SHOWN, extra_data=workflow(f"flow-{n}")) for n in range(2)]
    failed = posted(small, FAILING)
    for name in (*done, failed):
        ended(small, name)
    cancelled = posted(small, SLOW)
    until(small, cancelled, "in_progress")
    small.call("POST", f"/api/jobs/{cancelled}/cancel")
    ended(small, cancelled)
    running = posted(small, SLOW)
    until(small, running, "in_progress")
    states = ("completed", "second", "failed", "cancelled", "in_progress", "pending")
    return dict(zip(states, (*done, failed, cancelled, running, posted(small, SHOWN)), strict=True))


def until(server: Served, name: str, status: str) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while server.call("GET", f"/api/jobs/{name}").json["status"] != status:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def listed(server: Served, query: str = "") -> list[str]:
    return [job["id"] for job in server.call("GET", f"/api/jobs{query}").json["jobs"]]


def test_the_list_has_all_states_the_newest_first(small: Served, six: dict[str, str]) -> None:
    answer = small.call("GET", "/api/jobs?limit=200").json

    jobs = {job["id"]: job for job in answer["jobs"]}
    assert list(jobs) == list(reversed(six.values()))
    for state, name in six.items():
        assert jobs[name]["status"] == ("completed" if state == "second" else state)
        assert isinstance(jobs[name]["create_time"], int)
        assert None not in jobs[name].values()
    assert answer["pagination"] == {"offset": 0, "limit": 200, "total": 6, "has_more": False}
    done = jobs[six["completed"]]
    assert (done["outputs_count"], done["workflow_id"]) == (1, "flow-0")
    assert done["execution_start_time"] <= done["execution_end_time"]
    assert jobs[six["failed"]]["execution_error"]["node_id"] == "1"


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("?status=completed", ["second", "completed"]),
        ("?status=in_progress,pending", ["pending", "in_progress"]),
        ("?status=failed,cancelled&sort_order=asc", ["failed", "cancelled"]),
        ("?workflow_id=flow-1", ["second"]),
        ("?workflow_id=none", []),
        ("?limit=2&offset=1", ["in_progress", "cancelled"]),
        ("?offset=100", []),
    ],
)
def test_pages_are_chosen(
    small: Served, six: dict[str, str], query: str, states: list[str]
) -> None:
    assert listed(small, query) == [six[state] for state in states]


def test_pages_tell_whether_there_are_more(small: Served, six: dict[str, str]) -> None:
    pagination = small.call("GET", "/api/jobs?limit=2&offset=3").json["pagination"]

    assert pagination == {"offset": 3, "limit": 2, "total": len(six), "has_more": True}
    longest = listed(small, "?sort_by=execution_duration&limit=1")
    assert len(longest) == 1


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "sort_by=name",
        "sort_order=up",
        "limit=0",
        "limit=x",
        "offset=-1",
        "limit=1e3",
    ],
)
def test_bad_parameters_are_named(small: Served, query: str) -> None:
    answer = small.call("GET", f"/api/jobs?{query}")

    assert answer.status == 400
    assert query.partition("=")[0] in answer.json["error"]


def test_one_job_has_all_that_it_showed(small: Served, six: dict[str, str]) -> None:
    job = small.call("GET", f"/api/jobs/{six['completed']}").json

    assert job["outputs"] == {"2": {"text": ["2"]}}
    assert job["workflow"]["prompt"] == SHOWN
    assert job["workflow"]["extra_data"]["extra_pnginfo"]["workflow"]["id"] == "flow-0"
    assert job["execution_status"]["status_str"] == "success"
    unknown = small.call("GET", "/api/jobs/none")
    assert (unknown.status, unknown.json) == (404, {"error": "Job not found"})


def test_jobs_are_cancelled_whether_they_wait_or_run(small: Served, six: dict[str, str]) -> None:
    waiting = [posted(small, SLOW) for _ in range(2)]

    several = small.call("POST", "/api/jobs/cancel", json={"job_ids": waiting})
    assert several.json == {"cancelled": True}
    assert small.call("POST", "/api/jobs/cancel", json={"job_ids": ["x"]}).status == 400
    assert small.call("POST", "/api/jobs/cancel", json={}).status == 400
    again = small.call("POST", f"/api/jobs/{waiting[0]}/cancel")
    assert again.json == {"cancelled": False}
    assert small.call("POST", f"/api/jobs/{six['in_progress']}/cancel").json["cancelled"]
    assert ended(small, six["in_progress"])["status"]["messages"][-1][0] == "execution_interrupted"
    assert waiting[0] not in listed(small)


def test_files_are_previewed_those_that_are_kept_first(server: Served) -> None:
    prompt = {
        "1": node("EmptyImage", width=5, height=4),
        "2": node("PreviewImage", images=["1", 0]),
        "3": node("SaveImage", images=["1", 0], filename_prefix="sub/kept"),
    }
    answer = post(server, prompt)
    ended(server, answer.json["prompt_id"])

    (job,) = server.call("GET", "/jobs").json["jobs"]
    kept = {"filename": "a.png", "type": "output"}
    shown = [("1", "text", "x"), ("2", "images", {**kept, "type": "temp"}), ("3", "images", kept)]
    assert _preview(shown) == {**kept, "nodeId": "3", "mediaType": "images"}
    assert _preview(shown[:1]) is None

    assert job["outputs_count"] == 2
    assert job["preview_output"] == {
        "filename": "kept_00001_.png",
        "subfolder": "sub",
        "type": "output",
        "nodeId": "3",
        "mediaType": "images",
    }
