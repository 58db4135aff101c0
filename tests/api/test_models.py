"""Models over HTTP: what there is, and pulls with progress for those who may."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from paintgraph.tests.api.serving import OUTER_SECONDS, Served, Stream, serving
from paintgraph.tests.models.model_server import (
    Serving,
    broken_after,
    model_bytes,
    model_server,
    sha,
    stalled_after,
    status,
)

DATA = model_bytes(400_000)
SMALL_NODES = "paintgraph.tests.jobs.parts:parts"


@pytest.fixture(scope="module")
def source() -> Iterator[Serving]:
    with model_server() as served:
        served.files["/m.onnx"] = DATA
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, source: Serving) -> Iterator[Path]:
    """A models folder with a model of the user's own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "models").mkdir()
    (folder / "models" / "models.yaml").write_text(
        f"mine:\n  family: rembg\n  files:\n    - path: m.onnx\n"
        f"      url: {source.url}/m.onnx\n      digests: ['{sha(DATA)}']\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "models"))
        patch.setenv("REMBG_HOME", str(folder / "rembg"))
        patch.setenv("HF_HOME", str(folder / "hf"))
        patch.delenv("U2NET_HOME", raising=False)
        yield folder


@pytest.fixture(scope="module")
def open_server(home: Path) -> Iterator[Served]:
    """A server that fetches models for its clients."""
    with serving(home / "open", SMALL_NODES, allow_model_pull=True) as served:
        yield served


@pytest.fixture(scope="module")
def closed_server(home: Path) -> Iterator[Served]:
    with serving(home / "closed", SMALL_NODES) as served:
        yield served


@pytest.fixture(autouse=True)
def nothing_there(home: Path, source: Serving) -> None:
    for path in (home / "rembg").rglob("*.*"):
        if path.is_file():
            path.unlink()
    source.acts, source.asked = [], []


async def pulled(server: Served, name: str = "mine") -> list[dict[str, Any]]:
    """All events of a pull."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/v1/models/{name}/pull", json={}) as response,
    ):
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        return [event.data async for event in Stream(response)]


def pull(server: Served, name: str = "mine") -> list[dict[str, Any]]:
    return asyncio.run(asyncio.wait_for(pulled(server, name), OUTER_SECONDS))


def test_models_are_listed_with_state_size_and_licence(closed_server: Served) -> None:
    answer = closed_server.call("GET", "/v1/models").json

    models = {model["name"]: model for model in answer["models"]}
    assert answer["can_be_pulled"] is False
    assert models["mine"]["state"] == "missing"
    assert models["bria-rmbg"]["licence"]["commercial"] == "paid"
    assert models["isnet-general-use"]["size_bytes"] == 179_000_000
    shown = closed_server.call("GET", models["mine"]["url"]).json
    assert shown == models["mine"]


def test_no_path_of_the_server_is_told(closed_server: Served, home: Path) -> None:
    file = home / "rembg" / "models" / "mine" / "m.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")

    for path in ("/v1/models", "/v1/models/mine"):
        answer = closed_server.call("GET", path)
        assert str(home) not in answer.body.decode()
    assert json.loads(answer.body)["problems"] == ["'m.onnx': it is empty"]


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/pull")])
def test_an_unknown_model_is_404_with_the_nearest(
    open_server: Served, method: str, end: str
) -> None:
    answer = open_server.call(method, f"/v1/models/isnet-general{end}", json={})

    assert (answer.status, answer.codes) == (404, ["unknown_model"])
    assert "Did you mean 'isnet-general-use'?" in answer.json["detail"]


def test_pulls_are_off_unless_they_are_wanted(closed_server: Served, source: Serving) -> None:
    answer = closed_server.call("POST", "/v1/models/mine/pull", json={})

    assert (answer.status, answer.codes) == (403, ["pull_not_allowed"])
    assert answer.json["detail"] == (
        "this server fetches no models for its clients. Run 'paintgraph models pull mine' on its "
        "machine, or start it with the setting 'allow_model_pull' (PAINTGRAPH_ALLOW_MODEL_PULL=1)."
    )
    assert source.asked == []


def test_a_pull_tells_of_its_progress_to_the_end(open_server: Served, source: Serving) -> None:
    source.acts = [broken_after(200_000)]

    events = pull(open_server)

    assert [each["type"] for each in events if each["type"] != "progress"] == [
        *("note", "note"),  # the licence, the break
        "done",
    ]
    progress = [each for each in events if each["type"] == "progress"]
    assert {each["file"] for each in progress} == {"m.onnx"}
    assert progress[-1]["total_bytes"] in (400_000, None)
    assert events[-1]["model"]["state"] == "present"
    assert open_server.call("GET", "/v1/models/mine").json["verified"] is True
    assert open_server.call("GET", "/v1/models").json["can_be_pulled"] is True


def test_a_pull_that_fails_says_why(open_server: Served, source: Serving, home: Path) -> None:
    source.acts = [status(404)]

    last = pull(open_server)[-1]

    assert (last["type"], last["code"]) == ("failed", "download_failed")
    assert "404" in last["detail"]
    assert str(home) not in str(last)


def test_what_has_no_address_says_what_to_do(open_server: Served) -> None:
    last = pull(open_server, "lama")[-1]

    assert (last["type"], last["code"]) == ("failed", "missing_model")


def test_who_comes_later_follows_the_same_pull(open_server: Served, source: Serving) -> None:
    source.acts = [stalled_after(100_000)]

    async def both() -> None:
        first = asyncio.create_task(pulled(open_server))
        while not source.asked:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        second = asyncio.create_task(pulled(open_server))
        await asyncio.sleep(0.2)
        first.cancel()  # who goes away does not end it
        source.stop.set()
        events = await second
        assert events[-1]["type"] == "done"

    try:
        asyncio.run(asyncio.wait_for(both(), OUTER_SECONDS))
    finally:
        source.stop.clear()
    assert [each.headers.get("Range") for each in source.asked] == [None, "bytes=100000-"]


def test_a_server_that_ends_does_not_wait_for_a_pull(home: Path, source: Serving) -> None:
    source.acts = [stalled_after(100_000)]

    async def begin(server: Served) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{server.url}/v1/models/mine/pull", json={}) as response,
        ):
            await response.content.readline()
            part = home / "rembg" / "models" / "mine" / ".m.onnx.part"
            while not part.exists() or part.stat().st_size < 100_000:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    with serving(home / "ending", SMALL_NODES, allow_model_pull=True) as server:
        asyncio.run(asyncio.wait_for(begin(server), OUTER_SECONDS))
        began = time.monotonic()
    assert time.monotonic() - began < 20  # not the 30 s that it waits for a silent server
    source.stop.set()
