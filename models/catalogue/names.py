"""Names of models in graphs: which can be chosen, which cannot be used, which files they mean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from paintgraph.models.catalogue.entries import Family, ModelRef
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.catalogue.readiness import check_ready
from paintgraph.models.errors import ModelError, RefusedModelError, UnknownModelError

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import (
        ModelIndex,  # whoever makes names has it; it takes its time
    )

_ELSEWHERE = "sends the picture to a company; here models work on this machine alone"
NOT_OFFERED: Mapping[str, str] = {
    "sam": "wants points or boxes, which masks of this kind do without",
    "withoutbg": _ELSEWHERE,
    "atlascloud": _ELSEWHERE,
}
"""Sessions of rembg that graphs cannot choose, and why."""


class ModelNames:
    """The names that graphs may use for the models of a shelf, alone or with a digest."""

    def __init__(self, shelf: "ModelIndex") -> None:
        self._shelf = shelf

    def choices(self, family: Family) -> list[str]:
        """What there is of a family, present or not, those of the highest rank first."""
        found = self._shelf.catalogue.of_family(family)
        return [entry.name for entry in found if entry.name not in NOT_OFFERED]

    def fault(self, text: str) -> ModelError | None:
        """Why a model cannot be used now, or None; quick, because no file is read whole.

        Of a name that nobody knows it says nothing: whoever has the choices names them.
        """
        try:
            self.placed(text)
        except UnknownModelError:
            return None
        except ModelError as error:
            return error
        return None

    def bind(self, text: str) -> ModelRef:
        """The model and the digest of its files, which are read if they are new here.

        Raises ModelError, also if `text` has a digest and the files another.
        """
        self.placed(text)
        name, mark, _ = text.partition("@")
        here = self._shelf.bind(name)
        if mark and ModelRef.parse(text) != here:
            raise ModelError(
                f"'{text}' is asked for, but the files here have the digest {here.digest}; other "
                "files give other results. Bring those files back, or name the model alone.",
                code="model_changed",
            )
        return here

    def placed(self, text: str) -> Placed:
        """The files of a model; raises ModelError if it is missing, damaged or not offered."""
        name = text.partition("@")[0]
        if name in NOT_OFFERED:
            raise RefusedModelError(
                f"'{name}' {NOT_OFFERED[name]}. Choose another, such as isnet-general-use."
            )
        entry = self._shelf.catalogue.get(name)
        placed = self._shelf.require(self._shelf.look(entry))
        return check_ready(placed, lambda file: self._shelf.accepted(entry, file))
