"""What handlers read of a request: bodies of the types that they take, and parameters."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.app_keys import MAX_BODY_BYTES
from paintgraph.api.http.deadlines import read_body
from paintgraph.api.http.errors import ApiError
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.errors import GraphError

JSON = "application/json"
YAML = ("application/yaml", "application/x-yaml", "text/yaml")
MULTIPART = "multipart/form-data"
MOST_WAIT_SECONDS = 600
MOST_JOBS = 200
_SMALL_BYTES = 1 << 14  # read in less time than a thread takes to begin
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,20})?(?:e-\d{1,3})?", re.ASCII)


def json_response(answer: object, status: int = 200, **headers: str) -> web.Response:
    """An answer in JSON; underscores in names of headers become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(body=orjson.dumps(answer), status=status, content_type=JSON, headers=named)


async def body_of(request: web.Request) -> bytes:
    """The whole body, within the limits of size and time."""
    return await read_body(request, request.app[MAX_BODY_BYTES])


def _whole_json(text: bytes) -> Document:
    return read_json(text, max_bytes=len(text))  # the body's own limit holds


_READERS = {True: read_yaml, False: _whole_json}


async def document_of(request: web.Request, types: Sequence[str]) -> Document:
    """The tree of a body in JSON or YAML; raises GraphError if it cannot be read."""
    require_type(request, types)
    body = await body_of(request)
    try:
        read = _READERS[request.content_type in YAML]
        if len(body) <= _SMALL_BYTES:
            return read(body)
        return await asyncio.to_thread(read, body)
    except TextError as error:
        raise unreadable(error) from error


def unreadable(error: TextError) -> GraphError:
    """The error of a text that is refused."""
    return GraphError([Problem(error.code, error.message, place=error.place)])


def require_type(request: web.Request, types: Sequence[str]) -> None:
    """Raise ApiError unless the body is of one of these types."""
    if request.content_type in types:
        return
    raise ApiError(
        415,
        "unsupported_media_type",
        f"the content type is '{request.content_type[:80]}'; allowed are {', '.join(types)}. "
        "Send the header 'Content-Type'.",
    )


def wait_seconds(request: web.Request) -> float:
    """How long the client waits for the end of a job."""
    text = request.query.get("wait", "0")
    if not _NUMBER.fullmatch(text) or float(text) > MOST_WAIT_SECONDS:
        raise bad_parameter("wait", text, f"are 0 to {MOST_WAIT_SECONDS} seconds")
    return float(text)


def whole_number(request: web.Request, name: str, default: int, most: int) -> int:
    """A parameter that is a whole number from 1 on."""
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 18 or not 1 <= int(text) <= most:
        raise bad_parameter(name, text, f"are whole numbers from 1 to {most}")
    return int(text)


def idempotency_key(request: web.Request) -> str | None:
    """What the client calls this request, so that a repetition is known as one."""
    key = request.headers.get("Idempotency-Key")
    if key is None or _KEY.fullmatch(key):
        return key
    raise ApiError(
        400,
        "bad_idempotency_key",
        "the header 'Idempotency-Key' is empty, too long or holds what headers cannot carry; "
        "allowed are up to 255 visible ASCII characters. Send a UUID.",
    )


def bad_parameter(name: str, text: str, allowed: str) -> ApiError:
    """The error of a parameter that cannot be read."""
    shown: Any = text if len(text) <= 40 else f"{text[:40]}..."
    return ApiError(
        400, "bad_parameter", f"the parameter '{name}' is '{shown}'; allowed {allowed}. Change it."
    )
