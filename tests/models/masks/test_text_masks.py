"""Models by their names: which library loads them, and that none of them asks the network."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import ModelError
from paintgraph.models.families import FAMILIES, open_index
from paintgraph.models.families.dino.groundingdino import GroundingDino
from paintgraph.models.families.dino.transformers_detector import TransformersDetector
from paintgraph.models.families.sam.sam import Sam
from paintgraph.models.families.sam.transformers_segmenter import TransformersSegmenter
from paintgraph.models.loading.devices import DeviceRules, Placement
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.roles import Prompt
from paintgraph.models.selectors import Selectors
from paintgraph.tests.models.text_models import FINDERS, PICKERS, models_of

PICTURE = np.zeros((20, 30, 3), np.uint8)
CPU = Placement("cpu")


@pytest.fixture
def names(text_models: Path) -> Iterator[ModelNames]:
    """The models, where every connection fails."""

    def refuse(*address: Any) -> None:
        raise AssertionError(address)

    with models_of(text_models), pytest.MonkeyPatch.context() as patch:
        patch.delenv("HF_HUB_OFFLINE")
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield ModelNames(open_index(text_models))


def load_model(placed: Placed, placement: Placement) -> Any:
    """The model as its family loads it."""
    load = FAMILIES.get(placed.entry.family).load
    assert load is not None
    return load(placed, placement)


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(FINDERS, (GroundingDino, TransformersDetector), strict=True))
)
def test_detectors_load_and_work_without_a_network(
    names: ModelNames, name: str, kind: type[Any]
) -> None:
    detector = load_model(names.placed(name), CPU)

    assert isinstance(detector, kind)
    assert len(detector.detect(PICTURE, ["cat"], box_threshold=0, text_threshold=0)) > 0


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(PICKERS, (Sam, TransformersSegmenter), strict=True))
)
def test_segmenters_load_and_work_without_a_network(
    names: ModelNames, name: str, kind: type[Any]
) -> None:
    segmenter = load_model(names.placed(name), CPU)
    prompts = [Prompt(box=(1, 1, 9, 9))]

    assert isinstance(segmenter, kind)
    assert len(list(segmenter.segment(PICTURE, prompts, several=True))) == 1


@pytest.mark.parametrize("name", PICKERS)
def test_the_work_is_cancelled_between_prompts(names: ModelNames, name: str) -> None:
    left = [None, None, None]
    image = np.zeros((1, 20, 30, 3), np.float32)
    prompts = [[Prompt(box=(1, 1, 9, 9))] * 3]
    reports: list[tuple[int, int]] = []
    listening = Listening(lambda done, total: reports.append((done, total)), left.pop)
    with LoadedModels(lambda _: 10**9) as loaded:
        masks = Selectors(ModelLender(names, loaded, DeviceRules(device="cpu")))
        with pytest.raises(IndexError):
            masks.select(names.bind(name), image, prompts, list, listening, several=False)

    assert reports == [(0, 3), (1, 3)]  # one check was that of the loading


def _with(placed: Placed, **options: Any) -> Placed:
    return replace(placed, entry=replace(placed.entry, options=options))


@pytest.mark.parametrize("architecture", [3, {"no such field": 1}])
def test_an_architecture_that_makes_no_sense_is_told(
    names: ModelNames, architecture: object
) -> None:
    placed = _with(names.placed(FINDERS[0]), architecture=architecture)

    with pytest.raises(ModelError) as caught:
        load_model(placed, CPU)

    assert str(caught.value) == (
        f"model '{FINDERS[0]}': option 'architecture' is {architecture!r}; allowed are mappings "
        "with config, changes, shorter_side, longer_side. Mend the catalogue's entry."
    )


def test_a_size_that_is_not_known_is_told(names: ModelNames) -> None:
    placed = _with(names.placed(PICKERS[0]), type="vit_x")

    with pytest.raises(ModelError, match=r"option 'type' is 'vit_x'; allowed are .*vit_h, vit_l"):
        load_model(placed, CPU)
