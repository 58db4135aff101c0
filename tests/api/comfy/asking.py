"""What the tests of ComfyUI's protocol ask for."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from paintgraph.tests.api.serving import OUTER_SECONDS, Answer, Served, png


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    """One node of a prompt."""
    return {"class_type": class_type, "inputs": inputs}


def inverted(name: str, prefix: str = "made") -> dict[str, Any]:
    """A prompt that inverts an uploaded picture."""
    return {
        "1": node("LoadImage", image=name),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("SaveImage", images=["2", 0], filename_prefix=prefix),
    }


def post(server: Served, prompt: Any, **fields: Any) -> Answer:
    """Post a prompt."""
    return server.call("POST", "/prompt", json={"prompt": prompt, **fields})


def posted(server: Served, prompt: Any, **fields: Any) -> str:
    """Post a prompt that is taken; gives its id."""
    answer = post(server, prompt, **fields)
    assert answer.status == 200, answer.body
    prompt_id: str = answer.json["prompt_id"]
    return prompt_id


def ended(server: Served, prompt_id: str) -> Any:
    """The entry of a prompt's history, once it is there."""
    deadline = time.monotonic() + OUTER_SECONDS
    while time.monotonic() < deadline:
        found = server.call("GET", f"/history/{prompt_id}").json
        if found:
            return found[prompt_id]
        time.sleep(0.02)
    raise TimeoutError(prompt_id)


def upload(
    server: Served,
    data: bytes = b"",
    name: str = "a.png",
    path: str = "/upload/image",
    **fields: str,
) -> Answer:
    """Upload a picture; the fields come before it."""

    async def send() -> Answer:
        form = aiohttp.FormData(quote_fields=False)
        for field, value in fields.items():
            form.add_field(field, value)
        form.add_field("image", data or png(), filename=name, content_type="image/png")
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.url + path, data=form) as response,
        ):
            return Answer(response.status, response.headers, await response.read())

    return asyncio.run(asyncio.wait_for(send(), OUTER_SECONDS))


def error_types(answer: Answer) -> Mapping[str, list[str]]:
    """The kinds of faults of a refused prompt, by node; "" is the whole."""
    found = {
        id_: [e["type"] for e in entry["errors"]]
        for id_, entry in answer.json["node_errors"].items()
    }
    return {"": [answer.json["error"]["type"]], **found} if "error" in answer.json else found
