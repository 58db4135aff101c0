"""What paintgraph adds to the page: recipes as templates, a first graph, one script.

They stand before the routes of the protocol, whose clients without a page need none of it.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.api.comfy.files import userdata
from paintgraph.api.comfy.files.users import settings_of
from paintgraph.api.editor.files import PREFIX
from paintgraph.api.editor.graphs import of_blob, of_job
from paintgraph.api.editor.opening import PHOTO, PICTURES, opened
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.packs.scripts import scripts_of_packs
from paintgraph.api.services.parts import PARTS
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.known import known
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.recipes.help import described, node_text

_WEB = files("paintgraph.api.editor") / "web"
_SCRIPTS = ("paintgraph.js", "opening.js", "faults.js")
_PACK = "paintgraph"
_SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Notification.ShowVersionUpdates": False,
    "LiteGraph.Canvas.MinFontSizeForLOD": 4,
}
"""The page begins with a graph, not with its makers' tutorial; it asks nobody for news; and nodes
can be read where all of a graph is on the screen.
"""

_SIGNS = re.compile(r"[{}@|$]")

_FIRST = ("erase_object", "inpaint", "outpaint", "remove_background", "replace_background")
"""The recipes that people come for; the others follow by name."""


def additions() -> Iterator[tuple[str, Handler]]:
    """Paths that are read, and what answers there."""
    yield f"{PREFIX}api/extensions", _scripts
    yield f"{PREFIX}extensions/{_PACK}/{{name}}.js", _script
    yield f"{PREFIX}graphs/jobs/{{id}}", of_job
    yield f"{PREFIX}graphs/blobs/{{digest}}", of_blob
    yield f"{PREFIX}docs/{{node:.+}}/{{language}}.md", _help
    yield f"{PREFIX}api/i18n", _english
    yield f"{PREFIX}api/workflow_templates", _templates
    yield f"{PREFIX}api/workflow_templates/{_PACK}/{{name}}.json", _template
    yield f"{PREFIX}api/workflow_templates/{_PACK}/{{name}}.jpg", _picture
    yield f"{PREFIX}api/settings", _settings
    yield f"{PREFIX}templates/{{name}}.json", _no_templates
    yield f"{PREFIX}user.css", _no_style
    # What a new user has not written yet is empty; the protocol's own answer, 404, would stand in
    # the browser's console as an error.
    yield f"{PREFIX}api/userdata", _or(userdata.index, _none_yet)
    yield f"{PREFIX}api/userdata/{{file:user.css}}", _or(userdata.show, _no_style, "unknown_user")
    yield f"{PREFIX}api/userdata/{{file:comfy.templates.json}}", _or(userdata.show, _none_yet)
    yield f"{PREFIX}api/userdata/{{file:workflows%2F.index.json}}", _or(userdata.show, _no_marks)


async def lay_out_examples(app: web.Application) -> None:
    """For `on_startup`: put the pictures of the templates where LoadImage finds it."""
    inputs = app[PARTS].files.storage.tree("inputs")

    def lay_out() -> None:
        for name in PICTURES:
            with suppress(FileExistsError):
                inputs.write_new(name, (_WEB / PurePosixPath(name).name).read_bytes())

    await asyncio.to_thread(lay_out)


async def _scripts(request: web.Request) -> web.Response:
    """The scripts that the page loads beside its own."""
    own = [f"/extensions/{_PACK}/{name}" for name in _SCRIPTS]
    return json_response([*own, *await scripts_of_packs(request)])


async def _script(request: web.Request) -> web.Response:
    name = f"{request.match_info['name']}.js"
    if name not in _SCRIPTS:
        raise web.HTTPNotFound
    body = await asyncio.to_thread((_WEB / name).read_bytes)
    headers = {"Cache-Control": "no-cache"}
    return web.Response(body=body, content_type="text/javascript", charset="utf-8", headers=headers)


async def _help(request: web.Request) -> web.Response:
    """What a node or a recipe does, in English whatever language is asked for."""
    registry = (await request.app[PARTS].catalogue.soon()).registry
    spec = registry.spec(request.match_info["node"])
    if spec is None:
        raise web.HTTPNotFound
    return web.Response(text=node_text(spec), content_type="text/markdown")


async def _english(request: web.Request) -> web.Response:
    """Titles and texts of nodes, where older pages have words of their own for the same names."""
    registry = (await request.app[PARTS].catalogue.soon()).registry
    own = (each.spec for each in registry if each.spec.module.startswith("paintgraph."))
    texts = {
        spec.id: {
            "display_name": spec.title,
            "description": _verbatim(described(spec)),
            "inputs": {
                declared.name: {"tooltip": _verbatim(declared.about)}
                for declared in spec.inputs
                if declared.about and "." not in declared.name
            },
        }
        for spec in own
        if known(spec.id)
    }
    return json_response({"en": {"nodeDefs": texts}})


def _verbatim(text: str) -> str:
    """A text for the page's translations, in which some characters are signs."""
    return _SIGNS.sub(lambda found: f"{{'{found[0]}'}}", text)


async def _templates(request: web.Request) -> web.Response:
    """The recipes, those first that people come for."""
    catalogue = request.app[PARTS].catalogue.known()
    names = sorted(catalogue.sound_recipes(), key=lambda name: (_place(name), name))
    return json_response({_PACK: names})


async def _no_templates(_: web.Request) -> web.Response:
    """The lists of the makers' templates, for models that are not here."""
    return json_response([])


async def _none_yet(_: web.Request) -> web.Response:
    """The files of a folder, or the pieces of graphs, that a user never kept."""
    return json_response([])


async def _no_marks(_: web.Request) -> web.Response:
    """Which workflows a user marked."""
    return json_response({"bookmarks": []})


async def _no_style(_: web.Request) -> web.Response:
    """A style sheet that old versions of the page let users write."""
    return web.Response(text="", content_type="text/css")


def _or(read: Handler, nothing: Handler, *codes: str) -> Handler:
    """A file of the user's, or what stands for one that is not there; or fails with such a code.

    A style sheet is asked for by a tag, which names no user.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await read(request)
        except ApiError as error:
            if error.code not in ("no_such_file", *codes):
                raise
            return await nothing(request)

    return answer


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


async def _template(request: web.Request) -> web.Response:
    """A recipe as a graph that runs at once."""
    return json_response(await asyncio.to_thread(_workflow, request))


async def _picture(request: web.Request) -> web.Response:
    """The graph of a recipe, drawn small."""

    def drawn() -> bytes:
        from paintgraph.api.editor.thumbnails import thumbnail

        return thumbnail(_workflow(request), _WEB / Path(PHOTO).name)

    body = await asyncio.to_thread(drawn)
    headers = {"Content-Type": "image/jpeg", "Cache-Control": "no-cache"}
    return web.Response(body=body, headers=headers)


def _workflow(request: web.Request) -> dict[str, Any]:
    catalogue = request.app[PARTS].catalogue.known()
    try:
        recipe = catalogue.recipe(request.match_info["name"])
    except GraphError:
        recipe = None
    if recipe is None:
        raise web.HTTPNotFound
    return write_editor(opened(recipe, catalogue.registry), catalogue.registry)


async def _settings(request: web.Request) -> web.Response:
    """The user's settings, and ours for what the user never set."""
    return json_response({**_SETTINGS, **await settings_of(request)})
