"""Users of ComfyUI's page and their settings: one user unless the server was told of several.

Users are no protection: a header names them, within what the holder of a key has. Keys are
(`guards.keys`).
"""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web

from paintgraph.api.http.bodies import document_of, fields_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.owning import files_of
from paintgraph.api.services.parts import PARTS
from paintgraph.base.files import make_folder, write_whole
from paintgraph.base.words import shorten

ROUTES = web.RouteTableDef()
DEFAULT = "default"
_SETTINGS = "comfy.settings.json"
_MOST_BYTES = 4 << 20
_MOST_USERS = 1000
_MOST_NAME = 100
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_WRITING = web.AppKey("writing", asyncio.Lock)
"""Settings are read, changed and written by one request at a time."""


def add_lock(app: web.Application) -> None:
    """What the routes of this module need."""
    app[_WRITING] = asyncio.Lock()


def user_folder(request: web.Request, status: int = 401) -> Path:
    """The folder of the user that a request names; raises ApiError for an unknown one."""
    folder = files_of(request).folders.user
    user = DEFAULT
    if request.app[PARTS].many_users:
        user = request.headers.get("comfy-user", "")
        if not _ID.fullmatch(user) or user not in _users(folder):
            raise ApiError(
                status,
                "unknown_user",
                f"the header 'comfy-user' is '{shorten(user, 40)}', who is no user here. Name one "
                "of GET /users, or make one with POST /users.",
            )
    return folder / user


@ROUTES.get("/users")
async def index(request: web.Request) -> web.Response:
    """Who uses this server."""
    if request.app[PARTS].many_users:
        users = _users(files_of(request).folders.user)
        return json_response({"storage": "server", "users": users})
    return json_response({"storage": "server", "migrated": True})


@ROUTES.post("/users")
async def add(request: web.Request) -> web.Response:
    """Make a user; gives the id."""
    folder = files_of(request).folders.user
    name = (await fields_of(request)).get("username")
    if not request.app[PARTS].many_users:
        raise ApiError(
            400, "one_user", "this server has one user. Start it with --multi-user for several."
        )
    if not isinstance(name, str) or not name.strip() or len(name) > _MOST_NAME:
        return json_response({"error": "username should be a text of 1 to 100 characters."}, 400)
    async with request.app[_WRITING]:
        users = await asyncio.to_thread(_users, folder)
        if name in users.values():
            return json_response({"error": "Duplicate username."}, 400)
        if len(users) >= _MOST_USERS:
            return json_response({"error": "There are too many users."}, 400)
        made = f"{re.sub(r'[^A-Za-z0-9]+', '_', name, flags=re.ASCII)[:40]}_{uuid4()}"
        data = orjson.dumps({**users, made: name})
        await asyncio.to_thread(write_whole, _list_of(folder), data)
    return json_response(made)


@ROUTES.get("/settings")
async def settings(request: web.Request) -> web.Response:
    """All settings of the user."""
    return json_response(await settings_of(request))


async def settings_of(request: web.Request) -> dict[str, Any]:
    """What the user set; raises ApiError for an unknown one."""
    return await asyncio.to_thread(_settings, user_folder(request))


@ROUTES.get("/settings/{id}")
async def setting(request: web.Request) -> web.Response:
    """One setting, null if it is not set."""
    found = await asyncio.to_thread(_settings, user_folder(request))
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
    folder = user_folder(request)

    def act() -> None:
        data = orjson.dumps(change(_settings(folder)), option=orjson.OPT_INDENT_2)
        if len(data) > _MOST_BYTES:
            message = f"the settings would take more than {_MOST_BYTES >> 20} MiB. Set less."
            raise ApiError(413, "too_large", message)
        make_folder(folder)
        write_whole(folder / _SETTINGS, data)

    async with request.app[_WRITING]:
        await asyncio.to_thread(act)


def _settings(folder: Path) -> dict[str, Any]:
    """What is set; a file that cannot be read counts as none."""
    try:
        found = orjson.loads((folder / _SETTINGS).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _users(folder: Path) -> dict[str, str]:
    """Names of users by id."""
    try:
        found = orjson.loads(_list_of(folder).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        found = None
    return {DEFAULT: DEFAULT, **(found if isinstance(found, dict) else {})}


def _list_of(folder: Path) -> Path:
    return folder / "users.json"
