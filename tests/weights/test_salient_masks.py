"""Masks by the real ISNet against outlines that were drawn by hand."""

from collections.abc import Iterator

import numpy as np
import pytest
import skimage.data

from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import default_models_dir
from paintgraph.models.errors import ModelError
from paintgraph.models.families import open_index
from paintgraph.models.loading.devices import ANY_DEVICE, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.selectors import Selectors
from paintgraph.tests.weights.outlines import OUTLINES, WINDOWS, drawn

pytestmark = [pytest.mark.weights, pytest.mark.slow]

MODEL = "isnet-general-use"
# Intersection over union, first measured 0.984, 0.985, 0.915, 0.843. The cat's fur and the nets
# beside the rocket have no edge that corners could follow.
FLOORS = {"astronaut": 0.98, "coffee": 0.98, "chelsea": 0.91, "rocket": 0.84}


@pytest.fixture(scope="module")
def masks() -> Iterator[tuple[Selectors, ModelRef]]:
    names = ModelNames(open_index(default_models_dir()))
    try:
        bound = names.bind(MODEL)
    except ModelError as error:
        pytest.skip(str(error))
    with LoadedModels(budgets(ANY_DEVICE)) as loaded:
        yield Selectors(ModelLender(names, loaded, ANY_DEVICE)), bound


@pytest.mark.parametrize("name", sorted(OUTLINES))
def test_the_mask_covers_what_is_drawn(masks: tuple[Selectors, ModelRef], name: str) -> None:
    maker, model = masks
    photo = getattr(skimage.data, name)()
    image = (photo[np.newaxis] / np.float32(255)).astype(np.float32)
    height, width = image.shape[1:3]
    left, top, right, bottom = WINDOWS.get(name, (0, 0, width, height))
    window = np.s_[top:bottom, left:right]

    found = (maker.subject(model, image)[0] > 0.5)[window]

    outline = drawn(name, height, width)[window]
    assert (found & outline).sum() / (found | outline).sum() >= FLOORS[name]
