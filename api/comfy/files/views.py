"""Files of prompts are fetched by kind of place, folder and name; pictures in parts or smaller."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from paintgraph.api.comfy.files.places import named_file, unmarked
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import bad_parameter
from paintgraph.api.services.parts import PARTS
from paintgraph.base.file_kinds import KINDS, Format
from paintgraph.base.words import shorten
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.imaging.errors import PictureError

ROUTES = web.RouteTableDef()
_CHANNELS = ("rgba", "rgb", "a")
_PREVIEWS: Mapping[str, Format] = {"webp": "WEBP", "jpeg": "JPEG"}
_QUALITY = 90
_UNKNOWN = "application/octet-stream"
_TYPES = {suffix: kind.media_type for kind in KINDS.values() for suffix in kind.suffixes}


@ROUTES.get("/view")
async def view(request: web.Request) -> web.StreamResponse:
    """A file as it is; of a picture one channel group as PNG, or a preview, if asked for."""
    channel = request.query.get("channel", "rgba")
    if channel not in _CHANNELS:
        raise bad_parameter("channel", channel, f"are {', '.join(_CHANNELS)}")
    preview = _preview(request.query.get("preview"))
    media_type, path = await asyncio.to_thread(_found, request)
    if preview is None and channel == "rgba":
        return web.FileResponse(path, headers=_headers(media_type, path.name))
    form, quality = preview or ("PNG", _QUALITY)
    parts = request.app[PARTS]
    most = parts.pictures.max_pixels
    async with parts.transcoding:
        body = await asyncio.to_thread(_encoded, path, channel, form, quality, most)
    return web.Response(body=body, headers=_headers(KINDS[form].media_type, path.name))


def _found(request: web.Request) -> tuple[str, Path]:
    """The type and the place of a file, or of the picture whose digest stands for its name."""
    name = request.query.get("filename", "")
    if name.startswith(PREFIX):
        found = request.app[PARTS].pictures.file(name)
    else:
        path = _path(request)
        found = (_TYPES.get(path.suffix.lower(), _UNKNOWN), path) if path else None
    if found is None:
        raise ApiError(404, "no_such_file", f"there is no file '{shorten(name)}' here.")
    return found


def _path(request: web.Request) -> Path | None:
    """The file that is asked for; raises ApiError for what leads elsewhere."""
    query = request.query
    name, kind = unmarked(query.get("filename", ""), query.get("type", "output"))
    if not name.strip() or name in (".", ".."):
        raise ApiError(400, "no_name", "the parameter 'filename' names no file. Name one.")
    return named_file(request, kind, query.get("subfolder", ""), name)


def _preview(asked: str | None) -> tuple[Format, int] | None:
    """Format and quality of a preview: "webp;90"; another format is WebP, as for ComfyUI."""
    if not asked:
        return None
    name, _, quality = asked.partition(";")
    is_short = quality.isascii() and quality.isdigit() and len(quality) <= len("100")
    is_quality = is_short and 0 < int(quality) <= 100
    return _PREVIEWS.get(name, "WEBP"), int(quality) if is_quality else _QUALITY


def _headers(media_type: str, name: str) -> dict[str, str]:
    """Headers of a file: its own name in any case; pictures are shown, all else is downloaded."""
    headers = file_headers(media_type, name)
    if headers["Content-Disposition"] == "inline":
        plain = "".join(c for c in name if c.isascii() and c.isprintable() and c not in '"\\%')
        named = f'filename="{plain}"'
        if plain != name:
            named += f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
        headers["Content-Disposition"] = f"inline; {named}"
    return {**headers, "Cache-Control": "private, no-cache"}


def _encoded(path: Path, channel: str, form: Format, quality: int, max_pixels: int) -> bytes:
    """A picture, or some of its channels, in a format."""
    import numpy as np

    from paintgraph.imaging.alpha import on_white
    from paintgraph.imaging.files.decode import decode
    from paintgraph.imaging.files.encode import encode

    try:
        image = decode(path.read_bytes(), max_pixels=max_pixels).image
        if channel == "a":
            alpha = image[..., 3:] if image.shape[3] == 4 else np.ones_like(image[..., :1])
            image = np.concatenate((np.zeros_like(image[..., :3]), alpha), axis=3)
        elif channel == "rgb":
            image = np.ascontiguousarray(image[..., :3])
        if form == "JPEG":
            image = on_white(image)
        return encode(image, format=form, quality=quality)
    except PictureError as error:
        raise ApiError(400, error.code, f"the picture cannot be read: {error.message}") from error
