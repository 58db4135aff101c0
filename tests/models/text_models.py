"""A models folder with one small model of each kind that finds by words or selects by points."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from paintgraph.tests.models.tiny_detectors import (
    SMALL,
    save_groundingdino,
    save_transformers_detector,
    small_swin,
)
from paintgraph.tests.models.tiny_segmenters import (
    KIND,
    save_sam,
    save_transformers_segmenter,
    small_sam,
)

FINDERS = ("groundingdino_swint_ogc", "grounding-dino-tiny")
PICKERS = ("sam_vit_b", "sam-vit-base")
CHECKPOINT = f"groundingdino/{FINDERS[0]}/groundingdino.pth"
SAM = f"sam/{PICKERS[0]}/sam.pth"
FINDER_FOLDER = "hub/models--IDEA-Research--grounding-dino-tiny/snapshots/0123"
PICKER_FOLDER = "hub/models--facebook--sam-vit-base/snapshots/0123"


def save_text_models(folder: Path) -> Path:
    """Write models under names that are shipped, and a catalogue of the user's where they differ.

    Those of the hub are where a pull puts them, so the shipped entries hold for them.
    """
    finder, picker = (folder / path for path in (CHECKPOINT, SAM))
    _, words = save_groundingdino(finder.parent)
    picker.parent.mkdir(parents=True)
    save_sam(picker)
    save_transformers_detector(_snapshot(folder / FINDER_FOLDER))
    save_transformers_segmenter(_snapshot(folder / PICKER_FOLDER))
    architecture = {
        "changes": dict(SMALL.changes),
        "shorter_side": SMALL.shorter_side,
        "longer_side": SMALL.longer_side,
    }
    entries = {
        FINDERS[0]: {
            "family": "groundingdino",
            "files": [_file(path, finder.parent) for path in [finder, *sorted(words.iterdir())]],
            "options": {"architecture": architecture},
        },
        PICKERS[0]: {
            "family": "sam",
            "files": [_file(picker, picker.parent)],
            "options": {"type": KIND},
        },
    }
    (folder / "models.yaml").write_text(yaml.safe_dump(entries))
    return folder


def _file(path: Path, folder: Path) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    return {"path": path.relative_to(folder).as_posix(), "digests": [digest]}


def _snapshot(snapshot: Path) -> Path:
    """A repository's folder in the hub's cache, as a pull leaves it."""
    snapshot.mkdir(parents=True)
    references = snapshot.parents[1] / "refs"
    references.mkdir()
    (references / "main").write_text(snapshot.name)
    return snapshot


def add_text_models(folder: Path, models_dir: Path) -> None:
    """Put the models of a folder into another one beside what is there."""
    for family in ("groundingdino", "sam"):
        shutil.copytree(folder / family, models_dir / family)
    own = models_dir / "models.yaml"
    there = own.read_text() if own.exists() else ""
    own.write_text(f"{there}\n{(folder / own.name).read_text()}")


@contextmanager
def models_of(folder: Path, models_dir: Path | None = None) -> Iterator[None]:
    """While this lasts, the models of a folder are those of this process, and no network is used.

    Their small sizes are known to the libraries, which else know the published ones alone. Where
    a models folder is given they were added to that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models_dir or folder))
        patch.setenv("HF_HUB_CACHE", str(folder / "hub"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        with small_swin(), small_sam():
            yield
