"""A models folder with tiny checkpoints of every family, and the networks that it lends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.families import open_index
from paintgraph.models.loading.devices import ANY_DEVICE, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.networks.networks import Networks
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.models.networks.tiny_files import Modules


@dataclass
class Lent:
    """Networks over a models folder, and what was written there."""

    folder: Path
    tokenizer: Any
    parts: dict[str, Modules] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loaded = LoadedModels(budgets(ANY_DEVICE))

    @property
    def names(self) -> ModelNames:
        """As the folder is now."""
        return ModelNames(open_index(self.folder, {}))

    @property
    def networks(self) -> Networks:
        lender = ModelLender(self.names, self.loaded, ANY_DEVICE)
        return Networks(lender, lambda: self.tokenizer)

    def ref(self, name: str) -> str:
        return str(self.names.bind(name))

    def loads(self) -> int:
        return int(self.loaded.numbers()["loads"])


FAMILIES = {
    "sd1": tiny_files.sd1,
    "sd1-inpaint": tiny_files.sd1_inpaint,
    "sd2": tiny_files.sd2,
    "sdxl": tiny_files.sdxl,
    "sdxl_refiner": tiny_files.sdxl_refiner,
    "sd3": tiny_files.sd3,
    "flux": tiny_files.flux,
    "flux-fill": tiny_files.flux_fill,
}


@pytest.fixture(scope="session")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lent]:
    folder = tmp_path_factory.mktemp("models")
    lent = Lent(folder, tiny.clip_tokenizer(folder / "words"))
    t5_tokenizer, _ = tiny.t5()
    for name, make in FAMILIES.items():
        lent.parts[name] = make()
        tensors = tiny_files.checkpoint(name.partition("-")[0], lent.parts[name])
        tiny_files.write(tensors, folder / "checkpoints" / f"{name}.safetensors")
    t5_tokenizer.save_pretrained(folder / "checkpoints" / "tokenizer")
    yield lent
    lent.loaded.close()


def assert_same(network: Any, other: Any) -> None:
    """Two networks have the same weights under the same names."""
    ours, theirs = network.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    differing = [name for name in ours if not torch.equal(ours[name], theirs[name])]
    assert differing == []
