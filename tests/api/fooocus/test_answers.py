"""Four ways to answer, and the shapes of each, as clients read them."""

import asyncio
import json
import re
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from PIL import Image

from paintgraph.api.fooocus import generate
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.tests.api.fooocus.asking import (
    EVERYTHING,
    GENERATE,
    PHOTO,
    WIDTH,
    ask,
    fetched,
    finished,
    inpaint,
    mask_of,
    text_of,
)
from paintgraph.tests.api.serving import OUTER_SECONDS, Served


def test_a_client_that_waits_gets_the_record(server: Served) -> None:
    answer = inpaint(server, prompt="a cat", webhook_url="")

    task = finished(answer)
    assert answer.headers["Content-Type"] == "application/json"
    assert re.fullmatch("[0-9a-f]{32}", task["task_id"])
    assert isinstance(task["id"], int)
    assert task["in_queue_mills"] <= task["start_mills"] <= task["finish_mills"]
    assert (task["progress"], task["webhook_url"]) == (100, "")
    assert "preview" not in task
    assert task["req_params"]["prompt"] == "a cat"
    sent = task["req_params"]["inpaint_input_image"]
    assert re.fullmatch(rf"{server.url}/inputs/[0-9a-f]{{64}}\.png", sent)
    assert fetched(server, sent) == PHOTO


def test_a_client_that_does_not_wait_gets_a_pending_task(server: Served) -> None:
    answer = inpaint(server, async_process=True)

    task = answer.json
    assert answer.status == 200
    task_id = task.pop("task_id")
    assert task == {
        "id": -1,
        "req_params": {},
        "in_queue_mills": -1,
        "start_mills": -1,
        "finish_mills": -1,
        "task_status": "pending",
        "progress": -1,
        "preview": "",
        "webhook_url": "",
        "result": [],
    }
    server.until(task_id, "succeeded")
    assert finished(server.call("GET", f"/tasks/{task_id}"))["task_id"] == task_id


def streamed(server: Served, **fields: Any) -> tuple[str, str]:
    """The type and the text of a stream."""

    async def read() -> tuple[str, str]:
        given = {
            "inpaint_input_image": text_of(PHOTO),
            "inpaint_mask_image_upload": text_of(mask_of()),
            "stream_output": True,
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.url + GENERATE, json=given | fields) as response,
        ):
            assert response.status == 200
            return response.headers["Content-Type"], await response.text()

    return asyncio.run(asyncio.wait_for(read(), OUTER_SECONDS))


def test_a_stream_tells_progress_and_ends_with_the_pictures(server: Served) -> None:
    kind, text = streamed(server, async_process=True)

    assert kind == "text/event-stream"
    *told, rest = text.split("\n\n")
    assert rest == ""
    messages = []
    for event in told:
        data, empty = event.split("\n")
        assert empty == "data: "
        messages.append(json.loads(data.removeprefix("data: ")))
    assert {"progress", "preview", "message", "images"} <= messages[0].keys()
    progress = [message["progress"] for message in messages]
    assert progress == sorted(progress)
    assert [message["images"] for message in messages[:-1]] == [[]] * (len(messages) - 1)
    assert (messages[-1]["progress"], messages[-1]["message"]) == (100, "Finished")
    (url,) = messages[-1]["images"]
    assert fetched(server, url).startswith(b"\x89PNG")


def test_a_stream_tells_what_came_with_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriptions = Subscriptions()
    job: Any = SimpleNamespace(id="x", has_ended=False)
    ended: Any = SimpleNamespace(id="x", has_ended=True, state="succeeded")

    async def look(*_: object) -> Any:
        subscriptions.publish("x", [{"type": "preview", "node": "a", "data": PHOTO}])
        return ended

    parts: Any = SimpleNamespace(
        subscriptions=subscriptions,
        store=SimpleNamespace(offload=look, get=None),
        serializer=SimpleNamespace(status=lambda _: {"state": "running", "progress": 0.5}),
        transcoding=asyncio.Semaphore(),
    )
    monkeypatch.setattr(generate, "record", lambda *_: {"result": [], "task_status": "finished"})

    async def follow() -> list[Any]:
        told = []
        async for event in generate._events(parts, job, "", shows=True):
            told.append(json.loads(event.split(b"\n")[0].removeprefix(b"data: ")))
            step = {"type": "progress", "node": "a", "done": 9, "total": 9}
            subscriptions.publish("x", [step])
        return told

    first, shown, last = asyncio.run(follow())

    assert (first["preview"], first["message"]) == (None, "Painting")
    assert shown["preview"].startswith("data:image/png;base64,")
    assert shown["message"] == "Painting, step 9/9"
    assert (last["preview"], last["message"]) == (None, "Finished")


