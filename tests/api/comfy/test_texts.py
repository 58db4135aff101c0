"""Pictures of a prompt carry it, and the workflow of the page that sent it."""

from io import BytesIO

import orjson

from paintgraph.base.pictures import texts_of
from paintgraph.imaging.files.metadata import MADE
from paintgraph.tests.api.comfy.asking import ended, node, posted
from paintgraph.tests.api.serving import Served, png

WORKFLOW = {"nodes": [{"id": 1, "type": "LoadImage", "widgets_values": ["/home/ann/a.png"]}]}


def test_a_saved_picture_carries_prompt_and_workflow_less_its_places(server: Served) -> None:
    digest = server.upload(png())
    prompt = {
        "1": node("LoadImage", image=digest),
        "2": node("SaveImage", images=["1", 0], filename_prefix="texts"),
    }
    extra = {"extra_pnginfo": {"workflow": WORKFLOW, "other": "x"}, "api_key_comfy_org": "k3y"}

    ended(server, posted(server, prompt, extra_data=extra))

    (data,) = (path.read_bytes() for path in (server.data / "outputs").rglob("texts*"))
    texts = texts_of(BytesIO(data), MADE)
    assert orjson.loads(texts["workflow"])["nodes"][0]["widgets_values"] == ["a.png"]
    assert orjson.loads(texts["prompt"])["1"]["inputs"]["image"] == digest
    assert "paintgraph" in texts
    assert b"k3y" not in data
