"""The command line and Python take base64 as servers do, and tell what is left out."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import paintgraph as front
from paintgraph.tests.base.test_base64_reader import DRESSES
from paintgraph.tests.cli.conftest import Paintgraph, png, samples

COPY = """\
inputs: {image: {type: image}}
nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}
outputs: {image: "${photo.image}"}
"""
FOLDER = """\
nodes: {files: {node: LoadImagesFromFolder, folder: many}}
outputs: {names: "${files.names}"}
"""


@pytest.fixture
def text() -> str:
    Path("copy.yaml").write_text(COPY)
    return base64.b64encode(png(samples())).decode()


@pytest.mark.parametrize("dress", ["URL-safe without padding", "a data URL in capitals", "quotes"])
def test_base64_is_a_picture_on_the_command_line(
    paintgraph: Paintgraph, text: str, dress: str
) -> None:
    answer = paintgraph("run", "copy.yaml", "--image", DRESSES[dress](text), "-o", "out.png")

    assert answer.code == 0, answer.stderr
    with Image.open("out.png") as picture:
        assert np.array_equal(np.asarray(picture), samples())


def test_base64_that_is_nearly_right_is_named(paintgraph: Paintgraph, text: str) -> None:
    answer = paintgraph("run", "copy.yaml", "--image", text.replace("+", " "))

    assert answer.code != 0
    assert "looks like base64 whose + became blanks" in answer.stderr


def test_a_file_is_read_though_its_name_is_base64(paintgraph: Paintgraph, text: str) -> None:
    Path(text[:40]).write_bytes(png(samples()))

    assert paintgraph("run", "copy.yaml", "--image", text[:40], "-o", "out.png").code == 0


@pytest.mark.parametrize("form", [str, str.encode, lambda text: f"data:image/png;base64,{text}"])
@pytest.mark.usefixtures("paintgraph")
def test_base64_is_a_picture_in_python(text: str, form: Callable[[str], Any]) -> None:
    result = front.run("copy.yaml", image=form(text))

    assert np.array_equal(np.asarray(result.image), samples())


def test_pictures_that_are_not_read_are_told(paintgraph: Paintgraph) -> None:
    Path("folder.yaml").write_text(FOLDER)
    Path("many").mkdir()
    for name in ("a.png", "b.jxl"):
        Path("many", name).write_bytes(png(samples()))
    expected = "the folder 'many' holds 1 picture ('many/b.jxl') of kinds that are not read"

    answer = paintgraph("run", "folder.yaml")
    [warning] = front.run("folder.yaml").warnings

    assert answer.code == 0
    assert f"warning: {expected}" in answer.stderr
    assert warning.startswith(expected)
