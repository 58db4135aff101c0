"""Every address of ComfyUI's protocol, as it is written and under /api: status and shape.

What each does is tested elsewhere; here one line each, in the order in which ComfyUI tells of them,
and after them what ComfyUI answers with 500, or takes though it is odd.
"""

import json
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import ended, node, posted
from paintgraph.tests.api.serving import Served

PROMPT = {"1": node("EmptyImage", width=4, height=4), "2": node("PreviewImage", images=["1", 0])}

Shape = type | set[str] | None
"""What an answer is: a type of JSON, the keys of an object, or empty."""

ROWS: tuple[tuple[str, str, Any, int, Shape], ...] = (
    ("GET", "/prompt", None, 200, {"exec_info"}),
    ("OPTIONS", "/prompt", None, 200, None),
    ("OPTIONS", "/userdata/workflows%2Fa.json", None, 200, None),
    ("POST", "/prompt", {"prompt": PROMPT}, 200, {"prompt_id", "number", "node_errors"}),
    ("POST", "/prompt", {"prompt": {}}, 400, {"error", "node_errors"}),
    ("GET", "/queue", None, 200, {"queue_running", "queue_pending"}),
    ("POST", "/queue", {"delete": ["unknown"]}, 200, None),
    ("POST", "/queue", {"clear": True}, 200, None),
    ("GET", "/history", None, 200, dict),
    ("GET", "/history?max_items=1", None, 200, dict),
    ("GET", "/history?max_items=1&offset=100000", None, 200, dict),
    ("GET", "/history/unknown", None, 200, dict),
    ("POST", "/history", {"delete": ["unknown"]}, 200, None),
    ("POST", "/interrupt", None, 200, None),
    ("POST", "/interrupt", {"prompt_id": "unknown"}, 200, None),
    ("POST", "/free", {"unload_models": True, "free_memory": True}, 200, None),
    ("GET", "/object_info", None, 200, dict),
    ("GET", "/object_info/LoadImage", None, 200, {"LoadImage"}),
    ("GET", "/object_info/Un%20known%20%5B1%5D", None, 200, set()),
    ("GET", "/system_stats", None, 200, {"system", "devices"}),
    ("GET", "/features", None, 200, {"supports_preview_metadata", "max_upload_size"}),
    ("GET", "/embeddings", None, 200, list),
    ("GET", "/models", None, 200, list),
    ("GET", "/models/checkpoints", None, 200, list),
    ("GET", "/models/unknown", None, 404, dict),
    ("GET", "/experiment/models", None, 200, list),
    ("GET", "/experiment/models/loras", None, 200, list),
    ("GET", "/experiment/models/unknown", None, 404, dict),
    ("GET", "/experiment/models/preview/loras/0/unknown.safetensors", None, 404, dict),
    ("GET", "/view_metadata/loras?filename=unknown.safetensors", None, 404, dict),
    ("GET", "/extensions", None, 200, list),
    ("GET", "/i18n", None, 200, dict),
    ("GET", "/workflow_templates", None, 200, dict),
    ("POST", "/upload/image", None, 400, dict),
    ("POST", "/upload/mask", None, 400, dict),
    ("GET", "/view", None, 400, dict),
    ("GET", "/view?filename=unknown.png", None, 404, dict),
    ("GET", "/view?filename=a.png&subfolder=..", None, 403, dict),
    ("GET", "/users", None, 200, {"storage", "migrated"}),
    ("POST", "/settings", {"a": 1}, 200, None),
    ("GET", "/settings", None, 200, dict),
    ("POST", "/settings/b", [1], 200, None),
    ("GET", "/settings/b", None, 200, list),
    ("GET", "/settings/unknown", None, 200, type(None)),
    ("POST", "/userdata/workflows%2Fa.json", {"nodes": []}, 200, str),
    ("POST", "/userdata/workflows%2Fa.json?overwrite=false", {}, 409, dict),
    (
        *("POST", "/userdata/workflows%2Fa.json?full_info=true", {}, 200),
        {"path", "size", "modified", "created"},
    ),
    ("GET", "/userdata/workflows%2Fa.json", None, 200, dict),
    ("GET", "/userdata?dir=workflows&recurse=true&split=true", None, 200, list),
    ("GET", "/userdata?dir=unknown", None, 404, dict),
    ("GET", "/userdata", None, 400, dict),
    ("GET", "/userdata?dir=..", None, 403, dict),
    ("GET", "/v2/userdata?path=workflows", None, 200, list),
    ("POST", "/userdata/workflows%2Fa.json/move/workflows%2Fb.json", None, 200, str),
    ("DELETE", "/userdata/workflows%2Fb.json", None, 204, None),
    ("DELETE", "/userdata/workflows%2Fb.json", None, 404, dict),
    ("GET", "/internal/logs", None, 200, str),
    ("GET", "/internal/logs/raw", None, 200, {"entries", "size"}),
    ("PATCH", "/internal/logs/subscribe", {"clientId": "a", "enabled": True}, 200, None),
    ("GET", "/internal/folder_paths", None, 200, dict),
    ("GET", "/internal/files/output", None, 200, list),
    ("GET", "/internal/files/unknown", None, 400, {"error"}),
    ("GET", "/jobs", None, 200, {"jobs", "pagination"}),
    ("GET", "/jobs?status=unknown", None, 400, {"error"}),
    ("GET", "/jobs/unknown", None, 404, {"error"}),
    ("POST", "/jobs/unknown/cancel", None, 200, {"cancelled"}),
    ("POST", "/jobs/cancel", {"job_ids": ["no uuid"]}, 400, {"error"}),
    ("GET", "/global_subgraphs", None, 200, dict),
    ("GET", "/node_replacements", None, 200, dict),
    # What follows is answered with 500 there.
    ("POST", "/prompt", [], 400, {"error", "node_errors"}),
    ("POST", "/prompt", {"prompt": []}, 400, {"error", "node_errors"}),
    ("POST", "/prompt", {"prompt": "text"}, 400, {"error", "node_errors"}),
    ("POST", "/prompt", {"prompt": None}, 400, {"error", "node_errors"}),
    ("POST", "/prompt", {"prompt": PROMPT, "number": "first"}, 400, {"error", "node_errors"}),
    ("POST", "/prompt", {"prompt": PROMPT, "extra_data": []}, 400, {"error", "node_errors"}),
    ("GET", "/history?max_items=many", None, 400, dict),
    ("GET", "/history?offset=far", None, 400, dict),
    ("POST", "/queue", ["clear"], 400, dict),
    ("POST", "/history", "clear", 400, dict),
    ("POST", "/free", [], 400, dict),
    # And this is taken there.
    (
        *("POST", "/prompt", {"prompt": {**PROMPT, "2": node("PreviewImage", images=["1", -1])}}),
        *(400, {"error", "node_errors"}),
    ),
    (
        "POST",
        "/prompt",
        {"prompt": PROMPT, "prompt_id": "my id/../x"},
        400,
        {"error", "node_errors"},
    ),
    ("POST", "/prompt", {"prompt": PROMPT, "more": {"keys": 1}}, 200, dict),
)


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_every_address_answers(server: Served, prefix: str) -> None:
    ended(server, posted(server, PROMPT))
    wrong = []
    for method, path, body, status, shape in ROWS:
        data = None if body is None else json.dumps(body).encode()
        answer = server.call(method, prefix + path, data=data)
        found = json.loads(answer.body) if answer.body else None
        fits = shape is None and not answer.body
        fits = fits or (
            isinstance(shape, set) and isinstance(found, dict) and found.keys() >= shape
        )
        fits = fits or (isinstance(shape, type) and bool(answer.body) and isinstance(found, shape))
        if answer.status != status or not fits:
            wrong.append((method, path, body, answer.status, answer.body[:200]))

    assert wrong == []
