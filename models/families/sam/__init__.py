"""Segment Anything: selects by points and boxes."""

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Kind
from paintgraph.models.catalogue.readiness import (
    TRANSFORMERS,
    backend_of,
    bad_option,
    check_origin,
    check_packages,
)
from paintgraph.models.loading.devices import Placement

_OWN = "segment-anything"
_EXTRA = "grounded-sam"
_PACKAGES = {_OWN: ("segment_anything", _OWN), TRANSFORMERS: (TRANSFORMERS, TRANSFORMERS)}
_WORK_BYTES = 1_070_000_000  # beside the weights, with pictures that are kept encoded


def _check_ready(placed: Placed, accepted: Accepted) -> None:
    backend = backend_of(placed.entry, _OWN)
    check_packages(_EXTRA, ("torch", "torch"), _PACKAGES[backend])
    check_origin(placed.entry, accepted)


def _load(placed: Placed, placement: Placement) -> object:
    if backend_of(placed.entry, _OWN) == TRANSFORMERS:
        from paintgraph.models.families.sam.transformers_segmenter import TransformersSegmenter

        return TransformersSegmenter.load(placed.folder, placement.device)
    from paintgraph.models.families.sam.sam import Sam, kinds

    kind = str(placed.entry.options.get("type", ""))
    if kind not in kinds():
        raise bad_option(placed.entry, "type", ", ".join(kinds()))
    return Sam.load(placed.file, kind, placement.device)


FAMILY = Family(
    name="sam",
    kind=Kind.SEGMENT,
    check_ready=_check_ready,
    memory_bytes=lambda it: it.entry.memory_bytes or it.size + _WORK_BYTES,
    load=_load,
    extra=_EXTRA,
    packages=(_OWN,),
)
