"""Models as resources of graphs: the kinds that there are, and how each is checked and bound."""

from collections.abc import Mapping

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.resources import NameCheck
from paintgraph.engine.recipes.binding import Binder
from paintgraph.models.catalogue.entries import Family
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import DamagedModelError, MissingModelError, ModelError

MASK_MODEL = "model:rembg"
TEXT_MODEL = "model:groundingdino"
POINT_MODEL = "model:sam"
KINDS: Mapping[str, Family] = {
    MASK_MODEL: "rembg",
    TEXT_MODEL: "groundingdino",
    POINT_MODEL: "sam",
}
"""Kinds of resources that are models, and the family that each chooses from."""

MODEL_MISSING = "model_missing"
"""The code of every problem that getting a model's files cures."""


def model_choices(names: ModelNames) -> dict[str, list[str]]:
    """What each kind chooses from."""
    return {kind: names.choices(family) for kind, family in KINDS.items()}


def model_checks(names: ModelNames) -> dict[str, NameCheck]:
    """Why a name cannot be used now, by kind; quick."""

    def check(text: str) -> BindError | None:
        fault = names.fault(text)
        return None if fault is None else _as_bind_error(fault)

    return dict.fromkeys(KINDS, check)


def model_binders(names: ModelNames) -> dict[str, Binder]:
    """What turns a name into `name@sha256:...`, by kind; may read files."""

    def bind(text: str) -> str:
        try:
            return str(names.bind(text))
        except ModelError as error:
            raise _as_bind_error(error) from error

    return dict.fromkeys(KINDS, bind)


def _as_bind_error(error: ModelError) -> BindError:
    is_missing = isinstance(error, MissingModelError | DamagedModelError)
    # The place, "model", comes before it.
    message = error.message.removeprefix("model ")
    return BindError(message, MODEL_MISSING if is_missing else error.code)