def test_a_stream_of_a_task_that_fails_says_why(server: Served) -> None:
    _, text = streamed(server, inpaint_mask_image_upload=text_of(EVERYTHING))

    last = json.loads(text.strip().split("\n\n")[-1].split("\n")[0].removeprefix("data: "))
    assert (last["images"], last["task_status"]) == ([], "error")
    assert "picture" in last["message"]


@pytest.mark.parametrize(
    ("accept", "media_type", "pillow"),
    [
        ("image/png", "image/png", "PNG"),
        ("image/jpeg", "image/jpeg", "JPEG"),
        ("image/jpg", "image/jpeg", "JPEG"),
        ("image/webp, */*", "image/webp", "WEBP"),
        ("image/avif", "image/png", "PNG"),
        ("image/*;q=0.9", "image/png", "PNG"),
    ],
)
def test_a_client_that_wants_a_picture_gets_it(
    server: Served, accept: str, media_type: str, pillow: str
) -> None:
    answer = inpaint(
        server, image_number=3, stream_output=True, async_process=True, headers={"Accept": accept}
    )

    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
    with Image.open(BytesIO(answer.body)) as picture:
        assert (picture.format, picture.width) == (pillow, WIDTH)
    task = server.call("GET", f"/tasks/{answer.headers['X-Paintgraph-Job']}").json
    assert len(task["result"]) == 1


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, image/png", ""])
def test_any_other_client_gets_json(server: Served, accept: str) -> None:
    assert finished(inpaint(server, headers={"Accept": accept}))


def test_a_request_without_accept_gets_json(server: Served) -> None:
    async def post() -> Any:
        body = {"inpaint_input_image": text_of(PHOTO), "outpaint_selections": ["Top"]}
        async with (
            aiohttp.ClientSession(skip_auto_headers=["Accept"]) as session,
            session.post(server.url + GENERATE, json=body) as response,
        ):
            return await response.json()

    assert asyncio.run(post())["task_status"] == "finished"


def test_a_body_without_type_is_json(server: Served) -> None:
    async def post(kind: dict[str, str]) -> int:
        body = {"inpaint_input_image": text_of(PHOTO), "outpaint_selections": ["Top"]}
        async with (
            aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
            session.post(
                server.url + GENERATE, data=json.dumps(body).encode(), headers=kind
            ) as response,
        ):
            return response.status

    assert asyncio.run(post({})) == 200
    assert asyncio.run(post({"Content-Type": "text/plain"})) == 415
    assert asyncio.run(post({"Origin": "https://evil.example"})) == 403


def test_a_task_that_fails_is_told_as_an_error(server: Served) -> None:
    fields = {"inpaint_mask_image_upload": text_of(EVERYTHING)}
    answer = inpaint(server, **fields)

    task = answer.json
    assert answer.status == 200
    assert (task["task_status"], task["progress"], task["result"]) == ("error", 100, [])
    assert "painted" in task["message"]
    assert task["problems"][0]["code"]
    assert str(server.data) not in answer.body.decode()
    nothing = inpaint(
        server, inpaint_mask_image_upload=text_of(EVERYTHING), headers={"Accept": "image/png"}
    )
    assert (nothing.status, nothing.body) == (204, b"")
    assert "painted" in nothing.headers["X-Paintgraph-Error"]


def test_a_mask_over_everything_is_an_error_of_the_task(server: Served) -> None:
    task = ask(
        server,
        inpaint_input_image=text_of(PHOTO),
        inpaint_mask_image_upload=text_of(mask_of(255, 255)),
    ).json

    assert task["task_status"] == "error"
    assert "selects the whole picture" in task["message"]
