"""Pictures enlarged by prompts over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.tests.api.comfy.asking import ended, node, post, posted, upload
from paintgraph.tests.api.serving import Served, serving
from paintgraph.tests.models import tiny_upscalers as tiny
from paintgraph.tests.nodes.bench import noise, png, samples_of

PHOTO = noise(9, 7)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with one upscaler, and a file that is none."""
    folder: Path = tmp_path_factory.mktemp("upscaling")
    models = folder / "models" / "upscale_models"
    tiny.put(models / "2x.pth", tiny.tensors(tiny.nearest))
    (models / "page.pth").write_bytes(b"<!DOCTYPE html>")
    (models / "junk.pth").write_bytes(b"\x80\x02junk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "models"))
        with serving(folder / "data") as served:
            upload(served, png(PHOTO), name="photo.png")
            yield served


def enlarging(model: str) -> dict[str, Any]:
    return {
        "1": node("LoadImage", image="photo.png"),
        "2": node("UpscaleModelLoader", model_name=model),
        "3": node("ImageUpscaleWithModel", upscale_model=["2", 0], image=["1", 0]),
        "4": node("SaveImage", images=["3", 0], filename_prefix="large"),
    }


def test_a_prompt_enlarges_a_picture(server: Served) -> None:
    entry = ended(server, posted(server, enlarging("2x.pth")))

    (file,) = entry["outputs"]["4"]["images"]
    made = server.call("GET", f"/view?filename={file['filename']}&type=output").body
    assert np.array_equal(samples_of(made), PHOTO.repeat(2, 0).repeat(2, 1))


def test_pages_are_told_which_upscalers_there_are(server: Served) -> None:
    assert "2x.pth" in server.call("GET", "/models/upscale_models").json
    listed = server.call("GET", "/experiment/models/upscale_models").json
    (found,) = [file for file in listed if file["name"] == "2x.pth"]
    file = server.data.parent / "models" / "upscale_models" / "2x.pth"
    assert (found["size"], found["modified"]) == (file.stat().st_size, file.stat().st_mtime)
    info = server.call("GET", "/object_info/ImageUpscaleWithModel").json["ImageUpscaleWithModel"]
    assert info["input_order"]["required"] == ["upscale_model", "image"]
    assert info["input"]["required"]["upscale_model"][0] == "UPSCALE_MODEL"
    assert info["output"] == ["IMAGE"]
    loader = server.call("GET", "/object_info/UpscaleModelLoader").json["UpscaleModelLoader"]
    assert "2x.pth" in str(loader["input"]["required"]["model_name"])
    assert loader["output"] == ["UPSCALE_MODEL"]
    removal = server.call("GET", "/object_info/LoadBackgroundRemovalModel").json
    assert removal["LoadBackgroundRemovalModel"]["output"] == ["BACKGROUND_REMOVAL"]
    assert removal["LoadBackgroundRemovalModel"]["output_name"] == ["bg_model"]


@pytest.mark.parametrize("model", ["4x-UltraSharp.pth", "page.pth"])
def test_what_is_not_there_is_refused_with_the_prompt(model: str, server: Served) -> None:
    answer = post(server, enlarging(model))

    assert answer.status == 400
    assert model in answer.body.decode()
    assert "2" in answer.json["node_errors"]


def test_a_damaged_file_fails_its_node_and_no_other_prompt(server: Served) -> None:
    entry = ended(server, posted(server, enlarging("junk.pth")))

    assert entry["status"]["status_str"] == "error"
    assert "junk.pth" in str(entry["status"]["messages"])
    fine = ended(server, posted(server, enlarging("2x.pth")))
    assert fine["status"]["status_str"] == "success"
