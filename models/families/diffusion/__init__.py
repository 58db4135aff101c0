"""Engines that paint by diffusion: pipelines of the diffusers library behind `Inpainter`.

Nothing of diffusers or torch is seen outside this package. LoRAs and VAEs are families of their
own: files in the models folder, which a pipeline loads beside its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Find, Found, Kind
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.places import INDEX
from paintgraph.models.loading.devices import CPU, DeviceRules, budgets, torch_devices

if TYPE_CHECKING:
    from paintgraph.models.families.diffusion.engine import DiffusionModels

_WEIGHTS = ".safetensors"


def _check_ready(_: Placed, __: Accepted) -> None:
    from paintgraph.models.families.diffusion.loading import check_library

    check_library()


def _found(models: Path) -> Iterator[Found]:
    """Folders as diffusers writes them, and those with one file of weights."""
    for folder in _inside(models):
        files = [path.name for path in _inside(folder) if path.suffix == _WEIGHTS]
        if (folder / INDEX).is_file():
            yield Found(folder.name, INDEX)
        elif len(files) == 1:
            yield Found(folder.name, files[0])


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _check_files(placed: Placed, find: Find) -> object:
    from paintgraph.models.families.diffusion.sources import find_source

    return find_source(placed, find)


def _has_room(placed: Placed, find: Find, rules: DeviceRules) -> bool:
    """Whether an accelerator can hold it; the CPU takes minutes, so there one has to be named."""
    from paintgraph.models.families.diffusion.sources import find_source

    if rules.device == CPU:
        return False
    device = torch_devices(rules).placement().device
    return device != CPU and find_source(placed, find).weight_bytes <= budgets(rules)(device)


def _engines(models: ModelLender, _: int) -> "DiffusionModels":
    from paintgraph.models.families.diffusion.engine import DiffusionModels

    return DiffusionModels(models)


FAMILY = Family(
    name="diffusion",
    kind=Kind.GENERATE,
    found=_found,
    check_ready=_check_ready,
    check_files=_check_files,
    has_room=_has_room,
    engines=_engines,
    extra="diffusion",
    packages=("torch", "diffusers", "transformers"),
)
