"""Frequency-selective reconstruction, for thin damage; needs no weights."""

from typing import TYPE_CHECKING, Any

from paintgraph.models.catalogue.family import Family, Kind

if TYPE_CHECKING:
    from paintgraph.models.inpainting.protocols import OneEngine


def _engines(_: Any, __: int) -> "OneEngine":
    from paintgraph.models.families.fsr.engine import Fsr
    from paintgraph.models.inpainting.protocols import OneEngine

    return OneEngine(Fsr())


FAMILY = Family(name="fsr", kind=Kind.FILL, engines=_engines)
