"""Models, engines, LoRAs and VAEs as resources of graphs: how each is checked and bound."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.resources import NameCheck
from paintgraph.engine.recipes.binding import Binder
from paintgraph.models.catalogue.entries import Family
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import DamagedModelError, MissingModelError, ModelError

if TYPE_CHECKING:
    from paintgraph.models.inpainting.engine_names import EngineNames

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
        return None if fault is None else _as_bind_error(fault, "model ")

    return dict.fromkeys(KINDS, check)


def model_binders(names: ModelNames) -> dict[str, Binder]:
    """What turns a name into `name@sha256:...`, by kind; may read files."""

    def bind(text: str) -> str:
        try:
            return str(names.bind(text))
        except ModelError as error:
            raise _as_bind_error(error, "model ") from error

    return dict.fromkeys(KINDS, bind)


ENGINE, PAINTER, LORAS, VAE = "engine:inpaint", "painter", "loras", "vae"
"""Kinds of resources; a painter is what an engine and a prompt together stand for."""


def engine_choices(painters: "EngineNames") -> dict[str, list[str]]:
    """What each kind chooses from."""
    return {ENGINE: painters.choices()}


def engine_checks(painters: "EngineNames") -> dict[str, NameCheck]:
    """Why a name cannot be used now, by kind; quick."""

    def check(text: str) -> BindError | None:
        fault = painters.fault(text)
        return None if fault is None else _as_bind_error(fault)

    return {ENGINE: check}


def engine_binders(painters: "EngineNames") -> dict[str, Binder]:
    """What fixes each kind; may read files."""

    def resolve(asked: tuple[str, str]) -> tuple[str, ...]:
        return (painters.resolve(*asked),)

    return {
        PAINTER: _guarded(resolve),
        LORAS: _guarded(painters.bind_loras),
        VAE: _guarded(painters.bind_vae),
    }


def _guarded(bind: Callable[..., object]) -> Binder:
    def guarded(given: object) -> object:
        try:
            return bind(given)
        except ModelError as error:
            raise _as_bind_error(error) from error

    return guarded


def _as_bind_error(error: ModelError, place: str = "") -> BindError:
    """The error for a graph's problem; `place` is what the problem's own place says already."""
    is_missing = isinstance(error, MissingModelError | DamagedModelError)
    message = error.message.removeprefix(place)
    return BindError(message, MODEL_MISSING if is_missing else error.code)
