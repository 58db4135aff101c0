"""What refused, cut and abandoned requests sent is let go, whether the collector runs or not."""

import asyncio
import base64
import gc
import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.api.guards.security import SecurityRules
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.received import Hold, Receiving
from paintgraph.tests.api import guarded
from paintgraph.tests.api.guarded import request, say
from paintgraph.tests.api.hostile.processes import (
    OUTER_SECONDS,
    SMALL_NODES,
    Child,
    resident_bytes,
    running,
    wait_for,
)
from paintgraph.tests.api.serving import Served, encoded

MIB = 1 << 20
LARGE = 3 * MIB
SMALL = MIB // 2
JSON = {"Content-Type": "application/json"}
FORM = b'--B\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
FORM_TYPE = "multipart/form-data; boundary=B"
CUT = {
    "a picture": ("/v1/images", "image/png", b""),
    "a graph": ("/v1/jobs", "application/json", b"{"),
    "a form": ("/v1/images", FORM_TYPE, FORM),
}


@pytest.fixture(scope="module")
def picture() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    return encoded(noise)


def loading(picture: bytes, name: str) -> dict[str, Any]:
    """A graph with a picture inside, for an input of this name."""
    nodes = {"p": {"node": "LoadImage", name: "${inputs.image}"}}
    size = {"s": {"node": "GetImageSize", "image": "${p.image}"}}
    inputs = {"image": {"type": "image"}}
    graph = {"inputs": inputs, "nodes": {**nodes, **size}, "outputs": {"w": "${s.width}"}}
    return {"graph": graph, "inputs": {"image": base64.b64encode(picture).decode()}}


REFUSED: dict[str, tuple[str, dict[str, str], Callable[[bytes], bytes], int]] = {
    "JSON that breaks off": ("/v1/jobs", JSON, lambda _: b" " * LARGE + b"{", 400),
    "YAML that is too long": (
        "/v1/jobs",
        {"Content-Type": "application/yaml"},
        lambda _: b" " * LARGE,
        413,
    ),
    "a misspelt input": (
        "/v1/jobs",
        JSON,
        lambda picture: json.dumps(loading(picture, "imagee")).encode(),
        422,
    ),
    "no picture": ("/v1/images", {}, lambda _: b"\x89PNG\r\n\x1a\n" + b"\0" * LARGE, 422),
    "a form without an end": (
        "/v1/images",
        {"Content-Type": FORM_TYPE},
        lambda _: FORM + b"x" * LARGE,
        400,
    ),
    "a field that is no picture": (
        "/v1/tools/generate_mask",
        JSON,
        lambda _: json.dumps({"image": "x" * LARGE}).encode(),
        422,
    ),
    "a prompt that breaks off": ("/prompt", JSON, lambda _: b" " * LARGE + b"{", 400),
    "a prompt of unknown nodes": (
        "/prompt",
        JSON,
        lambda _: json.dumps(
            {"prompt": {"1": {"class_type": "Nope", "inputs": {"a": "x" * LARGE}}}}
        ).encode(),
        400,
    ),
}


@pytest.fixture
def left() -> Iterator[Callable[[Callable[[], object]], float]]:
    """How many bytes are held after three calls more than before, with the collector off."""

    def measured(act: Callable[[], object]) -> float:
        act()  # whatever is made once
        gc.collect()
        gc.disable()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            act()
        deadline = time.monotonic() + OUTER_SECONDS
        while (grown := tracemalloc.get_traced_memory()[0] - before) >= SMALL:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)  # the server may be about to notice that a client has gone
        return grown

    yield measured
    tracemalloc.stop()
    gc.enable()


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_requests_leave_nothing(
    server: Served, picture: bytes, left: Callable[[Callable[[], object]], float], kind: str
) -> None:
    path, headers, body, status = REFUSED[kind]
    data = body(picture)
    headers = headers or {"Content-Type": "image/png"}

    def act() -> None:
        sent = server.call("POST", path, data=BytesIO(data), headers=headers)
        assert sent.status == status

    assert left(act) < SMALL


def head(path: str, media_type: str, length: int) -> bytes:
    lines = f"Host: localhost\r\nContent-Type: {media_type}\r\nContent-Length: {length}"
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n\r\n".encode()


