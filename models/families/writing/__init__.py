"""Lines of writing in pictures, found by the detectors of PaddleOCR."""

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Family, Kind
from paintgraph.models.loading.devices import Placement, onnx_devices
from paintgraph.models.loading.onnx_networks import memory_bytes


def _load(placed: Placed, placement: Placement) -> object:
    from paintgraph.models.catalogue.wording import cure_in_words
    from paintgraph.models.families.writing.detector import WritingDetector

    return WritingDetector.load(placed.file, placement.device, cure_in_words(placed.entry))


FAMILY = Family(
    name="writing_finders",
    kind=Kind.WRITING,
    memory_bytes=lambda placed: placed.entry.memory_bytes or memory_bytes(placed.size),
    devices=onnx_devices,
    load=_load,
)
