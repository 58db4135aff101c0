"""The page under its path, with all that it asks for there."""

from aiohttp import web

from paintgraph.api.comfy.routes import add_routes_under
from paintgraph.api.editor.files import PREFIX, add_page
from paintgraph.api.editor.ours import additions, lay_out_examples
from paintgraph.api.editor.page import Page


def add_editor(app: web.Application, page: Page) -> None:
    """Serve a page, our additions to it, and the protocol that it speaks."""
    for path, handler in additions():
        app.router.add_get(path, handler)
    add_routes_under(app, PREFIX.rstrip("/"))
    add_page(app, page)
    app.on_startup.append(lay_out_examples)
