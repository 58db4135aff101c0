"""Whether a model whose files are there can be loaded: packages, companions, files to be trusted.

Nothing is loaded, and no file is read: graphs are checked with this.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from paintgraph.models.catalogue.entries import Digest, ModelEntry, ModelFile
from paintgraph.models.catalogue.hub_cache import HubCache
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.errors import (
    MissingModelError,
    ModelError,
    RefusedModelError,
)
from paintgraph.models.extras import missing_package
from paintgraph.models.families.diffusion.library import library_fault

ACCEPT_VARIABLE = "PAINTGRAPH_ACCEPT_UNPINNED"
"""Set to 1, checkpoints of unknown origin are loaded, too."""

Backend: TypeAlias = Literal["transformers", "groundingdino", "segment-anything"]
"""The library that finds by words, or selects by points and boxes."""

_PICKLES = (".pth", ".pt", ".bin", ".ckpt")
_EXTRA = "grounded-sam"
_PACKAGES: Mapping[Backend, tuple[tuple[str, str], ...]] = {
    "transformers": (("torch", "torch"), ("transformers", "transformers")),
    "groundingdino": (("transformers", "transformers"), ("groundingdino", "groundingdino-py")),
    "segment-anything": (("torch", "torch"), ("segment_anything", "segment-anything")),
}
"""Modules and the packages that they are in."""


def check_ready(placed: Placed, accepted: Callable[[ModelFile], tuple[Digest, ...]]) -> Placed:
    """The model itself, if it finds by words or selects by points; others are not looked at.

    `accepted` gives the digests that a file may have. Raises MissingPackageError,
    MissingModelError for a text encoder, RefusedModelError for a checkpoint of unknown origin, and
    ModelError for an entry that makes no sense.
    """
    entry = placed.entry
    if entry.family == "diffusion" and (lacking := library_fault()):
        raise lacking
    if entry.family not in ("sam", "groundingdino"):
        return placed
    backend = backend_of(entry)
    for module, package in _PACKAGES[backend]:
        if missing := missing_package(module, package, _EXTRA):
            raise missing
    if backend == "groundingdino":
        text_encoder_of(placed)
    if os.environ.get(ACCEPT_VARIABLE) != "1":
        _check_origin(entry, accepted)
    return placed


def backend_of(entry: ModelEntry) -> Backend:
    """The library that an entry names, else the one that its form is of; raises ModelError."""
    own: Backend = "groundingdino" if entry.family == "groundingdino" else "segment-anything"
    named = entry.options.get("backend", "transformers" if entry.hub else own)
    if named == "transformers":
        return "transformers"
    if named != own:
        raise bad_option(entry, "backend", f"{own} and transformers")
    return own


def text_encoder_of(placed: Placed) -> Path:
    """The folder of the text encoder: in the model's own folder, or a repository of the hub.

    Raises MissingModelError.
    """
    named = str(placed.entry.options.get("text_encoder", "bert"))
    inside = placed.folder / named
    if (inside / "config.json").is_file():
        return inside
    hub = HubCache(os.environ).snapshot(named)
    if hub is not None:
        return hub
    raise MissingModelError(
        f"model '{placed.entry.name}' lacks its text encoder '{named}'. Put config.json, vocab.txt "
        f"and tokenizer_config.json of it into a folder '{named}' beside the checkpoint, or get "
        f"it with: {placed.entry.pull_command}"
    )


def bad_option(entry: ModelEntry, name: str, allowed: str) -> ModelError:
    """The error for an option of an entry that its loader cannot use."""
    return ModelError(
        f"model '{entry.name}': option '{name}' is {entry.options.get(name)!r}; allowed are "
        f"{allowed}. Mend the catalogue's entry.",
        code="bad_catalogue",
    )


def _check_origin(entry: ModelEntry, accepted: Callable[[ModelFile], tuple[Digest, ...]]) -> None:
    for file in entry.files:
        if file.path.endswith(_PICKLES) and not accepted(file):
            raise RefusedModelError(
                f"model '{entry.name}': nobody knows what '{file.path}' should hold, and files of "
                "this kind can do harm. Get it with 'paintgraph models pull', or give its "
                f"'digests' in models.yaml, or trust all such files with {ACCEPT_VARIABLE}=1."
            )
