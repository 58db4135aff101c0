"""What ComfyUI's page asks for that mostly is not here; node types under other names."""

from aiohttp import web

from paintgraph.api.http.requests import json_response
from paintgraph.api.packs.scripts import scripts_of_packs
from paintgraph.api.services.parts import PARTS

ROUTES = web.RouteTableDef()


@ROUTES.get("/extensions")
async def extensions(request: web.Request) -> web.Response:
    """Scripts for the page: those that packs bring."""
    return json_response(await scripts_of_packs(request))


@ROUTES.get("/i18n")
async def translations(_: web.Request) -> web.Response:
    """Texts of node types in other languages."""
    return json_response({})


@ROUTES.get("/global_subgraphs")
async def subgraphs(_: web.Request) -> web.Response:
    """Blueprints of subgraphs."""
    return json_response({})


@ROUTES.get("/workflow_templates")
async def templates(_: web.Request) -> web.Response:
    """Workflows to begin with; the page that is served here has its own."""
    return json_response({})


@ROUTES.get("/node_replacements")
async def replacements(request: web.Request) -> web.Response:
    """Node types of other tools, each with the one that does its job here."""
    parts = request.app[PARTS]
    registry = (await parts.catalogue.soon()).registry
    return json_response(
        {
            other: [
                {
                    "old_node_id": other,
                    "new_node_id": own,
                    "old_widget_ids": None,
                    "input_mapping": None,
                    "output_mapping": None,
                }
            ]
            for other, own in registry.replacements.items()
            if own in registry
        }
    )
