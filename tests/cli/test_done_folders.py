"""A folder that is done costs nothing: no process is started, no model loaded, no node run."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from paintgraph.engine.execution.attempt import Performer
from paintgraph.models.families.patchmatch import engine as patchmatch
from paintgraph.tests.cli.conftest import Paintgraph, png
from paintgraph.tests.tiny_onnx import SIDES, install, middle_network

COMMANDS = {
    "generate_mask": ("--model", "u2netp"),
    "erase_object": ("--box", "8,8,20,20"),
}


@pytest.fixture(autouse=True)
def photos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three photos, one of them broken, and a tiny model."""
    install(folder.parent, {"u2netp": middle_network(SIDES["u2netp"])}, monkeypatch)
    place = folder / "photos"
    place.mkdir()
    for seed, name in enumerate(("a", "c")):
        noise = np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8)
        (place / f"{name}.png").write_bytes(png(noise))
    (place / "b.png").write_bytes(b"broken")
    return place


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was started, loaded and run."""
    noted: list[str] = []

    def note(owner: object, name: str, said: str = "") -> None:
        original = getattr(owner, name)

        def noting(*arguments: object, **named: object) -> object:
            noted.append(said or arguments[1].node.kind)  # type: ignore[attr-defined] # a cell
            return original(*arguments, **named)

        monkeypatch.setattr(owner, name, noting)

    note(patchmatch, "HelperProcess", "a process")
    note(onnxruntime, "InferenceSession", "a model")
    note(Performer, "attempt")
    note(Performer, "attempt_async")
    return noted


@pytest.mark.slow
@pytest.mark.parametrize("recipe", COMMANDS)
def test_a_folder_that_is_done_costs_nothing(
    paintgraph: Paintgraph, photos: Path, costs: list[str], recipe: str
) -> None:
    command = ("run", recipe, "photos", *COMMANDS[recipe], "-o", "out")
    started = {"a process", "a model"}

    first = paintgraph(*command)
    assert started & set(costs), "each recipe needs one of them"
    costs.clear()
    again = paintgraph(*command)
    assert not started & set(costs), "the broken photo is looked at, and no more"
    (photos / "b.png").unlink()
    costs.clear()
    without_it = paintgraph(*command)

    assert (first.code, again.code, without_it.code) == (3, 3, 0)
    assert "photos/b.png: " in first.stderr
    assert first.stderr.endswith("some failed: 2 done, 1 failed\n")
    assert again.stderr.endswith("some failed: 0 done, 2 skipped, 1 failed\n")
    assert without_it.stderr.endswith("succeeded: 0 done, 2 skipped\n")
    assert costs == []
