"""Graphs of every shape that ComfyUI's users make run by the command, from files to a picture."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.models.catalogue.places import VARIABLE as MODELS
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.prompts.text_encoders import TextEncoders
from paintgraph.tests.models.networks.asked_for import bring

READ, WRITE = TextEncoders.encode, Autoencoders.encode
GRAPHS = sorted((Path(__file__).parent / "graphs").glob("*.json"))
SIZES = {
    **dict.fromkeys(("encode_for_inpaint", "image_to_image", "inpaint_model"), (128, 128)),
    "noise_mask": (128, 128),
    "outpaint": (192, 128),
    "latent_upscale": (96, 96),
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
