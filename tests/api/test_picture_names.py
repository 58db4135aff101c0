"""What a request may call a picture, and what is refused."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from paintgraph.tests.api.serving import Served, png, run_recipe, serving
from paintgraph.tests.jobs.servers import serving as serving_pictures

ERASE = {"box": [6, 6, 18, 14], "grow": 2, "seed": 7}


@pytest.fixture(scope="module")
def inputs_folder(server: Served) -> Path:
    folder = server.data / "inputs"
    (folder / "inside").mkdir(parents=True, exist_ok=True)
    (folder / "photo.png").write_bytes(png())
    (folder / "inside" / "photo.png").write_bytes(png())
    (folder / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def expected(server: Served) -> str:
    job = run_recipe(server, "erase_object", {"image": server.upload(png()), **ERASE})
    digest: str = job["outputs"]["image"]["digest"]
    return digest


@pytest.mark.parametrize(
    "image",
    [
        "photo.png",
        "photo.png [input]",
        "inside/photo.png",
        base64.b64encode(png()).decode(),
        "\n".join(base64.encodebytes(png()).decode().split()),
        "data:image/png;base64," + base64.b64encode(png()).decode(),
    ],
    ids=["file", "suffix", "folder", "base64", "lines", "data"],
)
@pytest.mark.usefixtures("inputs_folder")
def test_a_picture_may_have_any_form(server: Served, expected: str, image: str) -> None:
    job = run_recipe(server, "erase_object", {"image": image, **ERASE})

    assert job["outputs"]["image"]["digest"] == expected


def test_the_address_of_a_result_is_a_picture(server: Served, expected: str) -> None:
    url = server.call("POST", "/v1/images", data=png(), headers={"Content-Type": "image/png"})

    job = run_recipe(server, "erase_object", {"image": url.json["url"], **ERASE})

    assert job["outputs"]["image"]["digest"] == expected


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("../secret.txt", "no_such_picture"),
        ("/etc/passwd", "no_such_picture"),
        ("../../../../../../etc/passwd", "no_such_picture"),
        ("absent.png", "no_such_picture"),
        ("secret.txt", "not_a_picture"),
        ("", "no_such_picture"),
        ("inside", "no_such_picture"),
        ("a\0b", "no_such_picture"),
        ("x" * 100_000, "no_such_picture"),
        (base64.b64encode(b"hello" * 100).decode(), "no_such_picture"),
        ("sha256:" + "0" * 64, "unknown_picture"),
        ("sha256:../../../etc/passwd", "unknown_picture"),
        ("data:image/png;base64,####", "bad_data_url"),
        ("data:text/html,<b>", "bad_data_url"),
        ("data:image/png;base64," + base64.b64encode(b"no").decode(), "not_a_picture"),
        ("http://127.0.0.1:1/x.png", "address_refused"),
        ("http://[::1]/x.png", "address_refused"),
        ("http://169.254.169.254/latest/meta-data", "address_refused"),
        ("http://user:pass@example.com/x.png", "bad_url"),
        ("https://", "bad_url"),
        ("file:///etc/passwd", "no_such_picture"),
    ],
)
@pytest.mark.usefixtures("inputs_folder")
def test_what_names_no_picture_is_refused_before_the_job(
    server: Served, image: str, code: str
) -> None:
    answer = server.call("POST", "/v1/recipes/erase_object", json={"image": image, **ERASE})

    assert (answer.status, answer.codes) == (422, [code])
    assert answer.json["errors"][0]["pointer"] == "/image"
    assert str(server.data) not in answer.body.decode()


def test_the_refusal_names_every_form_that_is_allowed(server: Served) -> None:
    answer = server.call("POST", "/v1/recipes/erase_object", json={"image": "absent", **ERASE})

    for form in ("sha256:", "data:", "http(s)", "input folder", "base64"):
        assert form in answer.json["detail"]


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that may ask its own network."""
    folder = tmp_path_factory.mktemp("near")
    with serving(folder, allow_private_urls=True, memory_bytes=0) as served:
        yield served


def test_a_picture_is_fetched_from_its_address(near: Served) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=png())

    async def fetched() -> Any:
        async with serving_pictures(picture) as port:
            inputs = {"image": f"http://127.0.0.1:{port}/photo.png", **ERASE}
            return await asyncio.to_thread(run_recipe, near, "erase_object", inputs)

    job = asyncio.run(fetched())

    graph = near.call("GET", job["links"]["graph"]).json
    assert graph["graph"]["nodes"]["photo"]["image"].startswith("sha256:")
    assert graph["request"]["inputs"]["image"].startswith("http://127.0.0.1")
