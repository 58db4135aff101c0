"""Results of a server carry the graph that made them, and a picture posted by itself runs again."""

from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from paintgraph.api.services.transcoding import _converted
from paintgraph.base.pictures import texts_of
from paintgraph.engine.graph.formats.carried import KEYS, RESULT, made_in
from paintgraph.imaging.files.made import with_made
from paintgraph.imaging.files.metadata import MADE
from paintgraph.tests.api.serving import Served, pixels, png, run_recipe

WIDER = {"sides": ["left"], "fraction": 0.5, "engine": "telea", "seed": -1}
PNG = {"Content-Type": "image/png"}


def texts(data: bytes) -> dict[str, str]:
    return texts_of(BytesIO(data), MADE)


def fetched(server: Served, picture: Any) -> bytes:
    return server.call("GET", picture["url"]).body


def saving(server: Served, form: str, **own: Any) -> dict[str, Any]:
    photo = {"node": "LoadImage", "image": server.upload(png())}
    turned = {"node": "ImageInvert", "image": "${photo.image}"}
    saved = {"node": "SaveImage", "images": "${turned.image}", "format": form, **own}
    return {"nodes": {"photo": photo, "turned": turned, "saved": saved}}


def test_a_result_of_a_recipe_runs_again_by_itself(server: Served) -> None:
    job = run_recipe(server, "outpaint", {"image": server.upload(png()), **WIDER})
    data = fetched(server, job["outputs"]["image"])

    valid = server.call("POST", "/v1/graphs/validate", data=data, headers=PNG)
    again = server.call("POST", "/v1/jobs?wait=60", data=data, headers=PNG).json

    assert valid.json == {"valid": True, "problems": []}
    assert again["outputs"] == job["outputs"]
    assert made_in(BytesIO(data)).digest == pixels(server, job["outputs"]["image"])  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["png", "webp"])
def test_what_a_save_node_wrote_carries_its_graph(server: Served, form: str) -> None:
    before = {*(server.data / "outputs").rglob("*")}
    job = server.submit(saving(server, form), wait=60).json
    (file,) = {*(server.data / "outputs").rglob("*")} - before
    (shown,) = job["outputs"].values()

    data = fetched(server, shown)

    assert data == file.read_bytes()
    assert "saved" in orjson.loads(texts(data)["paintgraph"])["nodes"]
    head = {"Content-Type": f"image/{form}"}
    again = server.call("POST", "/v1/jobs?wait=60", data=data, headers=head).json
    assert [pixels(server, each) for each in again["outputs"].values()] == [pixels(server, shown)]


@pytest.mark.parametrize("query", ["", "&graph=false"])
def test_nothing_is_carried_where_that_is_not_wished(server: Served, query: str) -> None:
    own = {} if query else {"graph": False}
    path = f"/v1/jobs?wait=60{query}"
    job = server.call("POST", path, json=saving(server, "png", **own)).json

    (shown,) = job["outputs"].values()
    assert texts(fetched(server, shown)) == {}


def test_a_prompt_leaves_a_prompt_that_other_programs_read(server: Served) -> None:
    digest = server.upload(png())
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": digest}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }

    job = server.submit(prompt, wait=60).json

    found = texts(fetched(server, job["outputs"]["2"]))
    assert found.keys() == {"paintgraph", "prompt", RESULT}
    assert orjson.loads(found["prompt"])["1"]["inputs"]["image"] == digest


def test_an_input_that_is_not_here_is_named_with_its_digest(server: Served) -> None:
    job = run_recipe(server, "outpaint", {"image": server.upload(png(5)), **WIDER})
    data = fetched(server, job["outputs"]["image"])
    digest = orjson.loads(texts(data)["paintgraph"])["inputs"]["image"]["default"]
    blob = server.data / "blobs" / digest[7:9] / digest[7:]
    blob.unlink()

    answer = server.call("POST", "/v1/jobs", data=data, headers=PNG)

    assert (answer.status, answer.codes) == (422, ["unknown_picture"])
    (problem,) = answer.json["errors"]
    assert problem["detail"].startswith(f"input 'image': there is no picture '{digest}' here.")


SECRETS = ("k3y-0f-7h3-cl13n7", "u53r-n4m3", "f0ld3r-0f-4n-1npu7")


@pytest.fixture
def hostile(server: Served, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Graphs whose inputs come from places that are nobody's business."""
    key, user, folder = SECRETS
    monkeypatch.setenv("PAINTGRAPH_API_KEYS", key)
    monkeypatch.setenv("HOME", f"/home/{user}")
    inside = server.data / "inputs" / folder
    inside.mkdir(parents=True, exist_ok=True)
    (inside / f"{user}.png").write_bytes(png())
    named = f"{folder}/{user}.png"
    return {
        "by name": {"image": named},
        "in a text": {"image": png_url(key)},
        "listed": {"image": named, "folder": folder},
        "said beside": {"image": named, "note": f"https://{user}:{key}@host/{folder}?t={key}"},
        "a path": {"image": named, "note": f"/home/{user}/{folder}/{key}"},
        "settings": {"image": named, "note": f'{{"image": "/home/{user}/{key}/a.png"}}'},
    }


def png_url(key: str) -> str:
    """The picture as a data URL with a parameter."""
    import base64

    return f"data:image/png;name={key};base64,{base64.b64encode(png()).decode()}"


@pytest.mark.parametrize(
    "name", ["by name", "in a text", "listed", "said beside", "a path", "settings"]
)
def test_no_key_name_or_path_is_ever_written(
    server: Served, hostile: dict[str, Any], name: str
) -> None:
    given = hostile[name]
    graph: dict[str, Any] = {
        "inputs": {"image": {"type": "image"}, "note": {"type": "text", "default": ""}},
        "nodes": {
            "photo": {"node": "LoadImage", "image": "${inputs.image}"},
            "setting": {"node": "AddSetting", "name": "prompt", "value": "${inputs.note}"},
            "saved": {"node": "SaveImage", "images": "${photo.image}"},
            "webp": {"node": "SaveImage", "images": "${photo.image}", "format": "webp"},
        },
        "outputs": {"image": "${photo.image}", "setting": "${setting.settings}"},
    }
    if "folder" in given:
        graph["nodes"]["list"] = {"node": "LoadImagesFromFolder", "folder": "", "pattern": "*"}
        graph["outputs"]["names"] = "${list.names}"
        Path(server.data / "inputs" / f"{SECRETS[1]}.png").write_bytes(png())
    inputs = {key: value for key, value in given.items() if key != "folder"}

    job = server.submit({"graph": graph, "inputs": inputs}, wait=60).json

    assert job["state"] == "succeeded", job
    for output in ("image", "saved", "webp"):
        data = fetched(server, job["outputs"][output])
        told = orjson.dumps(texts(data)).decode()
        assert "paintgraph" in texts(data)
        for secret in (*SECRETS, str(server.data)):
            assert secret not in told
            assert secret.encode() not in data


def test_the_keys_of_graphs_come_first(server: Served) -> None:
    data = fetched(server, server.submit(saving(server, "png"), wait=60).json["outputs"]["saved"])

    assert [key for key in texts(data) if key in KEYS] == ["paintgraph"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_result_shown_in_another_format_carries_its_graph(kind: Any) -> None:
    said = {"paintgraph": '{"nodes": {}}', "prompt": "{}"}
    data = with_made(png(), said)

    assert texts(_converted(data, kind, 40_000_000)) == said
