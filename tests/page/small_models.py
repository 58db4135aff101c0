"""Small models where the server looks for them, and a source of one that it lacks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paintgraph.tests import tiny_onnx
from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.model_server import model_server, sha
from paintgraph.tests.models.text_models import FINDERS, PICKERS
from paintgraph.tests.page.doing import mask, photo

ISNET = "isnet-general-use"
MISSING = "mine"
PAINTER = "tiny-painter"
MOST_PIXELS = 200_000
"""Of a picture that the server takes."""


@contextmanager
def placed(folder: Path, text_models: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Models in a folder, of which a server is told that starts meanwhile."""
    network = tiny_onnx.network_of(ISNET)
    _, models_dir = tiny_onnx.install(folder, {ISNET: network}, patch)
    tiny.sd(models_dir / "diffusion" / PAINTER)
    patch.setenv("OMP_NUM_THREADS", "1")  # several would wait for each other, the longer the busier
    patch.setenv("HF_HUB_CACHE", str(text_models / "hub"))
    with model_server() as source:
        source.files[f"/{MISSING}.onnx"] = network
        with (models_dir / "models.yaml").open("a", encoding="utf-8") as catalogue:
            catalogue.write(
                f"{MISSING}:\n  family: rembg\n  options: {{session: {ISNET}}}\n  files:\n"
                f"    - path: {MISSING}.onnx\n      url: {source.url}/{MISSING}.onnx\n"
                f"      digests: ['{sha(network)}']\n"
            )
        yield


def load(server: Child) -> None:
    """Have the worker import what models need, which on a busy machine outlasts any patience."""
    image = server.upload(photo())
    words = {"prompt": "a rocket", "text_model": FINDERS[1], "segment_model": PICKERS[1]}
    painted = {"prompt": "a balloon", "engine": PAINTER, "steps": 1, "mask": server.upload(mask())}
    for recipe, inputs in (("mask_by_text", words), ("replace_object", painted)):
        job = server.call("POST", f"/v1/recipes/{recipe}", {"image": image, **inputs}).json
        assert server.ended(job["id"])["state"] == "succeeded"
