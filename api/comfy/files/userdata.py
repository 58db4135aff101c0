"""Files that ComfyUI's page keeps for its user, such as workflows."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.files.places import path_inside
from paintgraph.api.comfy.files.users import user_folder
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import body_of, json_response
from paintgraph.api.http.scopes import needs
from paintgraph.base.files import make_folder, write_new, write_whole
from paintgraph.base.names import legible
from paintgraph.base.words import shorten

ROUTES = web.RouteTableDef()
_MOST_FILES = 10_000
_MOST_DEPTH = 16
_NO = "false"


@ROUTES.get("/userdata")
async def index(request: web.Request) -> web.Response:
    """The files of a folder: their names, their names in parts, or more of each."""
    query = request.query
    if not query.get("dir"):
        raise ApiError(400, "no_folder", "the parameter 'dir' names no folder. Name one.")
    folder = path_inside(user_folder(request), query["dir"], status=403)

    def listed() -> list[Any]:
        if not folder.is_dir():
            raise _missing(query["dir"])
        found: list[Any] = []
        for path in _files(folder, is_deep=_is_on(query, "recurse")):
            name = legible(path.relative_to(folder).as_posix())
            if _is_on(query, "full_info"):
                found.append(_info(path, name))
            else:
                found.append([name, *name.split("/")] if _is_on(query, "split") else name)
        return found

    return json_response(await asyncio.to_thread(listed))


@ROUTES.get("/v2/userdata")
async def tree(request: web.Request) -> web.Response:
    """All folders and files below one, folders first."""
    root = user_folder(request, 403)
    wanted = request.query.get("path", "")
    folder = path_inside(root, wanted, status=403)

    def listed() -> list[dict[str, Any]]:
        if not folder.is_dir():
            if wanted:
                raise _missing(wanted)
            return []
        found = [_entry(path, root.resolve()) for path in _all(folder)]
        return sorted(found, key=lambda each: (each["type"] != "directory", each["path"]))

    return json_response(await asyncio.to_thread(listed))


@ROUTES.get("/userdata/{file}")
async def show(request: web.Request) -> web.StreamResponse:
    """A file as it was kept."""
    path = _path(request, "file")
    if not await asyncio.to_thread(path.is_file):
        raise _missing(request.match_info["file"])
    headers = {**file_headers("", path.name), "Cache-Control": "no-cache"}
    return web.FileResponse(path, headers=headers)


@ROUTES.post("/userdata/{file}")
async def keep(request: web.Request) -> web.Response:
    """Keep the body as a file."""
    path = _path(request, "file")
    data = await body_of(request)
    write = write_new if request.query.get("overwrite") == _NO else write_whole

    def act() -> None:
        _make(path.parent)
        write(path, data)

    return await _changed(request, path, act)


@ROUTES.delete("/userdata/{file}")
@needs("submit")
async def remove(request: web.Request) -> web.Response:
    """Delete a file."""
    path = _path(request, "file")
    try:
        await asyncio.to_thread(path.unlink)
    except OSError as error:
        raise _missing(request.match_info["file"]) from error
    return web.Response(status=204)


@ROUTES.post("/userdata/{file}/move/{to}")
async def move(request: web.Request) -> web.Response:
    """Give a file another name."""
    path, to = _path(request, "file"), _path(request, "to")

    def act() -> None:
        if not path.is_file():
            raise _missing(request.match_info["file"])
        _make(to.parent)
        if request.query.get("overwrite") == _NO and to.exists():
            raise FileExistsError
        path.replace(to)

    return await _changed(request, to, act)


async def _changed(request: web.Request, path: Path, act: Callable[[], None]) -> web.Response:
    """Do what changes a file; gives its name, or more of it."""
    try:
        await asyncio.to_thread(act)
    except FileExistsError as error:
        message = f"there is a file '{shorten(path.name)}' already. Choose another name."
        raise ApiError(409, "name_taken", message) from error
    except (NotADirectoryError, IsADirectoryError) as error:
        message = f"'{shorten(path.name)}' lies in a file, or is a folder. Choose another name."
        raise ApiError(400, "bad_name", message) from error
    name = legible(path.relative_to(user_folder(request).resolve()).as_posix())
    if _is_on(request.query, "full_info"):
        return json_response(await asyncio.to_thread(_info, path, name))
    return json_response(name)


def _make(folder: Path) -> None:
    """Make a folder; raises NotADirectoryError where a file has its name, or that of one above."""
    try:
        make_folder(folder)
    except FileExistsError as error:
        raise NotADirectoryError(str(folder)) from error


def _path(request: web.Request, name: str) -> Path:
    """The file that a path names; raises ApiError for what is none of the user's."""
    root = user_folder(request)
    path = path_inside(root, request.match_info[name], status=403)
    if path == root.resolve():
        raise ApiError(400, "bad_name", "the path names no file. Name one.")
    return path


def _files(folder: Path, *, is_deep: bool) -> Iterator[Path]:
    return (path for path in _all(folder, is_deep=is_deep) if path.is_file())


def _all(folder: Path, *, is_deep: bool = True) -> Iterator[Path]:
    """What lies in a folder, and in those below; links are left out."""
    left = _MOST_FILES
    stack = [(folder, 0)]
    while stack:
        place, depth = stack.pop()
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_symlink() or entry.name.startswith(".") or not left:
                    continue
                left -= 1
                yield Path(entry.path)
                if is_deep and entry.is_dir() and depth < _MOST_DEPTH:
                    stack.append((Path(entry.path), depth + 1))


def _info(path: Path, name: str) -> dict[str, Any]:
    status = path.stat()
    return {
        "path": name,
        "size": status.st_size,
        "modified": int(status.st_mtime * 1000),
        "created": int(status.st_ctime * 1000),
    }


def _entry(path: Path, root: Path) -> dict[str, Any]:
    status = path.stat()
    name = legible(path.relative_to(root).as_posix())
    common = {"name": legible(path.name), "path": name}
    if path.is_dir():
        return {**common, "type": "directory"}
    return {
        **common,
        "type": "file",
        "size": status.st_size,
        "modified": int(status.st_mtime * 1000),
    }


def _is_on(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _missing(name: str) -> ApiError:
    return ApiError(404, "no_such_file", f"there is no file or folder '{shorten(name)}' here.")
