"""The page's files over HTTP: packed once, kept by browsers, and shut in.

The page's security policy lets it talk to this server alone: as it comes it reports errors, and
the names of unknown nodes, to hosts of its makers.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from mimetypes import guess_type
from pathlib import Path, PurePosixPath

from aiohttp import web

from paintgraph.api.editor.page import Page

PREFIX = "/editor/"
SIGNS = "/assets/{path:favicon.ico|images/.*}"
_INDEX = "index.html"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_PACKED = frozenset({".css", ".html", ".js", ".json", ".svg", ".ttf", ".txt", ".wasm"})
_LEVEL = 6
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2"}

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:{sockets}; worker-src 'self' blob:; "
    "frame-src 'none'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)


@dataclass(frozen=True, slots=True)
class _Content:
    """A file as it is sent."""

    plain: bytes
    packed: bytes | None
    tag: str


def add_page(app: web.Application, page: Page) -> None:
    """Serve the page under PREFIX, where nothing else is served by then."""
    send = _handler(page)
    app.router.add_get(PREFIX.rstrip("/"), _to_folder)
    app.router.add_get(PREFIX + "{path:.*}", send)
    # The page asks for the signs of its tab, which tell how far a run is, by these addresses.
    app.router.add_get(SIGNS, send)


async def _to_folder(_: web.Request) -> web.Response:
    """The page makes its addresses from that of its folder, which ends with a slash."""
    raise web.HTTPPermanentRedirect(PREFIX)


def _handler(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    content_of = cache(_read)  # packed once; what a page loads takes about 6 MB

    async def send(request: web.Request) -> web.Response:
        name = request.path.removeprefix(PREFIX).removeprefix("/") or _INDEX
        path = page.files.get(name)
        if path is None:
            raise web.HTTPNotFound
        content = await asyncio.to_thread(content_of, path)
        headers = _headers(request, name, content)
        if request.headers.get("If-None-Match") == content.tag:
            return web.Response(status=304, headers=headers)
        body = content.plain
        if content.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = content.packed
        return web.Response(body=body, headers=headers)

    return send


def _read(path: Path) -> _Content:
    plain = path.read_bytes()
    packed = gzip.compress(plain, _LEVEL, mtime=0) if path.suffix in _PACKED else None
    tag = hashlib.sha256(plain).hexdigest()[:32]
    return _Content(plain, packed, f'"{tag}"')


def _headers(request: web.Request, name: str, content: _Content) -> dict[str, str]:
    suffix = PurePosixPath(name).suffix
    media_type = _TYPES.get(suffix) or guess_type(name)[0] or "application/octet-stream"
    is_text = media_type.startswith("text/")
    scheme = "wss" if request.scheme == "https" else "ws"
    # Older browsers do not take 'self' for sockets, too. The host was checked before.
    sockets = f" {scheme}://{request.host}" if request.host else ""
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8" if is_text else media_type,
        "Cache-Control": _FOR_EVER if name.startswith("assets/") else _ASK_FIRST,
        "Content-Security-Policy": _POLICY.format(sockets=sockets),
        "ETag": content.tag,
        "X-Frame-Options": "SAMEORIGIN",
    }
    return headers if content.packed is None else headers | {"Vary": "Accept-Encoding"}
