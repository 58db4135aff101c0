"""The companions: lists of tasks, control, files, names of models."""

import json
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from paintgraph.api.fooocus import tasks
from paintgraph.tests.api.fooocus.asking import (
    MASK,
    PHOTO,
    WIDTH,
    ask,
    fetched,
    finished,
    inpaint,
    large,
    path_of,
)
from paintgraph.tests.api.hostile.processes import wait_for
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import Served, emptied


@pytest.fixture
def own(server: Served) -> Served:
    """The server, without jobs of others."""
    return emptied(server)


def lists(server: Served, **query: Any) -> Any:
    return server.call("GET", "/tasks", params=query).json


def test_history_is_listed_in_pages_from_newest_to_oldest(own: Served) -> None:
    ids = [finished(inpaint(own, image_seed=seed))["task_id"] for seed in range(3)]

    assert [task["task_id"] for task in lists(own)["history"]] == ids[::-1]
    assert lists(own)["current"] == lists(own)["pending"] == []
    page = lists(own, query="history", page=1, page_size=2)
    assert [task["task_id"] for task in page["history"]] == ids[:1]
    assert lists(own, page=7)["history"] == []
    assert own.call("GET", "/tasks/").json == lists(own)


def test_history_is_listed_by_time_and_deleted_till_now(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (finished(inpaint(own, image_seed=seed)) for seed in range(2))

    since = datetime.fromtimestamp(second["in_queue_mills"] / 1000, UTC).isoformat()
    assert [t["task_id"] for t in lists(own, start_at=since)["history"]] == [second["task_id"]]
    assert [t["task_id"] for t in lists(own, end_at=since)["history"]] == [first["task_id"]]
    both = lists(own, start_at="2024-01-01", end_at="2199-01-01T00:00:00", page_size=1)
    assert len(both["history"]) == 2
    now = second["in_queue_mills"] / 1000
    monkeypatch.setattr(tasks, "time", SimpleNamespace(time=lambda: now))
    own.call("GET", "/tasks", params={"start_at": "2024-01-01", "action": "delete"})
    assert [t["task_id"] for t in lists(own)["history"]] == [second["task_id"]]


def test_tasks_of_a_time_are_deleted_with_their_files(own: Served) -> None:
    first, second = (finished(inpaint(own, image_seed=seed)) for seed in range(2))
    since = datetime.fromtimestamp(second["in_queue_mills"] / 1000, UTC).isoformat()

    answer = own.call("GET", "/tasks", params={"start_at": since, "action": "delete"})

    assert (answer.status, answer.json) == (200, None)
    assert [task["task_id"] for task in lists(own)["history"]] == [first["task_id"]]
    assert fetched(own, first["result"][0])
    assert own.call("GET", path_of(own, second["result"][0])).status == 404


def test_only_what_has_ended_in_a_time_is_deleted(own: Served) -> None:
    for query, field in (({}, "start_at"), ({"end_at": "2199-01-01", "query": "current"}, "query")):
        answer = own.call("GET", "/tasks", params={"action": "delete", **query})
        assert answer.status == 422
        assert [fault["loc"] for fault in answer.json["detail"]] == [["query", field]]


def test_no_page_of_others_deletes(own: Served) -> None:
    task = finished(inpaint(own))
    query = {"action": "delete", "end_at": "2199-01-01"}

    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
    ):
        answer = own.call("GET", "/tasks", params=query, headers=headers)
        assert answer.status == 403, headers

    assert [each["task_id"] for each in lists(own)["history"]] == [task["task_id"]]


def test_keys_delete_their_own_tasks_and_need_the_scope(locked: Served) -> None:
    alice, bob = Client(locked, "alice"), Client(locked, "bob")
    reader = Client(locked, "reader", "read")
    for client in (alice, bob):
        finished(inpaint(locked, headers=client.headers))
    query = {"action": "delete", "end_at": "2199-01-01"}

    assert reader.call("GET", "/tasks", params=query).codes == ["scope_missing"]
    assert alice.call("GET", "/tasks", params=query).status == 200

    assert [len(each.call("GET", "/tasks").json["history"]) for each in (alice, bob)] == [0, 1]


def test_other_jobs_are_no_tasks(own: Served) -> None:
    graph = {"nodes": {"a": {"node": "SolidMask"}}, "outputs": {"mask": "${a.mask}"}}
    job = own.submit({"graph": graph}, wait=60).json

    assert lists(own) == {"history": [], "current": [], "pending": []}
    assert own.call("GET", f"/tasks/{job['id']}").json == []


@pytest.mark.parametrize("query", ["", "?query=all", "?page=&page_size="])
def test_what_is_left_open_is_all(own: Served, query: str) -> None:
    assert own.call("GET", f"/tasks{query}").json == {"history": [], "current": [], "pending": []}


@pytest.mark.parametrize(
    ("query", "type_"),
    [
        ({"query": "old"}, "enum"),
        ({"page": "-1"}, "int_parsing"),
        ({"page_size": "0"}, "int_parsing"),
        ({"page": "9" * 30}, "int_parsing"),
        ({"start_at": "yesterday"}, "datetime_parsing"),
        ({"end_at": "9" * 400}, "datetime_parsing"),
        ({"action": "purge"}, "enum"),
    ],
)
def test_bad_queries_are_told(server: Served, query: dict[str, str], type_: str) -> None:
    answer = server.call("GET", "/tasks", params=query)

    assert answer.status == 422
    (fault,) = answer.json["detail"]
    assert (fault["type"], fault["loc"]) == (type_, ["query", next(iter(query))])


