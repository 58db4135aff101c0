"""Files of ComfyUI on the command line: run, explain, validate, whatever they are called."""

import json
from pathlib import Path

import pytest

from paintgraph.tests.api.test_foreign_graphs import saving
from paintgraph.tests.base.test_pictures import chunk
from paintgraph.tests.cli.conftest import Paintgraph


def carrying(photo: Path, key: bytes) -> bytes:
    """The picture with the workflow in it."""
    data = photo.read_bytes()
    text = key + b"\0" + json.dumps(saving("photo.png")).encode()
    return data[:33] + chunk(b"tEXt", text) + data[33:]


@pytest.mark.parametrize("name", ["workflow.json", "picture.png", "anything"])
def test_a_workflow_runs_from_its_file_and_from_a_picture(
    paintgraph: Paintgraph, folder: Path, photo: Path, name: str
) -> None:
    data = carrying(photo, b"workflow")
    (folder / name).write_bytes(
        data if name == "picture.png" else json.dumps(saving("photo.png")).encode()
    )

    ran = paintgraph("run", name)
    told = paintgraph("explain", name)

    assert ran.code == 0, ran.stderr
    assert list(folder.glob("inverted*"))
    assert [line.partition(":")[0] for line in told.text.splitlines()] == [
        "1 (LoadImage)",
        "3 (ImageInvert)",
        "5 (SaveImage)",
    ]


def test_a_workflow_is_read_from_standard_input(paintgraph: Paintgraph, photo: Path) -> None:
    told = paintgraph("validate", "-", stdin=carrying(photo, b"workflow"))

    assert (told.code, told.text) == (0, "standard input: valid (a workflow of ComfyUI)\n")


def test_a_large_picture_is_not_read_whole(
    paintgraph: Paintgraph, folder: Path, photo: Path
) -> None:
    data = carrying(photo, b"workflow")
    with (folder / "large.png").open("wb") as file:
        file.write(data[:33] + (200 << 20).to_bytes(4, "big") + b"IDAT")
        file.seek(200 << 20, 1)
        file.write(bytes(4) + data[33:])

    assert paintgraph("validate", "large.png").text == "large.png: valid (a workflow of ComfyUI)\n"
