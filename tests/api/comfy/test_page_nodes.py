"""Nodes whose widgets ComfyUI's page draws itself: a canvas, a comparison, files of results."""

import io

import numpy as np
from PIL import Image

from paintgraph.tests.api.comfy.asking import ended, node, posted, upload
from paintgraph.tests.api.serving import Served


def strokes() -> bytes:
    """A red line on a clear ground, as a canvas uploads it."""
    drawn = np.zeros((64, 64, 4), np.uint8)
    drawn[10, 5:30] = 255, 0, 0, 255
    stream = io.BytesIO()
    Image.fromarray(drawn).save(stream, "PNG")
    return stream.getvalue()


def fetched(server: Served, file: dict[str, str]) -> np.ndarray:
    """The samples of a file that a prompt's history names."""
    data = server.call("GET", "/view", params=file).body
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_what_is_painted_saved_read_again_and_compared_stays_the_same(server: Served) -> None:
    upload(server, strokes(), "painter-3-1.png", subfolder="painter", type="temp")
    painted = node(
        "Painter", mask="painter/painter-3-1.png [temp]", width=64, height=64, bg_color="#0000ff"
    )
    saving = {"1": painted, "2": node("SaveImage", images=["1", 0], filename_prefix="painted")}
    (saved,) = ended(server, posted(server, saving))["outputs"]["2"]["images"]

    comparing = {
        "1": node("LoadImageOutput", image=f"{saved['filename']} [output]"),
        "2": painted,
        "3": node(
            "ImageCompare",
            image_a=["1", 0],
            image_b=["2", 0],
            compare_view={"__value__": ["", ""]},
        ),
    }
    outputs = ended(server, posted(server, comparing))["outputs"]["3"]

    (before,), (after,) = outputs["a_images"], outputs["b_images"]
    assert (before["type"], after["type"]) == ("temp", "temp")
    shown = fetched(server, before)
    assert shown[10, 5].tolist() == [255, 0, 0]
    assert shown[0, 0].tolist() == [0, 0, 255]
    assert np.array_equal(shown, fetched(server, after))
