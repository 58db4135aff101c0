"""Grounding DINO: finds what words name."""

import os
from pathlib import Path

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Kind
from paintgraph.models.catalogue.places import HubCache
from paintgraph.models.catalogue.readiness import (
    TRANSFORMERS,
    backend_of,
    bad_option,
    check_origin,
    check_packages,
)
from paintgraph.models.errors import MissingModelError
from paintgraph.models.loading.devices import Placement

_OWN = "groundingdino"
_PACKAGE = "groundingdino-py"
_EXTRA = "grounded-sam"
_WORK_BYTES = 1_070_000_000  # beside the weights, where nobody measured it


def _check_ready(placed: Placed, accepted: Accepted) -> None:
    library = (TRANSFORMERS, TRANSFORMERS)
    if backend_of(placed.entry, _OWN) == TRANSFORMERS:
        check_packages(_EXTRA, ("torch", "torch"), library)
    else:
        check_packages(_EXTRA, library, (_OWN, _PACKAGE))
        text_encoder_of(placed)
    check_origin(placed.entry, accepted)


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


def _load(placed: Placed, placement: Placement) -> object:
    if backend_of(placed.entry, _OWN) == TRANSFORMERS:
        from paintgraph.models.families.dino.transformers_detector import TransformersDetector

        return TransformersDetector.load(placed.folder, placement.device)
    from paintgraph.models.families.dino.groundingdino import Architecture, GroundingDino

    try:
        architecture = Architecture(**placed.entry.options.get("architecture", {}))
    except TypeError as error:
        known = ", ".join(Architecture.__slots__)
        raise bad_option(placed.entry, "architecture", f"mappings with {known}") from error
    words = text_encoder_of(placed)
    return GroundingDino.load(placed.file, words, architecture, placement.device)


FAMILY = Family(
    name=_OWN,
    kind=Kind.DETECT,
    check_ready=_check_ready,
    memory_bytes=lambda placed: placed.entry.memory_bytes or placed.size + _WORK_BYTES,
    load=_load,
    extra=_EXTRA,
    packages=(_PACKAGE,),
)
