"""Files of results, and pictures that clients sent, by the addresses that clients were given."""

import asyncio
import re

from aiohttp import web

from paintgraph.api.app_keys import PICTURES
from paintgraph.api.fooocus.pictures import SUFFIXES, output_bytes
from paintgraph.api.fooocus.rules import RULES
from paintgraph.api.fooocus.transcoding import FORMATS, transcoded
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.errors import ApiError
from paintgraph.api.pictures import media_type_of
from paintgraph.engine.execution.blobs import PREFIX

_INPUT = re.compile(r"([0-9a-f]{64})\.(\w{3,4})", re.ASCII)


async def output(request: web.Request) -> web.Response:
    """Give the file of a result, in the format that `Accept` names first."""
    name = f"{request.match_info['date']}/{request.match_info['file']}"
    data = await asyncio.to_thread(output_bytes, request.app[RULES].outputs, name)
    return await _answer(request, data, request.match_info["file"])


async def given(request: web.Request) -> web.Response:
    """Give a picture that a client sent, in the format that `Accept` names first."""
    found = _INPUT.fullmatch(request.match_info["file"])
    kept = None
    if found and f".{found[2]}" in SUFFIXES:
        kept = await asyncio.to_thread(request.app[PICTURES].get, PREFIX + found[1])
    return await _answer(request, kept[1] if kept else None, request.match_info["file"])


async def _answer(request: web.Request, data: bytes | None, name: str) -> web.Response:
    media_type = media_type_of(data) if data is not None else None
    if data is None or media_type is None:
        raise ApiError(
            404, "unknown_picture", "there is no picture at this address. Check the address."
        )
    wanted = request.headers.get("Accept", "").split(",")[0].partition(";")[0].strip().lower()
    if wanted not in FORMATS:
        wanted = media_type if media_type in FORMATS else "image/png"
    try:
        data = await transcoded(data, wanted, request.app[RULES].turns)
    except (OSError, ValueError, SyntaxError) as error:
        raise ApiError(
            422, "damaged_picture", "the picture is damaged. Send or make it again."
        ) from error
    headers = file_headers(wanted.replace("jpg", "jpeg"), name)
    return web.Response(body=data, headers={**headers, "Vary": "Accept"})
