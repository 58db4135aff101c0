"""What was painted is not painted again, in recipes of recipes and in batches: in new processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.tests.nodes.bench import noise, png

RUN = """
import json, sys
from pathlib import Path
from paintgraph.assembly import assemble
from paintgraph.engine.execution import store
from paintgraph.engine.execution.run import run
from paintgraph.engine.node.events import Executed, NodeFinished
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import targets_of
from paintgraph.jobs.sources.folders import Folders

store.WORTH = 0  # these pictures are small: keep whatever can be kept
folder, text = Path(sys.argv[1]), sys.argv[2]
events = []
with assemble(Folders(folder / "data"), folder / "input") as assembly:
    registry = assembly.registry
    checked = assembly.recipes.checked(text.encode(), "test")
    graph = bind(checked, registry, {}, assembly.binders)
    outcome = run(
        graph, assembly.worker, targets_of(graph, registry).values(), job=sys.argv[3],
        listen=events.append,
    )
saved = [e.prefix for event in events if isinstance(event, Executed) for e in event.effects]
kinds = [e.origin.kind for e in events if isinstance(e, NodeFinished) and e.how == "computed"]
failures = [failure.message for failure in outcome.failures]
print(json.dumps({"kinds": sorted(kinds), "saved": sorted(saved), "failures": failures}))
"""
NOTHING_OF_A_PICTURE = {
    "LoadImagesFromFolder",
    "AddSetting",
    "MapImages",
    "EachText",
    "ApplyRecipe",
    "SaveListedImage",
    "PreviewImage",
    "recipe/batch_outpaint",
}
BATCH = """
nodes:
  all: {recipe: batch_outpaint, folder: photos, sides: [left], engine: patchmatch}
"""
GIVEN_ON = """
nodes:
  names: {node: LoadImagesFromFolder, folder: photos}
  all: {node: MapImages, names: "${names.names}", recipe_name: outpaint, save: false,
        settings: '{"engine": "patchmatch", "sides": ["left"]}'}
  end: {node: PreviewImage, images: "${all.images}"}
"""
NESTED = """
nodes:
  photo: {node: LoadImage, image: photos/p0.png}
  wide: {recipe: outpaint_to_size, image: "${photo.image}", width: 40, height: 24}
outputs: {image: "${wide.image}"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "input" / "photos"
    photos.mkdir(parents=True)
    for number in range(3):
        (photos / f"p{number}.png").write_bytes(png(noise(16, 12, 3, seed=number)))
    return tmp_path


class _Ran:
    """What a run in a process of its own computed (kinds of nodes) and saved."""

    def __init__(self, folder: Path, text: str, job: str) -> None:
        environment = {**os.environ, "PAINTGRAPH_MODELS_DIR": str(folder / "models")}
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(folder), text, job],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["failures"] == []
        self.kinds: list[str] = answer["kinds"]
        self.saved: list[str] = answer["saved"]


@pytest.mark.parametrize("text", [BATCH, GIVEN_ON])
def test_a_batch_is_painted_once_and_saved_each_time(folder: Path, text: str) -> None:
    first, again = _Ran(folder, text, "first"), _Ran(folder, text, "second")

    assert first.kinds.count("InpaintSampler") == 3
    assert set(again.kinds) <= NOTHING_OF_A_PICTURE
    assert len(again.saved) == 3
    assert first.saved == again.saved


def test_of_a_batch_what_changed_is_painted_alone(folder: Path) -> None:
    _Ran(folder, BATCH, "first")
    (folder / "input/photos/p1.png").write_bytes(png(noise(16, 12, 3, seed=7)))

    assert _Ran(folder, BATCH, "second").kinds.count("InpaintSampler") == 1


def test_of_a_graph_with_a_nested_recipe_nothing_runs_again(folder: Path) -> None:
    first, again = _Ran(folder, NESTED, "first"), _Ran(folder, NESTED, "second")

    assert "recipe/outpaint_to_size" in first.kinds
    assert again.kinds == []
