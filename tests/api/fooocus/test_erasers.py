"""`base_model_name` names an eraser, by our name or by its file's."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from paintgraph.tests import tiny_erasers
from paintgraph.tests.api.fooocus.asking import BOX, changed, finished, inpaint, result
from paintgraph.tests.api.serving import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a network in the form of LaMa, which paints one colour."""
    folder: Path = tmp_path_factory.mktemp("erasers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "models"))
        tiny_erasers.place(folder / "models", {"lama": tiny_erasers.lama()})
        with serving(folder / "data", device="cpu") as served:
            yield served


@pytest.mark.parametrize("name", ["lama", "lama.onnx"])
def test_an_eraser_that_is_named_paints(server: Served, name: str) -> None:
    task = finished(inpaint(server, base_model_name=name, inpaint_erode_or_dilate=1))

    wide = np.zeros_like(BOX)
    wide[11:31, 19:41] = True
    colour = np.round(np.asarray(tiny_erasers.COLOUR) * 255)
    assert (result(server, task)[BOX] == colour).all()
    assert not changed(server, task)[~wide].any()
    assert task["warnings"] == []


def test_erasers_that_are_here_are_listed(server: Served) -> None:
    answer = server.call("GET", "/v1/engines/all-models")

    assert answer.json["model_filenames"] == ["lama"]
