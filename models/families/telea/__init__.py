"""Telea's fast marching, for scratches and thin things; needs no weights."""

from typing import TYPE_CHECKING, Any

from paintgraph.models.catalogue.family import Family, Kind

if TYPE_CHECKING:
    from paintgraph.models.inpainting.protocols import OneEngine


def _engines(_: Any, __: int) -> "OneEngine":
    from paintgraph.models.families.telea.engine import Telea
    from paintgraph.models.inpainting.protocols import OneEngine

    return OneEngine(Telea())


FAMILY = Family(name="telea", kind=Kind.FILL, engines=_engines)
