"""What ComfyUI's page asks of the server for itself: its log, its folders, lists of files."""

import asyncio

from aiohttp import web

from paintgraph.api.comfy.files.places import KINDS, tree_of
from paintgraph.api.comfy.following.door import DOOR
from paintgraph.api.guards.keys import client_of, holder_in
from paintgraph.api.http.bodies import fields_of
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import files_of, may_read
from paintgraph.api.services.parts import PARTS
from paintgraph.base.names import legible
from paintgraph.jobs.sources.trees import FileTree

ROUTES = web.RouteTableDef()
_MOST_FILES = 10_000


@ROUTES.get("/internal/logs")
@needs("admin")
async def log(request: web.Request) -> web.Response:
    """The log as one text."""
    return json_response("".join(f"{line['t']} - {line['m']}" for line in _lines(request)))


@ROUTES.get("/internal/logs/raw")
@needs("admin")
async def raw_log(request: web.Request) -> web.Response:
    """The log line by line."""
    return json_response(request.app[DOOR].log.raw())


@ROUTES.patch("/internal/logs/subscribe")
@needs("admin")
async def subscribe(request: web.Request) -> web.Response:
    """Send new lines to a client's socket from now on, or no more."""
    fields = await fields_of(request)
    name = fields.get("clientId")
    if isinstance(name, str):
        client = holder_in(client_of(request)), name
        request.app[DOOR].sessions.listen_to_log(client, is_wanted=bool(fields.get("enabled")))
    return web.Response()


@ROUTES.get("/internal/folder_paths")
async def folders(_: web.Request) -> web.Response:
    """The kinds of folders; where they lie is not told."""
    return json_response({kind: [kind] for kind in KINDS})


@ROUTES.get("/internal/files/{kind}")
async def files(request: web.Request) -> web.Response:
    """The names of the files right inside a folder, the newest first."""
    kind = request.match_info["kind"]
    if kind not in KINDS:
        return json_response({"error": "Invalid directory type"}, 400)
    names = await asyncio.to_thread(_newest, tree_of(files_of(request), kind))
    if kind != "input":
        offload = request.app[PARTS].store.offload
        names = [name for name in names if await offload(may_read, request, kind, name)]
    if kind != "input":  # the names as prompts write them
        names = [f"{name} [{kind}]" for name in names]
    return json_response(names)


def _lines(request: web.Request) -> list[dict[str, str]]:
    return list(request.app[DOOR].log.lines)


def _newest(tree: FileTree) -> list[str]:
    try:
        files = [each for each in tree.entries(with_links=True) if not each.is_folder]
    except OSError:
        return []
    found = sorted(((each.modified, each.name) for each in files), reverse=True)
    return [legible(name) for _, name in found[:_MOST_FILES]]
