"""Models, engines, LoRAs and VAEs as resources of graphs: how each is checked and bound."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, TypeAlias

from paintgraph.base.naming import BAD_NAME, name_fault
from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.coercion import NameCheck
from paintgraph.engine.recipes.binding import Binder
from paintgraph.imaging.colour_names import parse_colour
from paintgraph.imaging.errors import ContractError
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.engine_names import EngineNames
from paintgraph.models.errors import DamagedModelError, MissingModelError, ModelError
from paintgraph.models.prompts.weighting import embedding_names

MASK_MODEL = "model:rembg"
TEXT_MODEL = "model:groundingdino"
POINT_MODEL = "model:sam"
FACE_MODEL = "model:face_finders"
WRITING_MODEL = "model:writing_finders"
UPSCALE_MODEL = "model:upscale_models"
FILE_NAME = "file_name"
COLOUR = "colour"
COLOUR_WORDS = "a name of CSS, #rrggbb or #rgb"
ENGINE, PAINTER, LORAS, VAE = "engine:inpaint", "painter", "loras", "vae"
EMBEDDINGS, FACE_FINDER = "embeddings", "face_finder"
"""Kinds of resources; a painter is what an engine and a prompt together stand for, embeddings are
the files of the learnt words in prompts, a face finder is the model for `FacesChoice`."""

FacesChoice: TypeAlias = Literal["avoid", "copy"]
"""Whether faces are avoided; if so, and a model that finds them is there, it is bound."""

NO_EMBEDDINGS = ("none",)
"""What stands for the files of prompts without a learnt word, so that these count as known."""

NO_FACE_FINDER = ("none",)
"""What stands for the model that finds faces where none is there, or none is wanted."""

KINDS: Mapping[str, Kind] = {
    MASK_MODEL: Kind.SUBJECT,
    TEXT_MODEL: Kind.DETECT,
    POINT_MODEL: Kind.SEGMENT,
    FACE_MODEL: Kind.FACES,
    WRITING_MODEL: Kind.WRITING,
    UPSCALE_MODEL: Kind.UPSCALE,
}
"""Kinds of resources that are models, and the kind of model that each chooses from."""

CHECKPOINT, DENOISER = "model:checkpoints", "model:diffusion_models"
TEXT_ENCODER, AUTOENCODER = "model:text_encoders", "model:vae"
CONTROLNET, LORA, PIPELINE = "model:controlnet", "model:loras", "model:diffusers"

NETWORKS: Mapping[str, tuple[Kind, ...]] = {
    CHECKPOINT: (Kind.CHECKPOINT, Kind.GENERATE),
    DENOISER: (Kind.DENOISER,),
    TEXT_ENCODER: (Kind.TEXT_ENCODER,),
    AUTOENCODER: (Kind.VAE,),
    CONTROLNET: (Kind.CONTROL,),
    LORA: (Kind.LORA,),
    PIPELINE: (Kind.GENERATE,),
}
"""Kinds of resources that are files of diffusion models, as graphs of ComfyUI name them."""

_EVERY: Mapping[str, tuple[Kind, ...]] = {
    **{resource: (kind,) for resource, kind in KINDS.items()},
    **NETWORKS,
}

MODEL_MISSING = "model_missing"
"""The code of every problem that getting a model's files cures."""


def choices(names: EngineNames) -> dict[str, list[str]]:
    """What each kind chooses from, looked up anew."""
    names.models.index.catalogue.refresh()
    models = {resource: names.models.choices(*kinds) for resource, kinds in _EVERY.items()}
    return {**models, ENGINE: names.choices()}


def checks(names: EngineNames) -> dict[str, NameCheck]:
    """Why a name cannot be used now, by kind; quick."""

    def check_model(kinds: tuple[Kind, ...], text: str) -> BindError | None:
        fault = names.models.fault(text, *kinds)
        return None if fault is None else as_bind_error(fault, "model ")

    def check_engine(text: str) -> BindError | None:
        fault = names.fault(text)
        return None if fault is None else as_bind_error(fault)

    def check_file_name(text: str) -> BindError | None:
        fault = name_fault(text)
        return BindError(fault, BAD_NAME) if fault else None

    models = {resource: partial(check_model, kinds) for resource, kinds in _EVERY.items()}
    others = {FILE_NAME: check_file_name, COLOUR: check_colour}
    return {**models, ENGINE: check_engine, **others}


def check_colour(text: str) -> BindError | None:
    """Why a text names no colour; none is none."""
    try:
        parse_colour(text or "black")
    except ContractError as error:
        return BindError(error.message.removeprefix("colour is "), error.code)
    return None


def binders(names: EngineNames) -> dict[str, Binder]:
    """What fixes each kind: a name as `name@sha256:...`; may read files."""

    def bind(kinds: tuple[Kind, ...], text: str) -> str:
        return str(names.models.bind(text, *kinds))

    def resolve(asked: tuple[str, str]) -> tuple[str, ...]:
        return (names.resolve(*asked),)

    def bind_embeddings(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(bind_embedding(name) for name in embedding_names(texts)) or NO_EMBEDDINGS

    def bind_embedding(name: str) -> str:
        if fault := names.models.fault(name, Kind.EMBEDDING):
            raise fault
        return bind((Kind.EMBEDDING,), name)

    def bind_face_finder(asked: tuple[FacesChoice]) -> tuple[str, ...]:
        found = next(names.models.usable(Kind.FACES), None) if asked == ("avoid",) else None
        return (bind((Kind.FACES,), found.name),) if found else NO_FACE_FINDER

    return {
        FACE_FINDER: _guarded(bind_face_finder),
        EMBEDDINGS: _guarded(bind_embeddings),
        **{name: _guarded(partial(bind, kinds), "model ") for name, kinds in _EVERY.items()},
        PAINTER: _guarded(resolve),
        LORAS: _guarded(names.bind_loras),
        VAE: _guarded(names.bind_vae),
    }


def _guarded(bind: Callable[..., object], place: str = "") -> Binder:
    def guarded(given: object) -> object:
        try:
            return bind(given)
        except ModelError as error:
            raise as_bind_error(error, place) from error

    return guarded


def as_bind_error(error: ModelError, place: str = "") -> BindError:
    """The error for a graph's problem; `place` is what the problem's own place says already."""
    is_missing = isinstance(error, MissingModelError | DamagedModelError)
    message = error.message.removeprefix(place)
    return BindError(message, MODEL_MISSING if is_missing else error.code)
