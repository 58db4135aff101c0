"""Files are uploaded into the folders that prompts name them in.

Pictures are looked into, so that a broken one is told of at once. Nodes of packs take sounds,
films, 3D models and data, too: these are known by their names, and kept as they come.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.files.places import name_inside, named_file, tree_of, unmarked
from paintgraph.api.guards.keys import owner_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import MULTIPART, Part, json_response, parts_of
from paintgraph.api.services.owning import files_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.pictures import examine
from paintgraph.base.names import legible
from paintgraph.base.naming import portable
from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import reference_of
from paintgraph.imaging.errors import PictureError
from paintgraph.jobs.sources.trees import FileTree, NoPlaceError

ROUTES = web.RouteTableDef()
_MOST_NAME_BYTES = 200
_YES = ("true", "1")
_FOR_PACKS = frozenset(
    (
        *(".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac"),
        *(".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v"),
        *(".glb", ".gltf", ".obj", ".stl", ".fbx", ".ply", ".usdz", ".spz", ".splat"),
        *(".json", ".txt", ".csv", ".srt", ".vtt", ".latent"),
    )
)
"""Suffixes of what is no picture and taken all the same. `/view` gives it as a download."""


@ROUTES.post("/upload/image")
async def upload(request: web.Request) -> web.Response:
    """Keep a file under its name; another file of this name stays, unless told otherwise."""
    form = await _form(request)
    most = request.app[PARTS].pictures.max_pixels
    return json_response(await asyncio.to_thread(_kept, form, _tree_of(request, form), most))


@ROUTES.post("/upload/mask")
async def upload_mask(request: web.Request) -> web.Response:
    """Keep an earlier picture with the transparency of the one that comes."""
    form = await _form(request)
    tree = _tree_of(request, form)
    most = request.app[PARTS].pictures.max_pixels

    def keep() -> dict[str, str]:
        data = _with_alpha_of(_file(form, most), _original(form, request), most)
        masked = replace(form["image"], data=data)
        return _kept({**form, "image": masked}, tree, most)

    async with request.app[PARTS].transcoding:
        return json_response(await asyncio.to_thread(keep))


def _tree_of(request: web.Request, form: dict[str, Part]) -> FileTree:
    """Where a client may keep files: where what jobs make lies together, only who may all."""
    kind = _text(form, "type", "input")
    if kind != "input" and owner_of(request) is not None:
        raise ApiError(
            403,
            "not_yours",
            f"the type is '{shorten(kind, 40)}', a folder of all clients; allowed is 'input'. "
            "Leave it out.",
        )
    return tree_of(files_of(request), kind)


async def _form(request: web.Request) -> dict[str, Part]:
    """The parts of a form by name, in whatever order they come."""
    if request.content_type != MULTIPART:
        raise ApiError(
            400,
            "bad_form",
            f"the body is '{shorten(request.content_type)}'; allowed is {MULTIPART}."
            " Send the picture as the part 'image'.",
        )
    return {part.name: part for part in await parts_of(request)}


def _text(form: dict[str, Part], name: str, default: str = "") -> str:
    return form[name].text() if name in form else default


def _file(form: dict[str, Part], max_pixels: int) -> bytes:
    """The bytes of the file; raises ApiError if it is neither a picture nor of use to packs."""
    part = form.get("image")
    if part is None or not part.file_name:
        raise ApiError(
            400, "no_picture", "the form has no part 'image' with a file's name. Add the picture."
        )
    if Path(part.file_name).suffix.lower() in _FOR_PACKS:
        return part.data
    try:
        examine(part.data, reference_of(part.data), max_pixels)
    except BindError as error:
        raise ApiError(400, error.code, str(error)) from error
    return part.data


def _kept(form: dict[str, Part], tree: FileTree, max_pixels: int) -> dict[str, str]:
    """Write the file of a form; gives its name, folder and kind of place."""
    data = _file(form, max_pixels)
    folder = name_inside(tree, _text(form, "subfolder"))
    name = name_inside(tree, _text(form, "subfolder"), _name(form["image"].file_name))
    if name in (folder, ""):
        raise _bad_name(form["image"].file_name)
    try:
        if _text(form, "overwrite").lower() in _YES:
            tree.write(name, data)
        else:
            name = _new(tree, name, data)
    except NoPlaceError as error:
        raise _bad_name(form["image"].file_name) from error
    subfolder, _, last = name.rpartition("/")
    kind = _text(form, "type", "input")
    return {"name": legible(last), "subfolder": legible(subfolder), "type": kind}


def _name(given: str) -> str:
    """The name of a file as every system can hold it."""
    name = portable(given.replace("\\", "/"))
    last = name.rpartition("/")[2]
    if not last.strip(". _") or last.startswith(".") or len(last.encode()) > _MOST_NAME_BYTES:
        raise _bad_name(given)
    return name


def _bad_name(given: str) -> ApiError:
    return ApiError(
        400,
        "bad_name",
        f"'{shorten(given)}' is no name for a picture; allowed are plain names of up to "
        f"{_MOST_NAME_BYTES} bytes that begin with no dot. Change it.",
    )


def _new(tree: FileTree, name: str, data: bytes) -> str:
    """Write a file under the first name that is free, or holds the same; gives that name."""
    for candidate in _numbered(PurePosixPath(name)):
        try:
            tree.write_new(candidate, data)
        except FileExistsError:
            if tree.read(candidate) == data:
                return candidate
            continue
        return candidate
    raise _bad_name(name)


def _numbered(path: PurePosixPath) -> Iterator[str]:
    yield str(path)
    for number in range(1, 10_000):
        yield str(path.with_name(f"{path.stem} ({number}){path.suffix}"))


def _original(form: dict[str, Part], request: web.Request) -> bytes:
    """The picture that `original_ref` names."""
    try:
        named: Any = json.loads(_text(form, "original_ref", "null"))
    except (ValueError, RecursionError):
        named = None
    if not isinstance(named, dict) or not isinstance(named.get("filename"), str):
        raise ApiError(
            400,
            "bad_original",
            "the part 'original_ref' names no picture; allowed is JSON with filename, subfolder "
            "and type. Add it.",
        )
    name, kind = unmarked(named["filename"], str(named.get("type") or "output"))
    path = named_file(request, kind, str(named.get("subfolder") or ""), name)
    if path is None:
        message = f"there is no picture '{shorten(name)}' to keep with a mask. Upload it first."
        raise ApiError(400, "no_original", message)
    return path.read_bytes()


def _with_alpha_of(masking: bytes, original: bytes, max_pixels: int) -> bytes:
    """The original as PNG with the transparency of another picture, and its own texts."""
    import numpy as np

    from paintgraph.imaging.files.decode import decode
    from paintgraph.imaging.files.descriptions.texts import add_text, readable_texts
    from paintgraph.imaging.files.encode import encode
    from paintgraph.imaging.geometry.resize import resize

    try:
        picture = decode(original, max_pixels=max_pixels)
        mask = decode(masking, max_pixels=max_pixels).image
        colours = picture.image[..., :3]
        alpha = mask[..., 3] if mask.shape[3] == 4 else np.ones(mask.shape[:3], np.float32)
        height, width = colours.shape[1:3]
        alpha = resize(alpha, width, height)[..., np.newaxis]
        data = encode(np.concatenate((colours, alpha), axis=3), depth=picture.depth)
        return add_text(data, readable_texts(original)) if original[1:4] == b"PNG" else data
    except PictureError as error:
        raise ApiError(400, error.code, f"the picture cannot be read: {error.message}") from error
