"""Jobs of this API: queries, counts, lists, the end on request, a full queue, keys."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from paintgraph.tests.api.fooocus.asking import inpaint
from paintgraph.tests.api.generation.asking import (
    FILES,
    HISTORY,
    INPAINT,
    QUERY,
    QUEUE,
    SECONDS,
    STOP,
    asked_until,
    ended,
    form,
    get,
    large_job,
    post,
    results,
)
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server at which one job may wait."""
    with serving(tmp_path_factory.mktemp("data"), queue_jobs=1) as served:
        yield served


def test_without_jobs_there_is_nothing(server: Served) -> None:
    assert get(server, QUEUE) == {"running_size": 0, "finished_size": 0, "last_job_id": None}
    assert get(server, HISTORY) == {"queue": [], "history": []}
    assert requests.post(server.url + STOP, timeout=SECONDS).json() == {"msg": "success"}


def test_ping_answers(server: Served) -> None:
    assert requests.get(f"{server.url}/ping", timeout=SECONDS).text == "pong"


def full(server: Served) -> tuple[list[str], Any]:
    """A job at work and one that waits, and the answer to a third."""
    taken: list[str] = []
    for _ in range(2):
        taken.append(post(server, **large_job()).json()["job_id"])
        server.until(taken[0], "running")
    return taken, post(server, **large_job())


def stop_all(server: Served, ids: list[str]) -> list[Any]:
    """The jobs once each of them has ended."""
    for job_id in ids:
        server.call("DELETE", f"/v1/jobs/{job_id}")
    return [ended(server, job_id) for job_id in ids]


def test_a_full_queue_is_told_in_each_form(server: Served) -> None:
    taken, refused = full(server)
    at_once = form(server, files=FILES)
    picture = form(server, files=FILES, headers={"Accept": "image/png"})
    waiting = get(server, QUERY, job_id=taken[-1])
    queue = get(server, HISTORY)["queue"]
    counted = get(server, QUEUE)
    stop_all(server, taken)

    job = refused.json()
    assert (job["job_stage"], job["job_progress"]) == ("ERROR", 0)
    for answer, (result,) in ((refused, job["job_result"]), (at_once, at_once.json())):
        assert answer.status_code == 200
        assert (result["finish_reason"], result["url"]) == ("QUEUE_IS_FULL", None)
        assert "the queue is full" in result["message"]
        assert int(answer.headers["Retry-After"]) > 0
    assert (picture.status_code, picture.json()["code"]) == (409, "queue_full")
    assert (waiting["job_stage"], waiting["position"]) == ("WAITING", 0)
    assert [entry["job_id"] for entry in queue] == taken
    assert counted["running_size"] == len(taken)
    assert counted["last_job_id"] == taken[-1]


def test_stop_ends_the_job_at_work(server: Served) -> None:
    job_id = post(server, **large_job()).json()["job_id"]
    server.until(job_id, "running")

    answer = requests.post(server.url + STOP, timeout=SECONDS)

    assert answer.json() == {"msg": "success"}
    job = ended(server, job_id)
    assert (job["job_stage"], job["job_status"]) == ("ERROR", "The job was stopped.")
    assert len(job["job_result"]) == 4
    assert {each["finish_reason"] for each in job["job_result"]} <= {"USER_CANCEL", "SUCCESS"}
    assert job["job_result"][-1]["finish_reason"] == "USER_CANCEL"


def test_history_is_listed_from_oldest_to_newest_and_in_pages(server: Served) -> None:
    ids = [post(server, **INPAINT, async_process=True).json()["job_id"] for _ in range(1)]
    ids = [ended(server, job_id)["job_id"] for job_id in ids]
    ids.append(requests_job(server))

    listed = [entry["job_id"] for entry in get(server, HISTORY)["history"]]
    assert listed[-2:] == ids
    assert [e["job_id"] for e in get(server, HISTORY, page=0, page_size=1)["history"]] == ids[-1:]
    assert [e["job_id"] for e in get(server, HISTORY, page=1, page_size=1)["history"]] == ids[:1]
    (one,) = get(server, HISTORY, job_id=ids[0])["history"]
    assert one["is_finished"]
    assert one["in_queue_mills"] <= one["start_mills"] <= one["finish_mills"]
    assert get(server, QUEUE)["finished_size"] == len(listed)


def requests_job(server: Served) -> str:
    """The id of a job that somebody waited for."""
    answer = post(server, **INPAINT)
    results(answer)
    return answer.headers["X-Paintgraph-Job"]


def test_jobs_of_the_other_api_are_none_of_this(server: Served) -> None:
    task = inpaint(server).json["task_id"]
    job = requests_job(server)

    assert (
        requests.get(server.url + QUERY, params={"job_id": task}, timeout=SECONDS).status_code
        == 404
    )
    assert server.call("GET", f"/tasks/{job}").json == []
    assert task not in str(get(server, HISTORY))


@pytest.mark.parametrize("job_id", ["x", "0" * 32, "../..", "\N{GRINNING FACE}", "a" * 5000])
def test_an_unknown_job_is_not_found(server: Served, job_id: str) -> None:
    answer = requests.get(server.url + QUERY, params={"job_id": job_id}, timeout=SECONDS)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Job not found")


def test_without_a_key_all_but_ping_is_forbidden(locked: Served) -> None:
    for path in (QUERY, QUEUE, HISTORY, "/files/a/b.png", "/v1/engines/all-models"):
        assert requests.get(locked.url + path, timeout=SECONDS).status_code == 403
    for path in (STOP, "/v1/generation/text-to-image"):
        assert requests.post(locked.url + path, timeout=SECONDS).status_code == 403
    assert form(locked, files=FILES).status_code == 403
    assert requests.get(f"{locked.url}/ping", timeout=SECONDS).text == "pong"


def test_jobs_files_and_stop_are_of_one_key(locked: Served) -> None:
    alice, bob = Client(locked, "alice"), Client(locked, "bob")
    done = post(locked, **INPAINT, headers=alice.headers)
    (result,) = results(done)
    job_id = post(locked, **large_job(), headers=alice.headers).json()["job_id"]
    locked_until_running(alice, job_id)

    assert bob.call("POST", STOP).json == {"msg": "success"}
    assert get(locked, QUERY, job_id=job_id, headers=alice.headers)["job_stage"] == "RUNNING"
    assert bob.call("GET", QUERY, params={"job_id": job_id}).status == 404
    assert bob.call("GET", HISTORY).json == {"queue": [], "history": []}
    assert bob.call("GET", QUEUE).json["last_job_id"] is None
    plain = result["url"].removeprefix(locked.url).partition("?")[0]
    assert bob.call("GET", plain).status == 404
    assert alice.call("GET", plain).status == 200
    assert requests.get(result["url"], timeout=SECONDS).status_code == 200  # it is signed
    assert alice.call("POST", STOP).json == {"msg": "success"}
    assert ended(locked, job_id, headers=alice.headers)["job_stage"] == "ERROR"


def locked_until_running(client: Client, job_id: str) -> None:
    asked_until(
        lambda: client.call("GET", QUERY, params={"job_id": job_id}).json,
        lambda job: job["job_stage"] != "WAITING",
    )


def test_stop_needs_its_scope(locked: Served) -> None:
    reader = Client(locked, "reader", "read")

    assert reader.call("POST", STOP).codes == ["scope_missing"]
    assert reader.call("POST", "/v1/engines/refresh-models").status == 200
