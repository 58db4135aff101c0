"""The page's files over HTTP, shut in.

The page's security policy lets it talk to this server alone: as it comes it reports errors, and
the names of unknown nodes, to hosts of its makers.
"""

from aiohttp import web

from paintgraph.api.editor.page import Page
from paintgraph.api.http.static_files import sender

PREFIX = "/editor/"
SIGNS = "/assets/{path:favicon.ico|images/.*}"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:{sockets}; worker-src 'self' blob:; "
    "frame-src 'none'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)


def add_page(app: web.Application, page: Page) -> None:
    """Serve the page under PREFIX, where nothing else is served by then."""
    send = sender(page.files, PREFIX, _headers)
    app.router.add_get(PREFIX.rstrip("/"), _to_folder)
    app.router.add_get(PREFIX + "{path:.*}", send)
    # The page asks for the signs of its tab, which tell how far a run is, by these addresses.
    app.router.add_get(SIGNS, send)


async def _to_folder(_: web.Request) -> web.Response:
    """The page makes its addresses from that of its folder, which ends with a slash."""
    raise web.HTTPPermanentRedirect(PREFIX)


def _headers(request: web.Request, name: str) -> dict[str, str]:
    scheme = "wss" if request.scheme == "https" else "ws"
    # Older browsers do not take 'self' for sockets, too. The host was checked before.
    sockets = f" {scheme}://{request.host}" if request.host else ""
    return {
        "Cache-Control": _FOR_EVER if name.startswith("assets/") else _ASK_FIRST,
        "Content-Security-Policy": _POLICY.format(sockets=sockets),
        "X-Frame-Options": "SAMEORIGIN",
    }
