"""The sampler and the recipes with erasers: tiny networks in the forms of LaMa and MI-GAN."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph import graphs
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import RECIPE_PREFIX
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.nodes.resource_names import ENGINE, checks
from paintgraph.tests import tiny_erasers as tiny
from paintgraph.tests.models.text_models import add_text_models, models_of
from paintgraph.tests.models.tiny_finders import add_finders
from paintgraph.tests.nodes.bench import Bench, Ran, bench_in, image_of, noise

NETWORKS = {"lama": tiny.lama(), "migan": tiny.migan()}
SIDE = 64
SAMPLES = {"prompt": "cat", "replacement": "sky", "box": [20, 20, 44, 40]}
"""What recipes are given beside pictures, masks and an engine."""
SAVE_THEMSELVES = {"batch_outpaint", "remove_watermark"}


def recipes() -> list[str]:
    """The recipes that give a picture and let an engine be chosen."""
    found = []
    for file in sorted(graphs.FOLDER.glob("*.yaml")):
        graph, _ = read_graph(file.read_bytes(), file.name)
        if "engine" in graph.inputs and file.stem not in SAVE_THEMSELVES:
            found.append(file.stem)
    return found


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory, text_models: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny.place(folder, NETWORKS)
    add_finders(folder)
    add_text_models(text_models, folder)
    return folder


@pytest.fixture(scope="module")
def bench(
    models_dir: Path, text_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models_dir))
        with (
            models_of(text_models, models_dir),
            bench_in(tmp_path_factory.mktemp("bench")) as bench,
        ):
            bench.assembly.recipes.register_all()
            yield bench


def picture(channels: int = 3) -> Image:
    return image_of(noise(SIDE, SIDE, channels, depth=16))


def hole() -> Mask:
    mask = np.zeros((1, SIDE, SIDE), np.float32)
    mask[:, 20:44, 24:40] = 1
    return mask


def ran(bench: Bench, engine: str, **inputs: Any) -> Ran:
    return bench.node(
        "InpaintSampler", **({"image": picture(), "mask": hole(), "engine": engine} | inputs)
    )


def paint(bench: Bench, engine: str, **inputs: Any) -> Image:
    done = ran(bench, engine, **inputs)
    assert done.outcome.failures == ()
    return done.array()


@pytest.mark.parametrize("engine", NETWORKS)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("soft", [False, True])
def test_a_pixel_that_is_not_selected_never_changes(
    bench: Bench, engine: str, channels: int, *, soft: bool
) -> None:
    image, mask = picture(channels), hole()
    if soft:
        mask[:, 20:30] *= 0.5
    painted = paint(bench, engine, image=image, mask=mask)

    assert painted[mask == 0].tobytes() == image[mask == 0].tobytes()
    assert not np.array_equal(painted[mask > 0], image[mask > 0])


@pytest.mark.parametrize("engine", NETWORKS)
def test_the_network_paints(bench: Bench, engine: str) -> None:
    painted = paint(bench, engine, match="none")

    assert np.allclose(painted[hole() == 1], tiny.COLOUR, atol=2 / 255)


def test_large_pictures_are_painted_in_steps(bench: Bench) -> None:
    image = image_of(noise(200, 220))
    mask = np.zeros((1, 200, 220), np.float32)
    mask[:, 20:180, 30:190] = 1
    painted = paint(bench, "lama", image=image, mask=mask, in_steps=True, match="none")

    assert painted[mask == 0].tobytes() == image[mask == 0].tobytes()
    assert np.abs(painted[mask == 1] - tiny.COLOUR).mean() < 0.1


@pytest.mark.parametrize("engine", NETWORKS)
def test_a_prompt_is_told_to_be_unread(bench: Bench, engine: str) -> None:
    assert ran(bench, engine).warnings == []
    assert ran(bench, engine, prompt="a cat", images=2).warnings == [
        f"The engine '{engine}' only erases; it reads no prompt."
    ]


def test_without_a_prompt_auto_is_the_best_eraser_that_is_there(
    bench: Bench, models_dir: Path, tmp_path: Path
) -> None:
    assert paint(bench, "auto").tobytes() == paint(bench, "lama").tobytes()
    lama = models_dir / "eraser" / "lama"
    lama.rename(tmp_path / "lama")
    try:
        assert paint(bench, "auto").tobytes() == paint(bench, "migan").tobytes()
    finally:
        (tmp_path / "lama").rename(lama)
    assert ran(bench, "auto", prompt="a cat").warnings == [
        "The engine 'surroundings' continues what surrounds the hole; it reads no prompt."
    ]


def test_a_missing_eraser_is_named_before_anything_runs(
    bench: Bench, models_dir: Path, tmp_path: Path
) -> None:
    check = checks(bench.assembly.names)[ENGINE]
    assert check("migan") is None
    migan = models_dir / "eraser" / "migan"
    migan.rename(tmp_path / "migan")
    try:
        with pytest.raises(GraphError) as error:
            ran(bench, "migan")
        fault = check("migan")
    finally:
        (tmp_path / "migan").rename(migan)
    (problem,) = error.value.problems

    assert problem.code == "model_missing"
    assert "model 'migan'" in problem.message
    assert "is not on this machine" in problem.message
    assert "put 'migan.onnx' into the folder" in problem.message
    assert fault is not None
    assert fault.code == "model_missing"


@pytest.mark.parametrize("recipe", recipes())
def test_every_recipe_with_an_engine_takes_an_eraser(bench: Bench, recipe: str) -> None:
    spec = bench.assembly.registry.spec(f"{RECIPE_PREFIX}{recipe}")
    assert spec is not None
    dark = (picture() / 10).astype(np.float32)
    dark[:, 24:40, 20:44, 1] = 1  # what the tiny finder takes for writing is green
    known: dict[str, Any] = {"image": dark, "mask": hole(), "engine": "lama", **SAMPLES}
    given = {each.name: known[each.name] for each in spec.inputs if each.name in known}
    done = bench.node(f"{RECIPE_PREFIX}{recipe}", **given)

    assert done.outcome.failures == ()
    away = np.abs(done.array()[..., :3] - np.array(tiny.COLOUR)).max(axis=-1)
    assert (away < 0.05).any()
