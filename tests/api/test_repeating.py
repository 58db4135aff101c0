"""Requests that are repeated with an idempotency key: nothing is done twice, nor fetched twice."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from paintgraph.tests.api.serving import Answer, Served, png, serving
from paintgraph.tests.jobs.servers import serving as serving_pictures

KEY = {"Idempotency-Key": "photo"}


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that may ask its own network."""
    folder = tmp_path_factory.mktemp("near")
    with serving(folder, allow_private_urls=True) as served:
        yield served


def loading(address: str, alpha: str = "mask") -> dict[str, Any]:
    nodes = {"photo": {"node": "LoadImage", "image": address, "alpha": alpha}}
    return {"graph": {"nodes": nodes, "outputs": {"image": "${photo.image}"}}}


def test_a_repeated_request_fetches_nothing_again(near: Served) -> None:
    asked: list[str] = []

    async def picture(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=png())

    async def act() -> list[Answer]:
        async with serving_pictures(picture) as port:
            address = f"http://127.0.0.1:{port}/photo.png"
            bodies = [loading(address), loading(address), loading(address, "keep")]
            return [await asyncio.to_thread(near.submit, b, headers=KEY) for b in bodies]

    first, again, other = asyncio.run(act())

    assert (first.status, again.status) == (202, 202)
    assert first.json["id"] == again.json["id"]
    assert (other.status, other.codes) == (422, ["idempotency_key_reused"])
    assert asked == ["/photo.png"]


def test_a_repeated_request_is_answered_though_its_picture_is_gone(server: Served) -> None:
    folder = server.data / "inputs"
    folder.mkdir(exist_ok=True)
    (folder / "brief.png").write_bytes(png())
    headers = {"Idempotency-Key": "brief"}
    first = server.submit(loading("brief.png"), headers=headers)
    (folder / "brief.png").unlink()

    again = server.submit(loading("brief.png"), headers=headers)

    assert again.json["id"] == first.json["id"]
    assert server.submit(loading("brief.png")).status == 422


def test_a_picture_inside_a_request_is_a_part_of_it(server: Served) -> None:

    bodies = [loading(base64.b64encode(png(shade)).decode()) for shade in (0, 0, 1)]
    headers = {"Idempotency-Key": "inside"}
    first, again, other = [server.submit(body, headers=headers) for body in bodies]

    assert first.json["id"] == again.json["id"]
    assert other.codes == ["idempotency_key_reused"]
