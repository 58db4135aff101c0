"""The files of a page over HTTP: packed once, known by their content, kept by browsers."""

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from mimetypes import guess_type
from pathlib import Path, PurePosixPath

from aiohttp import web
from aiohttp.typedefs import Handler

INDEX = "index.html"
_PACKED = frozenset({".css", ".html", ".js", ".json", ".svg", ".ttf", ".txt", ".wasm"})
_LEVEL = 6
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2"}

Headers = Callable[[web.Request, str], Mapping[str, str]]
"""What a page says of a file of its, by the request and the file's name."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A file as it is sent."""

    plain: bytes
    packed: bytes | None
    digest: str


def sender(files: Mapping[str, Path], prefix: str, headers: Headers) -> Handler:
    """Answers with the files of a page, by the rest of a path behind `prefix`; no rest: INDEX.

    Only these files are served, so no request can lead anywhere else.
    """
    content_of = cache(_read)  # what a page loads is packed once

    async def send(request: web.Request) -> web.Response:
        name = request.path.removeprefix(prefix).removeprefix("/") or INDEX
        path = files.get(name)
        if path is None:
            raise web.HTTPNotFound
        content = await asyncio.to_thread(content_of, path)
        body, tag = content.plain, content.digest
        known = {**_headers(name, content), **headers(request, name)}
        if content.packed is not None and _takes_gzip(request):
            body, tag = content.packed, f"{content.digest}-gzip"  # other bytes, another tag
            known["Content-Encoding"] = "gzip"
        known["ETag"] = f'"{tag}"'
        if any(each.value in (tag, "*") for each in request.if_none_match or ()):
            known.pop("Content-Encoding", None)
            return web.Response(status=304, headers=known)
        return web.Response(body=body, headers=known)

    return send


def _takes_gzip(request: web.Request) -> bool:
    header = request.headers.get("Accept-Encoding", "").replace(" ", "").lower()
    codings = [each.partition(";q=") for each in header.split(",")]
    return any(name == "gzip" and (not has or weight.strip("0.")) for name, has, weight in codings)


def _read(path: Path) -> _Content:
    plain = path.read_bytes()
    packed = gzip.compress(plain, _LEVEL, mtime=0) if path.suffix in _PACKED else None
    return _Content(plain, packed, hashlib.sha256(plain).hexdigest()[:32])


def _headers(name: str, content: _Content) -> dict[str, str]:
    suffix = PurePosixPath(name).suffix
    media_type = _TYPES.get(suffix) or guess_type(name)[0] or "application/octet-stream"
    is_text = media_type.startswith("text/")
    headers = {"Content-Type": f"{media_type}; charset=utf-8" if is_text else media_type}
    return headers if content.packed is None else headers | {"Vary": "Accept-Encoding"}
