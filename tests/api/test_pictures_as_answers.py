"""Who asks for a picture gets it: of a recipe and of a job, in the format that is named."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.serving import HEIGHT, WIDTH, Answer, Served, png


def ask(server: Served, accept: str, *, wait: int = 60, **inputs: Any) -> Answer:
    """Have a picture continued to the left."""
    body = {"image": server.upload(png()), "sides": ["left"], "engine": "telea", **inputs}
    headers = {"Accept": accept}
    path = f"/v1/recipes/outpaint?wait={wait}"
    return server.call("POST", path, json=body, headers=headers)


def read(answer: Answer) -> Any:
    return np.asarray(Image.open(BytesIO(answer.body)))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_a_recipe_and_its_job_answer_with_the_picture(server: Served, form: str) -> None:
    media_type = f"image/{form.lower()}"
    answer = ask(server, f"{media_type}, application/json;q=0.5")

    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
    assert Image.open(BytesIO(answer.body)).format == form
    assert read(answer).shape == (HEIGHT, WIDTH + WIDTH // 3, 3)
    job = answer.headers["Content-Location"]
    again = server.call("GET", job, headers={"Accept": media_type})
    assert (again.body, again.headers["Vary"]) == (answer.body, "Accept")
    known = {"Accept": media_type, "If-None-Match": again.headers["ETag"]}
    part = {"Accept": media_type, "Range": "bytes=0-9", "If-Range": again.headers["ETag"]}
    assert server.call("GET", job, headers=known).status == 304
    assert server.call("GET", job, headers=part).body == answer.body[:10]
    whole = server.call("GET", job).json
    if form == "PNG":
        assert answer.body == server.call("GET", whole["outputs"]["image"]["url"]).body


def test_of_several_outputs_the_picture_called_image_comes(server: Served) -> None:
    colours = {"a": 0xFF0000, "image": 0x00FF00, "z": 0x0000FF}
    size = {"node": "EmptyImage", "width": 2, "height": 2}
    graph = {
        "nodes": {name: {**size, "color": colour} for name, colour in colours.items()},
        "outputs": {name: f"${{{name}.image}}" for name in colours},
    }

    answer = server.call("POST", "/v1/jobs?wait=60", json=graph, headers={"Accept": "image/png"})

    assert read(answer)[0, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/html, image/png", "image/png;q=0.5, application/json", ""],
)
def test_others_get_the_job(server: Served, accept: str) -> None:
    answer = ask(server, accept)

    assert answer.json["state"] == "succeeded"
    assert answer.headers["Vary"] == "Accept"


def test_a_job_that_has_no_picture_yet_is_shown_as_ever(server: Served) -> None:
    begun = ask(server, "image/png", wait=0)
    refused = ask(server, "image/png", fraction=99)

    assert (begun.status, begun.json["state"]) == (202, "queued")
    assert (refused.status, refused.codes) == (422, ["out_of_range"])
