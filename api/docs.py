"""The documentation in a browser: Swagger UI from a package, so that nothing comes from outside."""

import asyncio
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

_FILES: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
PATHS = frozenset({"/", "/docs", "/docs/start.js", *(f"/docs/{name}" for name in _FILES)})
"""Pages that need no key: a browser cannot send one with an address. They tell no secret."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>paintgraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
});
"""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-cache",
}


async def page(_: web.Request) -> web.Response:
    """Show the page."""
    return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)


async def script(_: web.Request) -> web.Response:
    """Give the script that starts Swagger UI; a file, as inline scripts are not allowed."""
    return web.Response(text=_START, content_type="text/javascript", headers=_HEADERS)


async def file(request: web.Request) -> web.Response:
    """Give a file of Swagger UI."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    body = await asyncio.to_thread(_content, name)
    return web.Response(body=body, content_type=_FILES[name], charset="utf-8", headers=_HEADERS)


async def entrance(_: web.Request) -> web.Response:
    """Lead to the page."""
    return web.Response(status=302, headers={"Location": "/docs"})


@cache
def _content(name: str) -> bytes:
    """A file of the package, found without importing it."""
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise web.HTTPNotFound
    return (Path(spec.origin).parent / "static" / name).read_bytes()


def add_docs(app: web.Application) -> None:
    """Serve the pages for people; they are no part of the API."""
    app.router.add_get("/", entrance)
    app.router.add_get("/docs", page)
    app.router.add_get("/docs/start.js", script)
    app.router.add_get("/docs/{name}", file)
