"""Tiny models in a models folder, made once; and a worker's service that paints with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.tests.models.diffusion import tiny

# Their size is in no configuration: they are told to work at that of the others.
_SIDES = "".join(
    f"{name}: {{family: diffusion, files: [{{path: model_index.json}}], options: {{side: 64}}}}\n"
    for name in ("flux", "flux-fill")
)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny models are quicker on one thread than on several that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, write in tiny.FAMILIES.items():
        write(folder / "diffusion" / name)
    (folder / "models.yaml").write_text(_SIDES)
    return folder


def names_in(models_dir: Path) -> ModelNames:
    return ModelNames(
        ModelIndex(ModelCatalogue.load(FAMILIES, models_dir), ModelPlaces(FAMILIES, models_dir, {}))
    )


@pytest.fixture(scope="session")
def loaded() -> Iterator[LoadedModels]:
    with LoadedModels(lambda _: 10**10) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def diffusion(models_dir: Path, loaded: LoadedModels) -> DiffusionModels:
    return DiffusionModels(ModelLender(names_in(models_dir), loaded, DeviceRules(device="cpu")))