@pytest.mark.parametrize("kind", CUT)
def test_requests_that_are_cut_leave_nothing(
    server: Served, left: Callable[[Callable[[], object]], float], kind: str
) -> None:
    path, media_type, begin = CUT[kind]
    port = int(server.url.rpartition(":")[2])

    def act() -> None:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(head(path, media_type, LARGE + 9999) + begin + b" " * LARGE)

    assert left(act) < SMALL


def test_while_an_answer_waits_nothing_is_held_of_what_was_submitted(
    small: Served, left: Callable[[Callable[[], object]], float]
) -> None:
    nodes = {"t": {"node": "Tick", "seconds": 60.0}}
    graph = {"nodes": nodes, "outputs": {"t": "${t.sum}"}}
    body = json.dumps(graph).encode() + b" " * LARGE
    port = int(small.url.rpartition(":")[2])
    clients = []

    def act() -> None:
        clients.append(client := socket.create_connection(("127.0.0.1", port)))
        before = len(small.call("GET", "/v1/jobs").json["jobs"])
        client.sendall(head("/v1/jobs?wait=60", "application/json", len(body)) + body)
        while len(small.call("GET", "/v1/jobs").json["jobs"]) == before:
            pass

    try:
        assert left(act) < SMALL
    finally:
        for client in clients:
            client.close()
        for job in small.call("GET", "/v1/jobs").json["jobs"]:
            small.call("DELETE", f"/v1/jobs/{job['id']}")


def test_bodies_together_are_bounded_and_room_comes_again() -> None:
    receiving = Receiving(guarded.MAX_BYTES * 3 // 2)
    body = b"x" * guarded.MAX_BYTES

    async def until_held(count: int) -> None:
        while receiving.held != count:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)

    async def story() -> None:
        async with guarded.serving(SecurityRules(receiving=receiving)) as port:
            _, half = await asyncio.open_connection("127.0.0.1", port)
            half.write(head("/prompt", "text/plain", len(body)) + body[:-1])
            await until_held(len(body) - 1)
            refused = await say(port, request("POST", "/prompt", body=body))
            small = await say(port, request("POST", "/prompt", body=b"{}"))
            half.close()
            await until_held(0)
            again = await say(port, request("POST", "/prompt", body=body))

        assert (refused.status, refused.code) == (503, "bodies_full")
        assert int(refused.headers["retry-after"]) > 0
        assert (small.status, again.status, receiving.held) == (200, 200, 0)

    asyncio.run(story())


def test_a_large_body_lies_in_a_file_without_a_name(tmp_path: Path) -> None:
    async def story() -> None:
        receiving = Receiving(10 * MIB, tmp_path / "incoming")
        hold = Hold(receiving)
        body = hold.body()
        pieces = [bytes([number]) * (MIB // 3 + 1) for number in range(9)]
        for piece in pieces:
            await body.add(piece)
        assert receiving.held == sum(map(len, pieces))
        assert len(body._end) <= MIB
        assert list((tmp_path / "incoming").iterdir()) == []
        assert await body.whole() == b"".join(pieces)
        with pytest.raises(ApiError):
            await body.add(b"x" * 10 * MIB)
        hold.let_go()
        assert receiving.held == 0

    asyncio.run(story())


# The same on a process of its own, as whoever runs a server sees it.

BACK = 100 * MIB


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc to see how much memory a process has")
    with running(tmp_path_factory.mktemp("memory") / "data", SMALL_NODES) as server:
        server.until_ready()
        server.call("POST", "/v1/jobs", b"{", Content_Type="application/json")
        yield server


def cut(server: Child, count: int, size: int) -> None:
    """Uploads that are all under way at once, and never end."""
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    for client in clients:
        client.sendall(head("/v1/images", "image/png", size + 9) + b"\0" * size)
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("count", "size"),
    [(6, 20 * MIB), pytest.param(40, 90 * MIB, marks=pytest.mark.storm)],
    ids=["short", "storm"],
)
def test_a_server_falls_back_to_where_it_began(
    child: Child, picture: bytes, count: int, size: int
) -> None:
    began = resident_bytes(child.pid)
    cut(child, count, size)
    misspelt = loading(picture, "imagee")
    misspelt["inputs"]["more"] = "x" * min(size, 20 * MIB)
    for _ in range(count // 3):
        broken = child.call("POST", "/v1/jobs", b" " * size + b"{", Content_Type=JSON_TYPE)
        assert broken.status == 400
        assert child.call("POST", "/v1/jobs", misspelt).status == 422

    wait_for(lambda: resident_bytes(child.pid) < began + BACK, "the server has let go")


JSON_TYPE = "application/json"
