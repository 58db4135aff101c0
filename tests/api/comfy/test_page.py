"""What ComfyUI's page asks for beside running prompts."""

import json
import logging
from io import BytesIO
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import ended, posted, upload
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.serving import Served, png


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("/extensions", []), ("/i18n", {}), ("/global_subgraphs", {}), ("/workflow_templates", {})],
)
def test_what_there_is_none_of_is_empty(server: Served, path: str, wanted: Any) -> None:
    for prefix in ("", "/api"):
        assert server.call("GET", prefix + path).json == wanted


def test_nodes_of_other_tools_are_replaced_by_ours(server: Served) -> None:
    found = server.call("GET", "/node_replacements").json

    types = server.call("GET", "/object_info").json
    assert found["RMBG"][0]["new_node_id"] == "MaskFromModel"
    assert all(entry["new_node_id"] in types for entries in found.values() for entry in entries)
    assert all(entry["old_node_id"] == name for name, [entry] in found.items())


def test_the_log_is_shown_and_followed(server: Served) -> None:
    logger = logging.getLogger("paintgraph.test")
    logger.warning("a line about %s", server.data / "jobs.sqlite")

    assert "a line about jobs.sqlite" in server.call("GET", "/internal/logs").json
    raw = server.call("GET", "/internal/logs/raw").json
    assert raw["entries"][-1].keys() == {"t", "m"}
    assert raw["size"].keys() == {"cols", "rows"}

    async def story() -> Any:
        async with listening(server, "watcher") as heard:
            await heard.until("status")
            url = f"{server.url}/internal/logs/subscribe"
            body = {"clientId": "watcher", "enabled": True}
            async with heard.session.patch(url, json=body) as answer:
                assert answer.status == 200
            logger.warning("another line")
            return await heard.until("logs")

    (line,) = told(story())["entries"]
    assert line["m"].endswith("another line\n")


@pytest.mark.parametrize("body", [{}, {"clientId": 7}, {"clientId": "nobody", "enabled": True}])
def test_who_has_no_socket_follows_no_log(server: Served, body: Any) -> None:
    assert server.call("PATCH", "/internal/logs/subscribe", json=body).status == 200
    logging.getLogger("paintgraph.test").warning("nobody listens")


def test_files_are_listed_the_newest_first_by_their_names_in_prompts(server: Served) -> None:
    upload(server, png(1), "older.png", type="temp")
    upload(server, png(2), "newer.png", type="temp")
    upload(server, png(), "mine.png")

    assert server.call("GET", "/internal/files/temp").json[:2] == [
        "newer.png [temp]",
        "older.png [temp]",
    ]
    assert server.call("GET", "/internal/files/input").json[0] == "mine.png"
    assert server.call("GET", "/internal/files/secret").status == 400
    assert server.call("GET", "/internal/folder_paths").json.keys() == {"input", "output", "temp"}


def test_the_metadata_of_models_is_told_where_there_is_any(server: Served) -> None:
    assert server.call("GET", "/view_metadata/loras?filename=none.safetensors").status == 404
    assert server.call("GET", "/view_metadata/none?filename=x").status == 404
    assert server.call("GET", "/view_metadata/vae?filename=../../secret").status == 404
    assert server.call("GET", "/view_metadata/vae").status == 404


def test_a_saved_template_of_a_page_is_a_prompt_here(server: Served) -> None:
    upload(server, png(), "in.png")
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "in.png", "upload": "image"}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    extra = {"extra_pnginfo": {"workflow": {"id": "x", "nodes": [{"a": "b" * 2**20}]}}}

    body = json.dumps({"prompt": prompt, "extra_data": extra}).encode()
    assert server.call("POST", "/prompt", data=BytesIO(body)).status == 200
    assert ended(server, posted(server, prompt))["status"]["completed"]
