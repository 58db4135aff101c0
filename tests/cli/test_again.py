"""Pictures that were written run again, from whatever place, by the graph that they carry."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from paintgraph.imaging.files.decode import decode
from paintgraph.tests.cli.conftest import WIDER, Paintgraph, png, samples

SAVING = """\
inputs: {image: {type: image}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  turned: {node: ImageInvert, image: "${photo.image}"}
  saved: {node: SaveImage, images: "${turned.image}", filename_prefix: copy, format: %s}
"""


def pixels(file: str | Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return decode(Path(file).read_bytes()).image


@pytest.mark.parametrize("command", ["validate", "convert", "explain"])
def test_the_graph_of_a_picture_is_read_by_every_command(
    paintgraph: Paintgraph, made: Path, command: str
) -> None:
    assert paintgraph(command, str(made)).code == 0


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_picture_runs_again(paintgraph: Paintgraph, photo: Path, suffix: str) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "-o", f"out.{suffix}")

    answer = paintgraph("run", f"out.{suffix}", "--fresh", "-o", "again.png")

    assert answer.code == 0, answer.stderr
    assert np.array_equal(pixels("again.png"), pixels(f"out.{suffix}"))


@pytest.mark.parametrize("form", ["png", "webp"])
def test_what_a_save_node_wrote_runs_again(paintgraph: Paintgraph, photo: Path, form: str) -> None:
    Path("save.yaml").write_text(SAVING % form)
    paintgraph("run", "save.yaml", "--image", str(photo), "--output-dir", "first")

    answer = paintgraph("run", f"first/copy_00001_.{form}", "--output-dir", "second")

    assert answer.code == 0, answer.stderr
    first, second = (Path(folder, f"copy_00001_.{form}") for folder in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_its_inputs_can_be_changed(paintgraph: Paintgraph, made: Path) -> None:
    answer = paintgraph("run", str(made), "--sides", "right", "-o", "right.png")

    assert answer.code == 0, answer.stderr
    assert np.array_equal(pixels("right.png")[:, :, :16], pixels("photo.png"))


def test_another_engine_is_looked_up_and_not_that_of_before(
    paintgraph: Paintgraph, made: Path
) -> None:
    paintgraph("run", str(made), "--engine", "patchmatch", "-o", "other.png")

    text = paintgraph("convert", "other.png").text
    assert yaml.safe_load(text)["nodes"]["filled"]["painter"] == ["patchmatch"]


@pytest.mark.parametrize("place", ["beside", "current", "input"])
def test_its_input_is_found_by_what_it_holds(
    paintgraph: Paintgraph, made: Path, photo: Path, place: str
) -> None:
    Path("elsewhere").mkdir()
    Path("inputs").mkdir()
    shutil.move(made, "elsewhere/out.png")
    where = {"beside": "elsewhere", "current": ".", "input": "inputs"}[place]
    shutil.move(photo, Path(where, "renamed.dat"))

    options = ("--input-dir", "inputs", "-o", "again.png")
    answer = paintgraph("run", "elsewhere/out.png", *options)

    assert answer.code == 0, answer.stderr
    assert f"found {Path(where, 'renamed.dat')}" in answer.stderr


def test_a_missing_input_is_named_with_its_digest(
    paintgraph: Paintgraph, made: Path, photo: Path
) -> None:
    photo.unlink()
    text = paintgraph("convert", str(made)).text
    digest = yaml.safe_load(text)["inputs"]["image"]["default"]

    answer = paintgraph("run", str(made), "-o", "again.png")

    assert answer.code == 1
    assert answer.stderr == (
        f"out.png: input 'image': its picture {digest} is not here; looked for it among "
        "paintgraph's own pictures and the files in '.'. Give its file as 'image' (--image FILE), "
        "or copy it there. [unknown_picture]\n"
    )


def test_another_file_of_the_same_size_is_not_taken(
    paintgraph: Paintgraph, made: Path, photo: Path
) -> None:
    data = bytearray(photo.read_bytes())
    data[-20] ^= 1
    photo.write_bytes(data)

    assert paintgraph("run", str(made), "-o", "again.png").code == 1


def test_the_missing_input_can_be_given_and_another_one_is_told(
    paintgraph: Paintgraph, made: Path, photo: Path
) -> None:
    shutil.move(photo, "same.png")
    Path("other.png").write_bytes(png(samples(seed=1)))

    same = paintgraph("run", str(made), "--image", "same.png", "-o", "again.png")
    other = paintgraph("run", str(made), "--image", "other.png", "-o", "differs.png")

    assert (same.code, other.code) == (0, 0)
    assert "warning" not in same.stderr
    assert "warning: --image: its digest is sha256:" in other.stderr
    assert np.array_equal(pixels("again.png"), pixels(made))


def test_nothing_is_carried_where_that_is_not_wished(paintgraph: Paintgraph, photo: Path) -> None:
    Path("save.yaml").write_text("graph: false\n" + SAVING % "webp")
    paintgraph("run", "save.yaml", "--image", str(photo), "--output-dir", "out")

    answer = paintgraph("run", "out/copy_00001_.webp")

    assert answer.code == 1
    assert "carries no graph" in answer.stderr
