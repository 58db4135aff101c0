"""Keys, hosts and origins guard this protocol as they guard the native API, its socket, too."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from paintgraph.api.comfy.routes import served
from paintgraph.tests.api.serving import Served

KEY = "k3y"
READS = sorted({path for method, path, _ in served() if method == "GET" and "{" not in path})


def connected(server: Served, headers: Mapping[str, str]) -> int:
    """The status with which a socket is opened or refused."""

    async def connect() -> int:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(f"{server.url}/ws", headers=headers) as socket:
                    assert (await socket.receive_json())["type"] == "status"
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    return asyncio.run(connect())


@pytest.mark.parametrize("path", READS)
def test_every_address_needs_the_key(locked: Served, path: str) -> None:
    assert locked.call("GET", path).status == 401
    answer = locked.call("GET", path, headers={"X-API-KEY": KEY})
    assert answer.status in (200, 400, 404, 426)


def test_changes_need_the_key(locked: Served) -> None:
    for method, path, _ in served():
        if method != "GET" and "{" not in path:
            assert locked.call(method, path, json={}).status == 401


def test_what_an_address_takes_lets_no_page_in(server: Served) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    for headers in ({}, {"Origin": "https://evil.example"}, {**FOREIGN["origin"], **asked}):
        answer = server.call("OPTIONS", "/prompt", headers=headers)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert server.call("OPTIONS", "/prompt").headers["Allow"] == "GET, OPTIONS, POST"


def test_the_socket_needs_the_key(locked: Served) -> None:
    assert connected(locked, {}) == 401
    assert connected(locked, {"X-API-KEY": "another-key"}) == 401
    assert connected(locked, {"Authorization": f"Bearer {KEY}"}) == 101


FOREIGN: dict[str, dict[str, str]] = {
    "origin": {"Origin": "https://evil.example"},
    "site": {"Sec-Fetch-Site": "cross-site"},
    "host": {"Host": "evil.example"},
}


@pytest.mark.parametrize("headers", list(FOREIGN.values()), ids=list(FOREIGN))
def test_pages_of_others_are_kept_off(server: Served, headers: Mapping[str, str]) -> None:
    bodies: dict[str, Any] = {"/prompt": {"prompt": {}}, "/interrupt": {}, "/history": {"clear": 1}}
    for path, body in bodies.items():
        assert server.call("POST", path, json=body, headers=headers).status == 403
    assert server.call("GET", "/history", headers=headers).status == 403
    assert connected(server, headers) == 403
