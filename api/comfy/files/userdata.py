"""Files that ComfyUI's page keeps for its user, such as workflows."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.files.places import name_inside
from paintgraph.api.comfy.files.users import files_of_user
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import body_of, json_response
from paintgraph.api.http.scopes import needs
from paintgraph.base.names import legible
from paintgraph.base.words import shorten
from paintgraph.jobs.sources.trees import Entry, FileTree, NoPlaceError

ROUTES = web.RouteTableDef()
_MOST_FILES = 10_000
_NO = "false"


@ROUTES.get("/userdata")
async def index(request: web.Request) -> web.Response:
    """The files of a folder: their names, their names in parts, or more of each."""
    query = request.query
    if not query.get("dir"):
        raise ApiError(400, "no_folder", "the parameter 'dir' names no folder. Name one.")

    def listed() -> list[Any]:
        tree = files_of_user(request)
        folder = name_inside(tree, query["dir"], status=403)
        if not tree.has_folder(folder):
            raise _missing(query["dir"])
        found: list[Any] = []
        entries = tree.entries(folder, is_deep=_is_on(query, "recurse"))
        for entry in islice((each for each in entries if not each.is_folder), _MOST_FILES):
            name = legible(entry.name.removeprefix(f"{folder}/"))
            if _is_on(query, "full_info"):
                found.append(_info(entry, name))
            else:
                found.append([name, *name.split("/")] if _is_on(query, "split") else name)
        return found

    return json_response(await asyncio.to_thread(listed))


@ROUTES.get("/v2/userdata")
async def tree(request: web.Request) -> web.Response:
    """All folders and files below one, folders first."""
    wanted = request.query.get("path", "")

    def listed() -> list[dict[str, Any]]:
        tree = files_of_user(request, 403)
        folder = name_inside(tree, wanted, status=403)
        if wanted and not tree.has_folder(folder):
            raise _missing(wanted)
        found = [*map(_listed, islice(tree.entries(folder, is_deep=True), _MOST_FILES))]
        return sorted(found, key=lambda each: (each["type"] != "directory", each["path"]))

    return json_response(await asyncio.to_thread(listed))


@ROUTES.get("/userdata/{file}")
async def show(request: web.Request) -> web.StreamResponse:
    """A file as it was kept."""

    def found() -> Path | None:
        tree = files_of_user(request)
        return tree.file(_name(request, tree, "file"))

    path = await asyncio.to_thread(found)
    if path is None:
        raise _missing(request.match_info["file"])
    headers = {**file_headers("", path.name), "Cache-Control": "no-cache"}
    return web.FileResponse(path, headers=headers)


@ROUTES.post("/userdata/{file}")
async def keep(request: web.Request) -> web.Response:
    """Keep the body as a file."""
    data = await body_of(request)

    def act(tree: FileTree) -> str:
        name = _name(request, tree, "file")
        write = tree.write_new if request.query.get("overwrite") == _NO else tree.write
        write(name, data)
        return name

    return await _changed(request, act)


@ROUTES.delete("/userdata/{file}")
@needs("submit")
async def remove(request: web.Request) -> web.Response:
    """Delete a file."""

    def act() -> None:
        tree = files_of_user(request)
        tree.remove(_name(request, tree, "file"))

    try:
        await asyncio.to_thread(act)
    except OSError as error:
        raise _missing(request.match_info["file"]) from error
    return web.Response(status=204)


@ROUTES.post("/userdata/{file}/move/{to}")
async def move(request: web.Request) -> web.Response:
    """Give a file another name."""

    def act(tree: FileTree) -> str:
        name, to = _name(request, tree, "file"), _name(request, tree, "to")
        tree.move(name, to, is_new=request.query.get("overwrite") == _NO)
        return to

    return await _changed(request, act)


async def _changed(request: web.Request, act: Callable[[FileTree], str]) -> web.Response:
    """Do what changes a file; gives its name, or more of it."""

    def changed() -> object:
        tree = files_of_user(request)
        name = act(tree)
        if not _is_on(request.query, "full_info"):
            return legible(name)
        entry = tree.entry(name)
        if entry is None:  # somebody has just removed it
            raise FileNotFoundError(name)
        return _info(entry, legible(name))

    last = request.match_info.get("to", request.match_info["file"]).rpartition("/")[2]
    try:
        return json_response(await asyncio.to_thread(changed))
    except FileNotFoundError as error:
        raise _missing(request.match_info["file"]) from error
    except FileExistsError as error:
        message = f"there is a file '{shorten(last)}' already. Choose another name."
        raise ApiError(409, "name_taken", message) from error
    except NoPlaceError as error:
        message = f"'{shorten(last)}' lies in a file, or is a folder. Choose another name."
        raise ApiError(400, "bad_name", message) from error


def _name(request: web.Request, tree: FileTree, part: str) -> str:
    """The file that a part of the path names; raises ApiError for what is none of the user's."""
    name = name_inside(tree, request.match_info[part], status=403)
    if not name:
        raise ApiError(400, "bad_name", "the path names no file. Name one.")
    return name


def _info(entry: Entry, name: str) -> dict[str, Any]:
    return {
        "path": name,
        "size": entry.size,
        "modified": int(entry.modified * 1000),
        "created": int(entry.created * 1000),
    }


def _listed(entry: Entry) -> dict[str, Any]:
    name = legible(entry.name)
    common = {"name": name.rpartition("/")[2], "path": name}
    if entry.is_folder:
        return {**common, "type": "directory"}
    modified = int(entry.modified * 1000)
    return {**common, "type": "file", "size": entry.size, "modified": modified}


def _is_on(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _missing(name: str) -> ApiError:
    return ApiError(404, "no_such_file", f"there is no file or folder '{shorten(name)}' here.")
