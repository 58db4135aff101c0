"""Models by their names: which library loads them, and that none of them asks the network."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.errors import ModelError
from paintgraph.models.families.dino.groundingdino import GroundingDino
from paintgraph.models.families.dino.transformers_detector import TransformersDetector
from paintgraph.models.families.sam.sam import Sam
from paintgraph.models.families.sam.segmentation import Prompt
from paintgraph.models.families.sam.transformers_segmenter import TransformersSegmenter
from paintgraph.models.inpainting.protocols import never_cancelled
from paintgraph.models.loading.devices import Placement
from paintgraph.models.masks.text_masks import load_detector, load_segmenter
from paintgraph.tests.models.text_models import FINDERS, PICKERS, models_of

PICTURE = np.zeros((20, 30, 3), np.uint8)
CPU = Placement("cpu")


@pytest.fixture
def names(text_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelNames]:
    """The models, where every connection fails."""

    def refuse(*address: Any) -> None:
        raise AssertionError(address)

    with models_of(text_models):
        monkeypatch.delenv("HF_HUB_OFFLINE")
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        yield ModelNames(ModelIndex.open(text_models))


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(FINDERS, (GroundingDino, TransformersDetector), strict=True))
)
def test_detectors_load_and_work_without_a_network(
    names: ModelNames, name: str, kind: type[Any]
) -> None:
    detector = load_detector(names.placed(name), CPU)

    assert isinstance(detector, kind)
    assert len(detector.detect(PICTURE, ["cat"], box_threshold=0, text_threshold=0)) > 0


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(PICKERS, (Sam, TransformersSegmenter), strict=True))
)
def test_segmenters_load_and_work_without_a_network(
    names: ModelNames, name: str, kind: type[Any]
) -> None:
    segmenter = load_segmenter(names.placed(name), CPU)
    prompts = [Prompt(box=(1, 1, 9, 9))]

    assert isinstance(segmenter, kind)
    assert len(list(segmenter.segment(PICTURE, prompts, several=True, check=never_cancelled))) == 1


def _with(placed: Placed, **options: Any) -> Placed:
    return replace(placed, entry=replace(placed.entry, options=options))


@pytest.mark.parametrize("architecture", [3, {"no such field": 1}])
def test_an_architecture_that_makes_no_sense_is_told(
    names: ModelNames, architecture: object
) -> None:
    placed = _with(names.placed(FINDERS[0]), architecture=architecture)

    with pytest.raises(ModelError) as caught:
        load_detector(placed, CPU)

    assert str(caught.value) == (
        f"model '{FINDERS[0]}': option 'architecture' is {architecture!r}; allowed are mappings "
        "with config, changes, shorter_side, longer_side. Mend the catalogue's entry."
    )


def test_a_size_that_is_not_known_is_told(names: ModelNames) -> None:
    placed = _with(names.placed(PICKERS[0]), type="vit_x")

    with pytest.raises(ModelError, match=r"option 'type' is 'vit_x'; allowed are .*vit_h, vit_l"):
        load_segmenter(placed, CPU)
