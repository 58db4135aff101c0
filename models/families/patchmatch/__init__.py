"""PatchMatch: fills a hole with patches of its surroundings; needs no weights."""

from typing import TYPE_CHECKING, Any

from paintgraph.models.catalogue.family import Family, Kind

if TYPE_CHECKING:
    from paintgraph.models.inpainting.protocols import OneEngine


def _engines(_: Any, helpers: int) -> "OneEngine":
    from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
    from paintgraph.models.inpainting.protocols import OneEngine

    pool = PatchMatchPool(helpers)
    return OneEngine(PatchMatch(pool), pool.close)


FAMILY = Family(name="patchmatch", kind=Kind.FILL, engines=_engines)
