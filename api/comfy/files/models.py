"""Models by folders, as ComfyUI's clients know them; their names are those that nodes take."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.parts import PARTS
from paintgraph.base.words import shorten
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import AUTO, ModelNames
from paintgraph.models.errors import ModelError

ROUTES = web.RouteTableDef()
_MOST_HEAD_BYTES = 32 << 20
FOLDERS: Mapping[str, tuple[Kind, ...]] = {
    "checkpoints": (Kind.CHECKPOINT, Kind.GENERATE),
    "diffusion_models": (Kind.DENOISER,),
    "text_encoders": (Kind.TEXT_ENCODER,),
    "controlnet": (Kind.CONTROL,),
    "loras": (Kind.LORA,),
    "vae": (Kind.VAE,),
    "upscale_models": (Kind.UPSCALE,),
    "inpaint": (Kind.ERASE,),
    "background_removal": (Kind.SUBJECT,),
    "sams": (Kind.SEGMENT,),
    "grounding-dino": (Kind.DETECT,),
    "embeddings": (Kind.EMBEDDING,),
}
"""What lies in each folder."""


@ROUTES.get("/models")
async def index(_: web.Request) -> web.Response:
    """The names of the folders."""
    return json_response(list(FOLDERS))


@ROUTES.get("/models/{folder}")
async def show(request: web.Request) -> web.Response:
    """The models of a folder."""
    return json_response(await _names(request))


@ROUTES.get("/embeddings")
async def embeddings(request: web.Request) -> web.Response:
    """Words that stand for learnt vectors."""
    return json_response(await _choices(request, Kind.EMBEDDING))


@ROUTES.get("/view_metadata/{folder}")
async def metadata(request: web.Request) -> web.Response:
    """What a model's file says of itself."""
    name = request.query.get("filename", "")
    found = None
    if name in await _names(request):
        models = request.app[PARTS].engine_names.models
        found = await asyncio.to_thread(_told, models, name)
    if found is None:
        message = f"there is no model '{shorten(name, 60)}' that says something of itself."
        raise ApiError(404, "no_metadata", message)
    return json_response(found)


@ROUTES.get("/experiment/models")
async def folders(_: web.Request) -> web.Response:
    """The folders as ComfyUI's page lists them; where they lie is not told."""
    return json_response([{"name": name, "folders": [name]} for name in FOLDERS])


@ROUTES.get("/experiment/models/{folder}")
async def files(request: web.Request) -> web.Response:
    """The models of a folder as ComfyUI's page lists them; one that is not here has no size."""
    names, models = await _names(request), request.app[PARTS].engine_names.models
    return json_response(await asyncio.to_thread(lambda: [_listed(models, n) for n in names]))


def _listed(models: ModelNames, name: str) -> dict[str, Any]:
    """A model with its bytes, and when its file was made and changed, in seconds since 1970."""
    size, modified, created = 0, 0.0, 0.0
    with contextlib.suppress(ModelError, OSError):
        placed = models.placed(name)
        status = placed.file.stat()
        size, modified, created = placed.size, status.st_mtime, status.st_ctime
    return {
        "name": name,
        "pathIndex": 0,
        "modified": modified,
        "created": created,
        "size": size,
    }


def _told(models: ModelNames, name: str) -> Any:
    """The `__metadata__` in the head of a safetensors file, or None."""
    try:
        with models.placed(name).file.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            head = file.read(min(length, _MOST_HEAD_BYTES))
        return orjson.loads(head).get("__metadata__")
    except (ModelError, OSError, orjson.JSONDecodeError, AttributeError, StopIteration):
        return None


async def _names(request: web.Request) -> list[str]:
    """The models of the folder that a path names; raises ApiError for an unknown one."""
    folder = request.match_info["folder"]
    kinds = FOLDERS.get(folder)
    if kinds is None:
        raise ApiError(
            404,
            "unknown_folder",
            f"there is no folder '{shorten(folder, 40)}'; there are {', '.join(FOLDERS)}.",
        )
    return await _choices(request, *kinds) if kinds else []


async def _choices(request: web.Request, *kinds: Kind) -> list[str]:
    """The models of some kinds, with those that have come since the server started."""
    models = request.app[PARTS].engine_names.models
    await asyncio.to_thread(models.index.catalogue.refresh)
    return [name for name in models.choices(*kinds) if name != AUTO]  # which is no file
