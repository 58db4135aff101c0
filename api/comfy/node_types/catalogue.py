"""What there is to run, as editors ask for it: node types with their widgets and files."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from paintgraph.api.comfy.node_types.wire import object_info
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.owning import files_of
from paintgraph.api.services.parts import PARTS
from paintgraph.base.file_kinds import SUFFIXES
from paintgraph.base.names import legible
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.sources.trees import FileTree

ROUTES = web.RouteTableDef()
EXAMPLES = "paintgraph"
"""The folder of the pictures that come with the page."""

_MOST_PICTURES = 10_000


@ROUTES.get("/object_info")
async def index(request: web.Request) -> web.Response:
    """Every node type, recipes among them."""
    specs = [declaration.spec for declaration in await _renewed(request)]
    return await asyncio.to_thread(_listed, specs, files_of(request).inputs)


@ROUTES.get("/object_info/{name:.*}")
async def show(request: web.Request) -> web.Response:
    """One node type; nothing for an unknown one."""
    spec = (await _renewed(request)).spec(request.match_info["name"])
    specs = [] if spec is None else [spec]
    return await asyncio.to_thread(_listed, specs, files_of(request).inputs)


async def _renewed(request: web.Request) -> Registry:
    """The node types with what can be chosen now: models and files come and go."""
    parts = request.app[PARTS]
    await parts.catalogue.soon()
    await parts.dispatcher.pool.ask(None)
    return parts.catalogue.known().registry


def _listed(specs: list[NodeSpec], trees: Sequence[FileTree]) -> web.Response:
    found = (name for t in trees for part in ("", EXAMPLES) for name in pictures_in(t, part))
    pictures = list(dict.fromkeys(found))
    return json_response({spec.id: object_info(spec, pictures) for spec in specs})


def pictures_in(tree: FileTree, folder: str = "") -> list[str]:
    """The names of the pictures right inside a folder, in order."""
    try:
        entries = tree.entries(folder, with_links=True)
        names = [each.name for each in entries if each.name.lower().endswith(SUFFIXES)]
    except OSError:
        return []
    return sorted(map(legible, names))[:_MOST_PICTURES]
