"""What answers of both APIs are made of: what a job saved, its addresses, and the headers."""

import asyncio
import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from paintgraph.api.fooocus.pictures import OUTPUTS
from paintgraph.api.guards.security import file_headers
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.transcoding import transcoded
from paintgraph.jobs.store.job import Job

REQUEST = "fooocus"
"""Under this name a job's request holds what its client sent."""

JOB, WARNING, ERROR = "X-Paintgraph-Job", "X-Paintgraph-Warning", "X-Paintgraph-Error"
DETECTIONS = "X-Paintgraph-Detections"
NEARLY = 99
"""Per cent; all of it is done once the job has ended."""

_MOST_HEADERS = 20
_LONGEST_HEADER = 1000
_MOST_FACTS = 1000
_MILLISECONDS = 1000
_NEVER = -1

HEADERS = {name: {"type": "string"} for name in (JOB, WARNING, ERROR)}
"""Headers of answers, as the documentation has them."""


def base_of(request: web.Request) -> str:
    """How the addresses that a client is given begin."""
    chosen = request.app[PARTS].fooocus.base_url
    return chosen.rstrip("/") or f"{request.scheme}://{request.host}"


def sent_with(parts: ServerParts, job: Job) -> dict[str, Any]:
    """What the client of a job sent, as it is kept."""
    request = orjson.loads(parts.store.document(job.id, "request") or b"{}")
    sent: dict[str, Any] = request.get(REQUEST, {})
    return sent


def saved(parts: ServerParts, job: Job) -> dict[int, Mapping[str, Any]]:
    """The files that a job has saved so far, by the place of their picture, from 1, in order."""
    files: dict[int, Mapping[str, Any]] = {}
    last = 0
    while facts := parts.store.facts(job, last, _MOST_FACTS):
        for _, fact in facts:
            if fact["type"] == "executed":
                files |= {_place(fact["node"]): file for file in fact.get("files", ())}
        last = facts[-1][0]
    if not files:  # the events may be older than they are kept
        files = {_place(node): value[0] for node, value in job.outputs.items() if _is_saved(value)}
    return {place: files[place] for place in sorted(files)}


def _place(node: str) -> int:
    """Which picture a node of the recipe saves, from 1."""
    return int(node.partition("saved_")[2] or 1)


def _is_saved(value: object) -> bool:
    return isinstance(value, list) and bool(value) and "file" in value[0]


def address_of(
    parts: ServerParts, file: Mapping[str, Any], base: str, folder: str = OUTPUTS
) -> str:
    """Where a saved file can be fetched by a plain GET."""
    return base + parts.addresses.open(folder + quote(str(file["file"])))


def encoded(parts: ServerParts, file: Mapping[str, Any]) -> str | None:
    """A saved file in base64, if it is still there."""
    found = parts.pictures.get(str(file["digest"]))
    return base64.b64encode(found[1]).decode("ascii") if found else None


async def picture_response(
    parts: ServerParts, job: Job, file: Mapping[str, Any], media_type: str
) -> web.Response | None:
    """A saved file in the format of a media type, as an answer; None if it is no longer there."""
    found = await asyncio.to_thread(parts.pictures.get, str(file["digest"]))
    if found is None:
        return None
    data = await transcoded(found[1], media_type, parts.transcoding, parts.pictures.max_pixels)
    plain = media_type.replace("jpg", "jpeg")
    name = f"{job.id}.{plain.removeprefix('image/')}"
    return web.Response(body=data, headers=file_headers(plain, name))


def milliseconds(seconds: float | None) -> int:
    """A time in seconds since 1970 as clients read it; -1 for never."""
    return _NEVER if seconds is None else int(seconds * _MILLISECONDS)


def add_headers(response: web.StreamResponse, parts: ServerParts, job: Job) -> None:
    """Name the job, its warnings and errors in headers: the original's answers have no field."""
    response.headers[JOB] = job.id
    hide = parts.serializer.hide
    add_header(response, WARNING, map(hide, job.warnings))
    add_header(response, ERROR, (hide(str(problem["message"])) for problem in job.problems))


def add_header(response: web.StreamResponse, name: str, texts: Iterable[str]) -> None:
    """Add one header for each text, as far as headers can carry it."""
    for text in list(texts)[:_MOST_HEADERS]:
        plain = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
        printable = "".join(letter for letter in plain if letter.isprintable())
        response.headers.add(name, printable[:_LONGEST_HEADER])
