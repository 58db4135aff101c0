"""What is said of models that cannot be loaded, before anything runs."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from paintgraph.models.catalogue import readiness
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.errors import (
    MissingModelError,
    MissingPackageError,
    ModelError,
    RefusedModelError,
)
from paintgraph.models.families import FAMILIES

SAM = {
    "family": "sam",
    "files": [{"path": "sam.pth", "digests": [f"sha256:{'0' * 64}"]}],
    "options": {"type": "vit_b"},
}
DINO = {
    "family": "groundingdino",
    "files": [{"path": "dino.pth", "digests": [f"sha256:{'0' * 64}"]}],
}


def names_of(folder: Path, **entries: Any) -> ModelNames:
    """Models whose files are there, one byte each."""
    for name, entry in entries.items():
        place = folder / entry["family"] / name
        place.mkdir(parents=True)
        for file in entry.get("files", ()):
            (place / file["path"]).write_bytes(b"x")
    (folder / "models.yaml").write_text(yaml.safe_dump(entries))
    return ModelNames(
        ModelIndex(ModelCatalogue.load(FAMILIES, folder), ModelPlaces(FAMILIES, folder, {}))
    )


def test_a_model_that_is_whole_is_ready(tmp_path: Path) -> None:
    names = names_of(tmp_path, picker=SAM)

    assert names.fault("picker") is None


@pytest.mark.parametrize(
    ("module", "package", "entry"),
    [
        ("segment_anything", "segment-anything", SAM),
        ("groundingdino", "groundingdino-py", DINO),
        ("torch", "torch", SAM),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, package: str, entry: Any
) -> None:
    there = find_spec
    monkeypatch.setattr(
        readiness, "find_spec", lambda name: None if name == module else there(name)
    )

    fault = names_of(tmp_path, model=entry).fault("model")

    assert isinstance(fault, MissingPackageError)
    assert fault.message == (
        f"the package '{package}' is not installed; this model needs it. "
        "Run: pip install 'paintgraph[grounded-sam]'"
    )


def test_a_checkpoint_of_unknown_origin_is_refused_unless_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = names_of(tmp_path, picker={**SAM, "files": [{"path": "sam.pth"}]})

    fault = names.fault("picker")
    monkeypatch.setenv("PAINTGRAPH_ACCEPT_UNPINNED", "1")

    assert isinstance(fault, RefusedModelError)
    assert fault.message == (
        "model 'picker': nobody knows what 'sam.pth' should hold, and files of this kind can do "
        "harm. Get it with 'paintgraph models pull', or give its 'digests' in models.yaml, or "
        "trust all such files with PAINTGRAPH_ACCEPT_UNPINNED=1."
    )
    assert names.fault("picker") is None


def test_a_checkpoint_with_another_digest_than_the_catalogues_is_refused(tmp_path: Path) -> None:
    names = names_of(tmp_path, picker=SAM)

    with pytest.raises(ModelError, match="digest is wrong"):
        names.bind("picker")


def test_weights_that_hold_no_code_need_no_digest(tmp_path: Path) -> None:
    files = [{"path": "config.json"}, {"path": "model.safetensors"}]
    entry = {"family": "sam", "files": files, "options": {"backend": "transformers"}}

    assert names_of(tmp_path, picker=entry).fault("picker") is None


def test_a_text_encoder_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    names = names_of(tmp_path, finder={**DINO, "options": {"text_encoder": "google/words"}})

    fault = names.fault("finder")
    snapshot = tmp_path / "hub" / "models--google--words" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"x")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("1")

    assert isinstance(fault, MissingModelError)
    assert fault.message.startswith("model 'finder' lacks its text encoder 'google/words'. Put ")
    assert names.fault("finder") is None


@pytest.mark.parametrize("backend", ["tensorflow", "groundingdino", 3])
def test_a_backend_that_is_not_known_is_told(tmp_path: Path, backend: object) -> None:
    fault = names_of(tmp_path, picker={**SAM, "options": {"backend": backend}}).fault("picker")

    assert fault is not None
    assert fault.message == (
        f"model 'picker': option 'backend' is {backend!r}; allowed are segment-anything and "
        "transformers. Mend the catalogue's entry."
    )
