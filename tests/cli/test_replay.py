"""A replay says whether a picture is what its graph makes; a bundle carries both elsewhere."""

import os
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image

from paintgraph.base.pictures import texts_of
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions.texts import add_text
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.made import with_made
from paintgraph.imaging.files.metadata import MADE
from paintgraph.imaging.samples import to_image
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests import tiny_onnx
from paintgraph.tests.cli.conftest import Paintgraph, png, samples

SAVING = """\
inputs: {image: {type: image}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}", alpha: keep}
  pair: {node: ImageBatch, image1: "${photo.image}", image2: "${turned.image}"}
  turned: {node: ImageInvert, image: "${photo.image}"}
  saved: {node: SaveImage, images: "${pair.image}", filename_prefix: copy, format: %s}
"""


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write another graph into a picture."""
    data = file.read_bytes()
    graph = orjson.loads(texts_of(BytesIO(data), MADE)["paintgraph"])
    change(graph)
    file.write_bytes(add_text(data, {"paintgraph": orjson.dumps(graph).decode()}))


def painted_over(file: Path) -> None:
    """Change a sample, as an editor does that keeps the texts."""
    data = file.read_bytes()
    picture = decode(data)
    image = picture.image.copy()
    image[0, 0, 0] = 1 - image[0, 0, 0]
    file.write_bytes(with_made(encode(image), texts_of(BytesIO(data), MADE)))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["image", "mask"])
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_picture_is_what_its_graph_makes(paintgraph: Paintgraph, name: str, suffix: str) -> None:
    paintgraph("run", "out.png", "-o", f"{name}=again.{suffix}")

    answer = paintgraph("replay", f"again.{suffix}")

    assert (answer.code, answer.text) == (
        0,
        f"again.{suffix}: equal: its graph gives these pixels\n",
    )


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("form", ["png", "webp"])
def test_each_file_of_a_save_node_is_replayed_for_itself(
    paintgraph: Paintgraph, form: str, depth: int
) -> None:
    deep = np.random.default_rng(1).integers(0, 2**depth, (6, 7, 4), f"uint{depth}")
    Path("deep.png").write_bytes(encode(to_image(deep), depth=depth))
    Path("save.yaml").write_text(SAVING % form)
    paintgraph("run", "save.yaml", "--image", "deep.png", "--output-dir", "out")
    before = sorted(Path("out").iterdir())

    for number in (1, 2):
        answer = paintgraph("replay", f"out/copy_0000{number}_.{form}")
        assert answer.code == 0, answer.stderr + answer.text

    assert sorted(Path("out").iterdir()) == before
    assert not list(Path().glob("copy*"))


def test_a_picture_that_was_changed_later_is_told(paintgraph: Paintgraph, made: Path) -> None:
    painted_over(made)

    answer = paintgraph("replay", str(made))

    assert answer.code == 3
    assert answer.text == (
        "out.png: not what its graph makes: its pixels were changed later; the graph gives what "
        "it was at first\n"
    )


def test_another_graph_is_told(paintgraph: Paintgraph, made: Path) -> None:
    changed(made, lambda graph: graph["inputs"]["fraction"].update(default=0.25))

    answer = paintgraph("replay", str(made), "--json")

    assert (answer.code, answer.json["state"]) == (3, "differs")


def test_what_differs_here_is_named(paintgraph: Paintgraph, made: Path) -> None:
    def other(graph: dict[str, Any]) -> None:
        graph["inputs"]["fraction"]["default"] = 0.25
        graph["made"] |= {"version": "0.0.1", "device": "cuda float16"}
        graph["made"]["packages"] |= {"numpy": "1.0", "gone": "2.0"}

    changed(made, other)

    answer = paintgraph("replay", str(made))

    assert answer.code == 3
    for line in (
        "version: it was 0.0.1, here ",
        "device: it was cuda float16, here cpu",
        "numpy: it was 1.0, here ",
        "gone: it was 2.0, here None",
    ):
        assert f"\n  {line}" in answer.text


def test_another_input_is_named(paintgraph: Paintgraph, made: Path, photo: Path) -> None:
    photo.unlink()
    Path("other.png").write_bytes(png(samples(seed=1)))

    missing = paintgraph("replay", str(made))
    other = paintgraph("replay", str(made), "--image", "other.png")

    assert missing.code == 1
    assert "input 'image': its picture sha256:" in missing.stderr
    assert other.code == 3
    assert "\n  --image: its digest is sha256:" in other.text


@pytest.mark.parametrize("reference", ["isnet-general-use@sha256:" + "0" * 64, "nobody@x", "\n"])
def test_a_model_that_is_not_here_is_named_before_anything_runs(
    paintgraph: Paintgraph, made: Path, reference: str
) -> None:
    changed(made, lambda graph: graph["made"].update(models=[reference]))

    answer = paintgraph("replay", str(made))

    assert answer.code == 1
    assert "model '" in answer.stderr
    assert "InpaintSampler" not in answer.stderr


@pytest.mark.parametrize(
    "made_of",
    [5, [], {"inputs": 3, "packages": [], "models": "x", "nodes": 7}, {"inputs": {"a": {}}}],
)
def test_whatever_a_graph_says_of_its_making_does_no_harm(
    paintgraph: Paintgraph, made: Path, made_of: Any
) -> None:
    changed(made, lambda graph: graph.update(made=made_of))

    for command in (("replay", str(made)), ("bundle", str(made), "-o", "x.zip")):
        answer = paintgraph(*command)
        assert answer.code in (0, 1)
        assert "fault of paintgraph" not in answer.stderr


@pytest.mark.parametrize("text", ["{}", "[]", '{"digest": 3}', '{"digest": "x", "place": -1}', "x"])
def test_a_picture_that_does_not_say_what_it_is_cannot_be_replayed(
    paintgraph: Paintgraph, made: Path, text: str
) -> None:
    made.write_bytes(add_text(made.read_bytes(), {"paintgraph-result": text}))

    answer = paintgraph("replay", str(made))

    assert (answer.code, "[no_result]" in answer.stderr) == (1, True)


@pytest.mark.parametrize("said", [{"output": "nobody"}, {"node": "nobody"}, {"place": 7}])
def test_a_result_that_the_graph_does_not_give_is_told(
    paintgraph: Paintgraph, made: Path, said: dict[str, Any]
) -> None:
    text = orjson.dumps({"digest": "0" * 64, **said}).decode()
    made.write_bytes(add_text(made.read_bytes(), {"paintgraph-result": text}))

    answer = paintgraph("replay", str(made))

    assert (answer.code, "the graph gives no such picture" in answer.stderr) == (1, True)


def test_what_is_no_picture_of_ours_is_told(paintgraph: Paintgraph, photo: Path) -> None:
    Path("text.txt").write_text("nothing")

    for file, code in ((str(photo), "no_graph"), ("text.txt", "no_graph"), ("gone.png", "no_such")):
        answer = paintgraph("replay", file)
        assert answer.code in (1, 2)
        assert code in answer.stderr


def test_a_bundle_is_replayed_elsewhere(
    paintgraph: Paintgraph, process: Paintgraph, made: Path, photo: Path, tmp_path: Path
) -> None:
    assert paintgraph("bundle", str(made), "-o", "x.zip").code == 0
    paintgraph("bundle", str(made), "-o", "same.zip")
    away = tmp_path / "away"
    away.mkdir()
    shutil.move("x.zip", away / "x.zip")
    photo.unlink()
    made.unlink()
    shutil.rmtree(tmp_path / "data")
    elsewhere = {**os.environ, "HOME": str(away / "home"), VARIABLE: str(away / "data")}

    answer = process("replay", "x.zip", cwd=away, env=elsewhere)

    assert (answer.code, answer.text) == (0, "x.zip: equal: its graph gives these pixels\n")
    assert Path("same.zip").read_bytes() == (away / "x.zip").read_bytes()


def test_a_bundle_needs_all_inputs(paintgraph: Paintgraph, made: Path, photo: Path) -> None:
    photo.unlink()

    answer = paintgraph("bundle", str(made), "-o", "x.zip")

    assert (answer.code, "[unknown_picture]" in answer.stderr) == (1, True)
    assert not Path("x.zip").exists()


def test_an_editor_that_drops_the_texts_leaves_nothing_to_replay(
    paintgraph: Paintgraph, made: Path
) -> None:
    with Image.open(made) as opened:
        opened.convert("RGB").save("bare.png")

    assert "[no_graph]" in paintgraph("replay", "bare.png").stderr


def test_a_picture_of_a_folder_is_replayed_where_the_folder_lies(
    paintgraph: Paintgraph, photo: Path
) -> None:
    Path("in").mkdir()
    shutil.move(photo, "in/a.png")
    Path("in/b.png").write_bytes(png(samples(seed=1)))
    options = ("--sides", "left", "--fraction", "0.25", "--engine", "telea")
    paintgraph("run", "batch_outpaint", *options, "--input-dir", "in", "--output-dir", "out")
    (_, second) = sorted(Path("out").iterdir())

    there = paintgraph("replay", str(second), "--input-dir", "in")
    Path("in/a.png").unlink()
    fewer = paintgraph("replay", str(second), "--input-dir", "in")

    assert there.code == 0, there.stderr
    assert fewer.code != 0
    assert b"a.png" not in second.read_bytes()


def test_the_model_that_was_used_is_pinned(
    paintgraph: Paintgraph, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = {"u2net": tiny_onnx.middle_network(320)}
    tiny_onnx.install(tmp_path, networks, monkeypatch)
    options = ("--image", str(photo), "--model", "u2net", "-o", "cut.png")
    assert paintgraph("run", "remove_background", *options).code == 0
    equal = paintgraph("replay", "cut.png")

    tiny_onnx.install(tmp_path, {"u2net": tiny_onnx.middle_network(160)}, monkeypatch)
    other = paintgraph("replay", "cut.png")

    assert (equal.code, other.code) == (0, 1)
    assert "[model_changed]" in other.stderr
    text = paintgraph("convert", "cut.png").text
    assert "u2net@sha256:" in text
