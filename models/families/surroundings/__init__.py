"""What is thin by one engine, what is wide by another; needs no weights."""

from typing import TYPE_CHECKING, Any

from paintgraph.models.catalogue.family import Family, Kind

if TYPE_CHECKING:
    from paintgraph.models.inpainting.protocols import FamilyEngines, OneEngine

_NAME = "surroundings"
_THIN, _WIDE = "fsr", "patchmatch"


def _engines(_: Any, __: int, thin: "FamilyEngines", wide: "FamilyEngines") -> "OneEngine":
    from paintgraph.models.inpainting.by_width import ByWidth
    from paintgraph.models.inpainting.protocols import OneEngine

    return OneEngine(ByWidth(_NAME, thin.engine(_THIN), wide.engine(_WIDE)))


FAMILY = Family(name=_NAME, kind=Kind.FILL, engines=_engines, made_of=(_THIN, _WIDE))
