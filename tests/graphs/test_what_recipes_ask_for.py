"""Recipes ask for what is better than ComfyUI's numbers, so what they give stays as it was.

The digests were taken when every node of scaling averaged.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph import graphs
from paintgraph.assembly import Assembly, assemble
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.samples import pixel_digest
from paintgraph.jobs.sources.folders import Folders
from paintgraph.tests.nodes.bench import noise, png

FILES = sorted(graphs.FOLDER.rglob("*.yaml"))
PHOTO = {"image": "photo.png"}
BY_MASK = PHOTO | {"mask": "mask.png"}
FOOOCUS = PHOTO | {"mask": "large_mask.png", "engine": "telea", "erode_or_dilate": 1}
SIDES = {"sides": ["left"]}

BACKGROUND = "replace_background_by_mask.yaml"
DIGESTS: list[tuple[str, dict[str, Any], str, str]] = [
    (BACKGROUND, BY_MASK | {"background": "large.png"}, "composed", "f15be25b46d40c01"),
    (BACKGROUND, BY_MASK | {"background": "small.png"}, "composed", "1abe5455b48f8695"),
    ("fooocus/inpaint.yaml", FOOOCUS, "painted", "1881ead1f30efb08"),
    ("fooocus/inpaint_and_outpaint.yaml", FOOOCUS | SIDES, "painted", "a9bd51557e6c65e6"),
]
"""Recipes, what they are given, the node that gives their picture, and its digest."""


BETTER = {"ImageScale": "antialias", "ImageScaleBy": "antialias", "LoadImageMask": "clean"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_scaling_averages_and_every_mask_is_clean(file: Path) -> None:
    graph, _ = read_graph(file.read_bytes(), file.name)

    for node in graph.nodes.values():
        if wanted := BETTER.get(node.kind):
            assert node.inputs.get(wanted) is True


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    folder = tmp_path_factory.mktemp("scaling")
    inputs = folder / "inputs"
    inputs.mkdir()
    generator = np.random.default_rng(3)
    large_mask = np.kron(generator.integers(0, 2, (9, 7)) * 255, np.ones((7, 7))).astype(np.uint8)
    pictures = {
        "photo": noise(32, 24),
        "mask": noise(32, 24, 1)[..., 0],
        "large_mask": large_mask,
        "large": noise(75, 50, seed=1),
        "small": noise(13, 17, seed=2),
    }
    for name, samples in pictures.items():
        (inputs / f"{name}.png").write_bytes(png(samples))
    with assemble(Folders(folder / "data"), inputs, with_store=False) as assembly:
        yield assembly


@pytest.mark.parametrize(("recipe", "given", "node", "digest"), DIGESTS)
def test_what_recipes_give_stays(
    assembly: Assembly, recipe: str, given: dict[str, Any], node: str, digest: str
) -> None:
    graph, _ = read_graph((graphs.FOLDER / recipe).read_bytes(), recipe)
    bound = bind(
        check(graph, assembly.registry).sound(), assembly.registry, given, assembly.binders
    )

    outcome = run(bound, assembly.worker, [node])

    assert outcome.failures == ()
    (value,) = outcome.results[node].slots[0]
    assert isinstance(value, Value)
    assert pixel_digest(value.data, 8, None)[:16] == digest