@pytest.mark.parametrize("task_id", ["unknown", "0" * 32, "%00", "..%2f"])
def test_an_unknown_task_is_an_empty_list(server: Served, task_id: str) -> None:
    answer = server.call("GET", f"/tasks/{task_id}")

    assert (answer.status, answer.json) == (200, [])


def test_tasks_at_work_and_waiting_are_shown_and_stopped(own: Served) -> None:
    assert own.call("POST", "/v1/engine/control?action=stop").json == {"message": "No task running"}
    working = ask(own, **large()).json["task_id"]
    waiting = ask(own, **large()).json["task_id"]
    own.until(working, "running")

    shown = lists(own)
    assert [(t["task_id"], t["task_status"]) for t in shown["current"]] == [(working, "running")]
    assert [(t["task_id"], t["task_status"]) for t in shown["pending"]] == [(waiting, None)]
    assert shown["current"][0]["preview"] == ""
    assert own.call("GET", f"/tasks/{working}").json["preview"] == ""
    answer = own.call("POST", "/v1/engine/control/?action=stop")
    assert answer.json == {"message": "task stoped", "task_id": working}
    own.until(working, "cancelled")
    own.until(waiting, "running")
    answer = own.call("POST", "/v1/engine/control", params={"action": "skip"})
    assert answer.json == {"message": "task skiped", "task_id": waiting}
    own.until(waiting, "cancelled")
    history = lists(own)["history"]
    assert [task["task_status"] for task in history] == ["stop", "stop"]


def test_a_task_that_is_stopped_keeps_the_pictures_it_has(own: Served) -> None:
    task = inpaint(own, image_number=32, async_process=True).json["task_id"]
    wait_for(lambda: own.call("GET", f"/tasks/{task}").json["result"], "it has a picture")
    own.call("POST", "/v1/engine/control?action=stop")
    own.until(task, "cancelled")
    urls = own.call("GET", f"/tasks/{task}").json["result"]
    assert 1 <= len(urls) < 32
    assert all(fetched(own, url) for url in urls)


@pytest.mark.parametrize("query", ["", "?action=", "?action=jump"])
def test_other_actions_are_none(server: Served, query: str) -> None:
    answer = server.call("POST", f"/v1/engine/control{query}")

    assert (answer.status, answer.json) == (200, {"message": "Invalid control action"})


def test_files_come_in_the_format_that_is_asked_for(server: Served) -> None:
    task = finished(inpaint(server))
    path = path_of(server, task["result"][0])

    for accept, kind in (("image/jpeg", "JPEG"), ("image/webp", "WEBP"), ("*/*", "PNG")):
        answer = server.call("GET", path, headers={"Accept": accept})
        with Image.open(BytesIO(answer.body)) as picture:
            assert (picture.format, picture.width) == (kind, WIDTH)
        assert answer.headers["Content-Type"] == f"image/{kind.lower()}"
    assert server.call("HEAD", path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/outputs/2024-01-01/none.png",
        "/outputs/..%2f/jobs.sqlite",
        "/outputs/%2e%2e/secret.png",
        "/outputs/..%2f..%2fetc/passwd",
        "/outputs/a%00b/c.png",
        "/outputs/out/link.png",
        "/outputs/out/notes.txt",
        "/outputs/out/fake.png",
        "/inputs/none.png",
        f"/inputs/{'0' * 64}.png",
        f"/inputs/{'0' * 64}.svg",
        "/inputs/..%2fsecret.png",
    ],
)
def test_only_pictures_inside_the_folder_are_shown(server: Served, path: str) -> None:
    folder = server.data / "outputs" / "out"
    folder.mkdir(parents=True, exist_ok=True)
    (server.data / "secret.png").write_bytes(PHOTO)
    (folder / "notes.txt").write_bytes(PHOTO)
    (folder / "fake.png").write_text("<svg onload='alert(1)'/>")
    if not (folder / "link.png").is_symlink():
        (folder / "link.png").symlink_to(server.data / "secret.png")

    answer = server.call("GET", path)

    assert answer.status == 404
    assert isinstance(answer.json["detail"], str)


def test_models_that_are_not_there_are_not_listed(server: Served) -> None:
    for path in ("/v1/engines/all-models", "/v1/engines/all-models/"):
        answer = server.call("GET", path)
        assert answer.json == {"model_filenames": [], "lora_filenames": []}
    assert server.call("GET", "/v1/engines/styles").json == []


def test_with_keys_results_can_still_be_fetched_by_a_plain_get(locked: Served) -> None:
    key = {"X-API-KEY": "k3y"}
    task = finished(inpaint(locked, headers=key))

    (url,) = task["result"]
    assert fetched(locked, url).startswith(b"\x89PNG")
    sent = task["req_params"]["inpaint_input_image"]
    assert fetched(locked, sent) == PHOTO
    assert locked.call("GET", path_of(locked, url).partition("?")[0]).status == 403
    again = finished(inpaint(locked, inpaint_input_image=url, headers=key))
    assert again["result"]


@pytest.mark.parametrize("key", [None, "wrong"])
def test_without_the_key_requests_are_forbidden(locked: Served, key: str | None) -> None:
    headers = {"X-API-KEY": key} if key else {}
    for path in ("/v1/engine/generate", "/v1/engine/generate/", MASK, "/v1/engine/control"):
        answer = locked.call("POST", path, json={}, headers=headers)
        assert answer.status == 403
        assert isinstance(answer.json["detail"], str)
    for path in ("/tasks", "/v1/engines/all-models", "/inputs/a.png"):
        assert locked.call("GET", path, headers=headers).status == 403
    assert locked.call("GET", "/v1/jobs", headers=headers).status == 401


def test_answers_name_no_folder_of_the_machine(server: Served) -> None:
    task = finished(inpaint(server))

    assert str(server.data) not in json.dumps(task)
