"""Engines, LoRAs and VAEs as resources of graphs: how each is checked and bound."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.resources import NameCheck
from paintgraph.engine.recipes.binding import Binder
from paintgraph.models.errors import DamagedModelError, MissingModelError, ModelError
from paintgraph.nodes.model_names import MODEL_MISSING

if TYPE_CHECKING:
    from paintgraph.models.inpainting.engine_names import EngineNames

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


def _as_bind_error(error: ModelError) -> BindError:
    is_missing = isinstance(error, MissingModelError | DamagedModelError)
    return BindError(error.message, MODEL_MISSING if is_missing else error.code)
