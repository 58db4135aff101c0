"""Pictures that clients send, by address or in a request, and files that they fetch."""

import asyncio
import re

from aiohttp import web
from yarl import URL

from paintgraph.api.fooocus.field_errors import Fault, FieldsError, fault
from paintgraph.api.guards.origins import Authority, host_of, parse_authority
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.routes import Answer, Routes
from paintgraph.api.services.owning import may_read
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.pictures import IMAGES_URL, Pictures, digest_of
from paintgraph.api.services.transcoding import FORMATS, IMAGES, accepted_type, transcoded
from paintgraph.base.file_kinds import KINDS, media_type_of
from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.imaging.errors import PictureError
from paintgraph.jobs.sources.fetching import fetch
from paintgraph.jobs.sources.inline import is_inline, read_inline

INPUTS = "/inputs/"
OUTPUTS = "/outputs/"
FILES = "/files/"
"""What Fooocus-API calls the outputs."""

_SUFFIXES = frozenset(suffix for form in FORMATS.values() for suffix in KINDS[form].suffixes)
ROUTES = Routes("fooocus")
_WEB = ("http://", "https://")
_SECONDS = 20.0
_NAME = re.compile(r"([0-9a-f]{64})\.(\w{3,4})", re.ASCII)
_INPUT = re.compile(rf"{INPUTS}([0-9a-f]{{64}})\.\w+", re.ASCII)


async def pictures_of(request: web.Request, sent: dict[str, str]) -> dict[str, str]:
    """The digest of each field's picture; raises FieldsError with all that cannot be had."""
    found = await asyncio.gather(*(_had(request, *each) for each in sent.items()))
    faults = [each for each in found if not isinstance(each, str)]
    if faults:
        raise FieldsError(faults)
    return {name: each for name, each in zip(sent, found, strict=True) if isinstance(each, str)}


async def _had(request: web.Request, field: str, text: str) -> str | Fault:
    parts = request.app[PARTS]
    pictures = parts.pictures
    try:
        if not text.lower().startswith(_WEB):
            return await asyncio.to_thread(_inside, pictures, text)
        own = own_path(request, text)
        if own is not None:
            return await asyncio.to_thread(_own, request, own)
        data = await fetch(
            text,
            max_bytes=parts.rules.max_bytes,
            deadline_seconds=_SECONDS,
            allow_private=parts.rules.allow_private,
        )
        return (await asyncio.to_thread(pictures.put, data)).digest
    except BindError as error:
        return fault(error.code, field, str(error), text)


def _inside(pictures: Pictures, text: str) -> str:
    """A picture that the request carries, or one that was carried before, by its digest."""
    known = digest_of(text) if text.startswith(PREFIX) else None
    if known and pictures.describe(known):
        return known
    try:
        data = read_inline(text)
    except BindError as error:
        if is_inline(text):
            raise
        message = f"'{shorten(text)}' is neither an address nor base64 of a picture. Send one."
        raise BindError(message, code="not_a_picture") from error
    return pictures.put(data).digest


def own_path(request: web.Request, address: str) -> str | None:
    """The path of an address of this very server, which is not asked over the network; else None.

    A server that waits for itself would wait for ever once all its hands are busy.
    """
    try:
        url = URL(address)
        asked = parse_authority(f"{url.raw_host}:{url.port}")
    except ValueError:
        return None
    if asked is None:
        return None
    port = _port(request)
    here = host_of(request.headers.getall("Host", ()))
    own = {Authority(here.name, here.port_for(request.scheme))}
    base = URL(request.app[PARTS].fooocus.base_url)
    if base.raw_host and base.port:
        own.add(Authority(base.raw_host.lower(), base.port))
    return url.path if asked in own or (asked.is_loopback and asked.port == port) else None


def _port(request: web.Request) -> int | None:
    """The port that the server listens at."""
    socket_name = request.transport.get_extra_info("sockname") if request.transport else None
    return socket_name[1] if isinstance(socket_name, tuple) else None


def _own(request: web.Request, path: str) -> str:
    """The digest of a picture that this server shows under a path."""
    pictures = request.app[PARTS].pictures
    digest = digest_of(path.removeprefix(IMAGES_URL)) if path.startswith(IMAGES_URL) else None
    if found := _INPUT.fullmatch(path):
        digest = PREFIX + found[1]
    if digest and pictures.describe(digest):
        return digest
    folder = next((folder for folder in (OUTPUTS, FILES) if path.startswith(folder)), None)
    data = output_bytes(request, path.removeprefix(folder)) if folder else None
    if data is not None:
        return pictures.put(data).digest
    raise BindError(
        f"there is no picture at '{shorten(path)}' on this server. Check the address.",
        code="no_such_picture",
    )


def output_bytes(request: web.Request, name: str) -> bytes | None:
    """What a file of a client's result holds; None if there is none, or it leads elsewhere."""
    root = request.app[PARTS].folders.outputs.resolve()
    try:
        path = (root / name).resolve()
        is_shown = path.is_relative_to(root) and path.suffix.lower() in _SUFFIXES
        inner = path.relative_to(root).as_posix() if is_shown else ""
        if not is_shown or not may_read(request, "output", inner):
            return None
        file = request.app[PARTS].files.storage.destinations["output"].file(inner)
        return file.read_bytes() if file else None
    except (OSError, RuntimeError, ValueError):
        return None


@ROUTES.add("GET", "/outputs/{date}/{file}", {200: Answer("The picture.", IMAGES)}, (404, 422))
async def output(request: web.Request) -> web.Response:
    """Give the file of a result, in the format that `Accept` names first."""
    name = f"{request.match_info['date']}/{request.match_info['file']}"
    data = await asyncio.to_thread(output_bytes, request, name)
    return await _answer(request, data, request.match_info["file"])


@ROUTES.add("GET", "/inputs/{file}", {200: Answer("The picture.", IMAGES)}, (404, 422))
async def sent_picture(request: web.Request) -> web.Response:
    """Give a picture that a client sent, in the format that `Accept` names first."""
    found = _NAME.fullmatch(request.match_info["file"])
    kept = None
    if found and f".{found[2]}" in _SUFFIXES:
        kept = await asyncio.to_thread(request.app[PARTS].pictures.get, PREFIX + found[1])
    return await _answer(request, kept[1] if kept else None, request.match_info["file"])


async def _answer(request: web.Request, data: bytes | None, name: str) -> web.Response:
    media_type = media_type_of(data) if data is not None else None
    if data is None or media_type is None:
        raise ApiError(
            404, "unknown_picture", "there is no picture at this address. Check the address."
        )
    wanted = accepted_type(request) or (media_type if media_type in FORMATS else "image/png")
    try:
        parts = request.app[PARTS]
        data = await transcoded(data, wanted, parts.transcoding, parts.pictures.max_pixels)
    except PictureError as error:
        raise ApiError(
            422, "damaged_picture", "the picture is damaged. Send or make it again."
        ) from error
    headers = file_headers(wanted.replace("jpg", "jpeg"), name)
    return web.Response(body=data, headers={**headers, "Vary": "Accept"})
