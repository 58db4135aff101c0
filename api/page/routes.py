"""The page at the server's entrance: ES modules as they are written, shut in to this server.

The page uses the documented API alone; nothing that it needs is served beside it.
"""

from pathlib import Path

from aiohttp import web

from paintgraph.api.http.static_files import INDEX, sender

ENTRANCE = "/"
PREFIX = "/page/"
_WEB = Path(__file__).parent / "web"
_EXAMPLE = Path(__file__).parents[1] / "editor" / "web" / "rocket.jpg"
"""A photo for visitors that have none at hand; the editor opens with it, too."""

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "worker-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}


def add_page(app: web.Application) -> None:
    """Serve the page at the entrance, and what it is made of under PREFIX."""
    files = {path.relative_to(_WEB).as_posix(): path for path in _WEB.rglob("*.*")}
    files["example.jpg"] = _EXAMPLE
    index = {INDEX: files.pop(INDEX)}
    app.router.add_get(ENTRANCE, sender(index, PREFIX, _headers))
    app.router.add_get(PREFIX + "{path:.+}", sender(files, PREFIX, _headers))


def _headers(_: web.Request, __: str) -> dict[str, str]:
    return _HEADERS
