"""Graphs of every shape that ComfyUI's users make run by the command, from files to a picture."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.models.catalogue.places import VARIABLE as MODELS
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.prompts.text_encoders import TextEncoders
from paintgraph.nodes import build_registry
from paintgraph.tests.models.networks.asked_for import bring

REGISTRY = build_registry()
READ, WRITE = TextEncoders.encode, Autoencoders.encode
GRAPHS = sorted((Path(__file__).parent / "graphs").glob("*.json"))
PAGE = Path(__file__).parents[3] / "docs" / "from-comfyui.md"
SIZES = {
    **dict.fromkeys(("encode_for_inpaint", "image_to_image", "inpaint_model"), (128, 128)),
    "noise_mask": (128, 128),
    "outpaint": (192, 128),
    "latent_upscale": (96, 96),
    "flux": (72, 64),
    "flux_fill": (128, 128),
}
"""Width and height of the pictures, where they are not 64 px."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("graphs")
    for graph in GRAPHS:
        bring(json.loads(graph.read_text()), folder / "models", folder)
    settings = {VARIABLE: str(folder / "data"), MODELS: str(folder / "models")}
    with mock.patch.dict(os.environ, settings):
        yield folder


def run(folder: Path, graph: Mapping[str, Any], *flags: str) -> Any:
    (folder / "graph.json").write_text(json.dumps(graph))
    for old in folder.glob("shape*"):
        old.unlink()
    command = ["run", str(folder / "graph.json"), "--input-dir", str(folder), "--device", "cpu"]
    result = CliRunner().invoke(app, [*command, "--output-dir", str(folder), *flags])
    assert result.exit_code == 0, result.stderr
    (picture,) = folder.glob("shape*")
    return np.asarray(Image.open(picture))


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda path: path.stem)
def test_a_graph_runs_to_a_picture(folder: Path, graph: Path) -> None:
    picture = run(folder, json.loads(graph.read_text()), "--fresh")
    width, height = SIZES.get(graph.stem, (64, 64))

    assert picture.shape[:2] == (height, width)
    assert picture.std() > 1


def test_another_seed_costs_no_reading_of_the_prompt(folder: Path) -> None:
    graph = json.loads((GRAPHS[0].parent / "encode_for_inpaint.json").read_text())
    graph["positive"]["inputs"]["text"] = "words that no other test has"
    graph["negative"]["inputs"]["text"] = "and none against it"
    graph["latent"]["inputs"]["grow_mask_by"] = 3
    counts = []
    pictures = []
    for seed in (1, 2):
        graph["sample"]["inputs"]["seed"] = seed
        with (
            mock.patch.object(TextEncoders, "encode", autospec=True, side_effect=READ) as read,
            mock.patch.object(Autoencoders, "encode", autospec=True, side_effect=WRITE) as write,
        ):
            pictures.append(run(folder, graph))
        counts.append((read.call_count, write.call_count))

    assert counts == [(2, 1), (0, 0)]
    assert not np.array_equal(*pictures)


def test_a_graph_that_names_a_pickle_takes_the_same_model_as_safetensors(folder: Path) -> None:
    graph = json.loads((GRAPHS[0].parent / "text_to_picture.json").read_text())
    picture = run(folder, graph)
    graph["ckpt"]["inputs"]["ckpt_name"] = "sd15.ckpt"

    assert np.array_equal(picture, run(folder, graph))


def test_the_graph_of_the_documentation_keeps_every_pixel_outside(folder: Path) -> None:
    (text,) = re.findall("```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    prompt = json.loads(text)
    assert outside_changes(prompt) == []
    prompt["sampled"]["inputs"]["steps"] = 2
    prompt["saved"]["inputs"]["filename_prefix"] = "shape"

    made = run(folder, prompt)
    photo = np.asarray(Image.open(folder / "photo.png"))
    known = photo[..., 3] == 255

    assert np.array_equal(made[known], photo[known][:, :3])
    assert not np.array_equal(made[~known], photo[~known][:, :3])


def outside_changes(prompt: Mapping[str, Any]) -> list[str]:
    """What is told of pixels outside the mask."""
    graph, problems = read_graph(json.dumps(prompt).encode(), "prompt")
    found = check(graph, REGISTRY, problems).problems
    return [each.message for each in found if each.code == "outside_changes"]


CURE = re.compile(
    r"put (\w+) behind it: destination is output (\w+) of node '(\w+)', "
    r"source node '(\w+)', mask output (\w+) of node '(\w+)'\."
)
FEATHER = 16
MASKED = ("encode_for_inpaint", "noise_mask", "inpaint_model", "outpaint")


@pytest.mark.parametrize("name", MASKED)
def test_what_validate_proposes_keeps_every_pixel_outside_the_mask(name: str, folder: Path) -> None:
    prompt = json.loads((GRAPHS[0].parent / f"{name}.json").read_text())
    (told,) = outside_changes(prompt)
    cure = CURE.search(told)
    assert cure, told
    kind, *places = cure.groups()
    over = {
        "destination": _link(prompt, places[1], places[0]),
        "source": [places[2], 0],
        "mask": _link(prompt, places[4], places[3]),
        "x": 0,
        "y": 0,
        "resize_source": False,
    }
    prompt["save"]["inputs"]["images"] = ["over", 0]
    prompt["over"] = {"class_type": kind, "inputs": over}

    photo = np.asarray(Image.open(folder / prompt["picture"]["inputs"]["image"]))
    made = run(folder, prompt)[:, : photo.shape[1]]
    known = photo[..., 3] == 255
    if name == "outpaint":  # all of it is known, but for what fades into the new part
        known = np.arange(photo.shape[1]) < np.full(len(photo), photo.shape[1] - FEATHER)[:, None]

    assert np.array_equal(made[known], photo[known][:, :3])
    assert not np.array_equal(made[~known], photo[~known][:, :3])


def _link(prompt: Mapping[str, Any], node: str, output: str) -> list[Any]:
    spec = REGISTRY.spec(prompt[node]["class_type"])
    assert spec is not None
    return [node, [each.name for each in spec.outputs].index(output)]
