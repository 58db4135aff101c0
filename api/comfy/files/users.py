"""Users of ComfyUI's page and their settings: one user unless the server was told of several.

Users are no protection: a header names them, within what the holder of a key has. Keys are
(`guards.keys`).
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web

from paintgraph.api.http.bodies import document_of, fields_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.owning import files_of
from paintgraph.api.services.parts import PARTS
from paintgraph.base.words import shorten
from paintgraph.jobs.sources.trees import FileTree
from paintgraph.jobs.store.database import Result

ROUTES = web.RouteTableDef()
DEFAULT = "default"
_SETTINGS = "comfy.settings.json"
_LIST = "users.json"
_MOST_BYTES = 4 << 20
_MOST_USERS = 1000
_MOST_NAME = 100
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_WRITING = web.AppKey("writing", asyncio.Lock)
"""Settings are read, changed and written by one request at a time."""


def add_lock(app: web.Application) -> None:
    """What the routes of this module need."""
    app[_WRITING] = asyncio.Lock()


def files_of_user(request: web.Request, status: int = 401) -> FileTree:
    """The files of the user that a request names; raises ApiError for an unknown one.

    Call it in a thread: servers that share a bucket ask that.
    """
    files = files_of(request).user
    user = DEFAULT
    if request.app[PARTS].many_users:
        user = request.headers.get("comfy-user", "")
        if not _ID.fullmatch(user) or user not in _users(files):
            raise ApiError(
                status,
                "unknown_user",
                f"the header 'comfy-user' is '{shorten(user, 40)}', who is no user here. Name one "
                "of GET /users, or make one with POST /users.",
            )
    return files.below(user)


@ROUTES.get("/users")
async def index(request: web.Request) -> web.Response:
    """Who uses this server."""
    if request.app[PARTS].many_users:
        users = await asyncio.to_thread(_users, files_of(request).user)
        return json_response({"storage": "server", "users": users})
    return json_response({"storage": "server", "migrated": True})


@ROUTES.post("/users")
async def add(request: web.Request) -> web.Response:
    """Make a user; gives the id."""
    files = files_of(request).user
    name = (await fields_of(request)).get("username")
    if not request.app[PARTS].many_users:
        raise ApiError(
            400, "one_user", "this server has one user. Start it with --multi-user for several."
        )
    if not isinstance(name, str) or not name.strip() or len(name) > _MOST_NAME:
        return json_response({"error": "username should be a text of 1 to 100 characters."}, 400)
    made = f"{re.sub(r'[^A-Za-z0-9]+', '_', name, flags=re.ASCII)[:40]}_{uuid4()}"

    def act() -> str:
        users = _users(files)
        if name in users.values():
            return "Duplicate username."
        if len(users) >= _MOST_USERS:
            return "There are too many users."
        files.write(_LIST, orjson.dumps({**users, made: name}))
        return ""

    if refusal := await _alone(request, act):
        return json_response({"error": refusal}, 400)
    return json_response(made)


@ROUTES.get("/settings")
async def settings(request: web.Request) -> web.Response:
    """All settings of the user."""
    return json_response(await settings_of(request))


async def settings_of(request: web.Request) -> dict[str, Any]:
    """What the user set; raises ApiError for an unknown one."""
    return await asyncio.to_thread(lambda: _settings(files_of_user(request)))


@ROUTES.get("/settings/{id}")
async def setting(request: web.Request) -> web.Response:
    """One setting, null if it is not set."""
    found = await settings_of(request)
    return json_response(found.get(request.match_info["id"]))


@ROUTES.post("/settings")
async def change_settings(request: web.Request) -> web.Response:
    """Set several settings; the others stay."""
    given = await fields_of(request)
    await _change(request, lambda found: {**found, **given})
    return web.Response()


@ROUTES.post("/settings/{id}")
async def change_setting(request: web.Request) -> web.Response:
    """Set one setting to the value in the body."""
    value = (await document_of(request)).value
    name = request.match_info["id"]
    await _change(request, lambda found: {**found, name: value})
    return web.Response()


async def _change(request: web.Request, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    def act() -> None:
        files = files_of_user(request)
        data = orjson.dumps(change(_settings(files)), option=orjson.OPT_INDENT_2)
        if len(data) > _MOST_BYTES:
            message = f"the settings would take more than {_MOST_BYTES >> 20} MiB. Set less."
            raise ApiError(413, "too_large", message)
        files.write(_SETTINGS, data)

    await _alone(request, act)


async def _alone(request: web.Request, act: Callable[[], Result]) -> Result:
    """Read, change and write while no other request does, at this server or a neighbour's."""
    async with request.app[_WRITING]:
        return await request.app[PARTS].store.alone("editors", act)


def _settings(files: FileTree) -> dict[str, Any]:
    """What is set."""
    return _fields(files, _SETTINGS)


def _users(files: FileTree) -> dict[str, str]:
    """Names of users by id."""
    return {DEFAULT: DEFAULT, **_fields(files, _LIST)}


def _fields(files: FileTree, name: str) -> dict[str, Any]:
    """The object of a JSON file; one that holds none counts as empty.

    One that cannot be read now does not: who changes it would write it without what is in it.
    """
    try:
        found = orjson.loads(files.read(name) or b"")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
