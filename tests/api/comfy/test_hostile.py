"""Nothing answers 5xx, whatever is sent."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from paintgraph.api.comfy.routes import served
from paintgraph.tests.api.comfy.asking import ended, node, posted
from paintgraph.tests.api.serving import OUTER_SECONDS, Served

TEXTS = ("", "../..", "/etc/passwd", "a\0b", "%", "é\u202e", "x" * 3000, "-1", "1e309", "[", "null")
NAMES = (
    *("filename", "type", "subfolder", "channel", "preview", "max_items", "offset", "limit"),
    *("status", "sort_by", "sort_order", "workflow_id", "dir", "path", "recurse", "clientId"),
)
SHOWN = {
    "1": node("EmptyImage", width=4, height=4),
    "2": node("PreviewImage", images=["1", 0]),
}
BODIES: tuple[Any, ...] = (
    *(None, True, 7, -1.5, "text", [], [1], {}, [[]], {"": None}, {"a": {"b": []}}),
    {"prompt": {"1": None, "2": [], "3": "x", "4": {"class_type": ["a"], "inputs": {}}}},
    {"prompt": {"1": {"class_type": "PreviewImage", "inputs": {"images": ["1", 1e300]}}}},
    {"prompt": {"1": {"class_type": "PreviewImage", "inputs": {"images": [["1"], {}]}}}},
    {"prompt": {"1": {"class_type": "PreviewImage", "inputs": []}}},
    {"prompt": {"\u202e": {"class_type": "EmptyImage", "inputs": {"width": 2**70}}}},
    {"prompt": {"1": {"class_type": "PreviewImage", "_meta": {"paintgraph": {"recipe": 7}}}}},
    {"prompt": {}, "partial_execution_targets": [None], "number": 2**2000},
    {"prompt": SHOWN, "extra_data": {"a": 2**70, "extra_pnginfo": 7, "create_time": []}},
    {"prompt": SHOWN, "extra_data": {"extra_pnginfo": {"workflow": {"id": 7, "a": "\0"}}}},
    {"prompt": {**SHOWN, "3": {"class_type": "EmptyImage", "inputs": {"more": 2**70}}}},
    {"prompt": {**SHOWN, "1": {"class_type": "EmptyImage", "inputs": {"width": 2**63}}}},
    {"prompt": {**SHOWN, "1": {"class_type": "EmptyImage", "inputs": {"more": 1e308}}}},
    {"delete": [None, 7, {}], "clear": "no", "job_ids": [None], "prompt_id": {"a": 1}},
    {"username": ["a"], "unload_models": "x", "clientId": [], "enabled": 3},
)


async def statuses(server: Served, requests: Sequence[tuple[str, str, bytes | None]]) -> list[str]:
    """Those of many requests that were answered with 5xx."""
    failed = []
    async with aiohttp.ClientSession() as session:
        for method, path, body in requests:
            async with session.request(method, server.url + path, data=body) as answer:
                await answer.read()
                if answer.status >= 500:
                    failed.append(f"{method} {path[:100]} {(body or b'')[:100]!r}: {answer.status}")
    return failed


def asked(server: Served, requests: Sequence[tuple[str, str, bytes | None]]) -> list[str]:
    return asyncio.run(asyncio.wait_for(statuses(server, requests), OUTER_SECONDS))


def filled(path: str, text: str) -> str:
    """A path with a text for each of its parameters."""
    path = path.replace(":.*}", "}")
    for name in ("folder", "file", "to", "id", "name", "kind", "prompt_id"):
        path = path.replace(f"{{{name}}}", quote(text, safe="") or "x")
    return path


PATHS = sorted({(method, path) for method, path, _ in served() if not path.startswith("/api")})


def test_no_path_or_parameter_fails(server: Served) -> None:
    requests: list[tuple[str, str, bytes | None]] = []
    for method, path in PATHS:
        if method in ("GET", "DELETE") and path != "/ws":
            requests += [
                (method, f"{filled(path, text)}?{name}={quote(text, safe='')}", None)
                for text, name in zip(TEXTS, itertools.cycle(NAMES), strict=False)
            ]
    requests += [
        ("GET", f"{path}?{name}={quote(text, safe='')}", None)
        for path in (
            "/view",
            "/history",
            "/jobs",
            "/userdata",
            "/v2/userdata",
            "/view_metadata/vae",
        )
        for name in NAMES
        for text in TEXTS
    ]

    assert asked(server, requests) == []


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_fails(server: Served, body: Any) -> None:
    data = json.dumps(body).encode()

    requests = [
        (method, filled(path, "name"), sent)
        for method, path in PATHS
        for sent in (data, data[:-1] or b"{", b"\xff" + data)
        if method in ("POST", "PATCH")
    ]

    assert asked(server, requests) == []


def test_the_server_works_afterwards(server: Served) -> None:
    assert ended(server, posted(server, SHOWN))["status"]["completed"]
