"""Networks in ONNX that erase without a prompt: LaMa, MI-GAN and others."""

from typing import TYPE_CHECKING

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Family, Find, Kind
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.loading.devices import Placement, onnx_devices
from paintgraph.models.loading.onnx_networks import memory_bytes

if TYPE_CHECKING:
    from paintgraph.models.families.eraser.engine import Erasers


def _check_files(placed: Placed, _: Find) -> object:
    from paintgraph.models.families.eraser.engine import EraserOptions

    return EraserOptions.of(placed.entry)


def _load(placed: Placed, placement: Placement) -> object:
    from paintgraph.models.catalogue.wording import cure_in_words
    from paintgraph.models.families.eraser.engine import EraserOptions, open_eraser

    options = EraserOptions.of(placed.entry)
    return open_eraser(placed.file, placement.device, options, cure_in_words(placed.entry))


def _engines(models: ModelLender, _: int) -> "Erasers":
    from paintgraph.models.families.eraser.engine import Erasers

    return Erasers(models)


FAMILY = Family(
    name="eraser",
    kind=Kind.ERASE,
    check_files=_check_files,
    memory_bytes=lambda placed: placed.entry.memory_bytes or memory_bytes(placed.size),
    devices=onnx_devices,
    load=_load,
    engines=_engines,
)
