"""What handlers read of a request: bodies of the types that they take, and parameters."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar, TypeVarTuple

import orjson
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.received import Body, hold_of
from paintgraph.api.http.routes import parameter
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.base.words import shorten
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.carried import carried
from paintgraph.engine.graph.formats.reading import read_document, read_json_document

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
JSON = "application/json"
YAML = ("application/yaml", "application/x-yaml", "text/yaml")
PICTURES = ("image/png", "image/webp")
"""They may carry the graph that made them."""

MULTIPART = "multipart/form-data"
MOST_WAIT_SECONDS = 600
MAX_BYTES = 100 << 20
"""How large a body may be, if nobody says otherwise."""

_MOST_PARTS = 64
_CHUNK = 1 << 18
_DAMAGES = (ValueError, AssertionError, LookupError, HttpProcessingError, web.HTTPBadRequest)
"""What aiohttp says to forms that it cannot read."""

_SMALL_BYTES = 4096
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,20})?(?:e-\d{1,3})?", re.ASCII)


def json_response(answer: object, status: int = 200, **headers: str) -> web.Response:
    """An answer in JSON; underscores in names of headers become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(body=orjson.dumps(answer), status=status, content_type=JSON, headers=named)


async def read_body(request: web.Request, max_bytes: int = MAX_BYTES) -> bytes:
    """The whole body; raises ApiError if it is longer than allowed."""
    length, came = request.content_length or 0, 0
    body = hold_of(request).body()
    while max(length, came) <= max_bytes:
        chunk = await request.content.readany()
        if not chunk:
            return await body.whole()
        await body.add(chunk)
        came += len(chunk)
    raise ApiError(
        413,
        "too_large",
        f"the body has more than {max_bytes} bytes, which is all that is allowed. Send less.",
    )


async def body_of(request: web.Request) -> bytes:
    """The whole body; raises ApiError if it is longer than the server allows.

    How long it may take is for `guards.deadlines`.
    """
    return await read_body(request, request.client_max_size)


def _whole_json(text: bytes) -> Document:
    return read_json_document(text, max_bytes=len(text))  # the body's own limit holds


def _carried(picture: bytes) -> Document:
    return read_document(carried(BytesIO(picture)))


async def document_of(
    request: web.Request, types: Sequence[str], use: Callable[[Document], Result]
) -> Result:
    """What `use` makes of the tree of a body in JSON or YAML, or of that in a picture.

    Raises ApiError for a body of another type, GraphError for one that cannot be read. A large
    body is read and used in a thread.
    """
    require_type(request, types)
    body = await body_of(request)
    read = _READERS.get(request.content_type, _whole_json)

    def act() -> Result:
        try:
            document = read(body)
        except TextError as error:
            raise unreadable(error) from error
        return use(document)

    return await offload(act, is_small=has_small_body(request))


_READERS: Mapping[str, Callable[[bytes], Document]] = {
    **dict.fromkeys(YAML, read_yaml),
    **dict.fromkeys(PICTURES, _carried),
}


def has_small_body(request: web.Request) -> bool:
    """Whether a body is read and its graph checked in about a millisecond."""
    return 0 < (request.content_length or 0) <= _SMALL_BYTES


async def offload(
    function: Callable[[*Arguments], Result], *args: *Arguments, is_small: bool
) -> Result:
    """What a function gives, called in a thread unless its work is small."""
    return function(*args) if is_small else await asyncio.to_thread(function, *args)


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
        f"the content type is '{shorten(request.content_type)}'; allowed are {', '.join(types)}. "
        "Send the header 'Content-Type'.",
    )


WAIT = parameter(
    "query",
    "wait",
    "Answer once the job has ended, or after so many seconds.",
    {"type": "number", "minimum": 0, "maximum": MOST_WAIT_SECONDS, "default": 0},
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


IDEMPOTENCY_KEY = parameter(
    "header",
    "Idempotency-Key",
    "The same key and request give the same job, however often they are sent.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
)


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
    message = f"the parameter '{name}' is '{shorten(text, 40)}'; allowed {allowed}. Change it."
    return ApiError(400, "bad_parameter", message)


@dataclass(frozen=True, slots=True)
class Part:
    """One named part; `is_file` if it was sent as a file, which mostly has a name of its own."""

    name: str
    data: bytes
    is_file: bool
    file_name: str = ""

    def text(self) -> str:
        """What it says; raises ApiError if it is no text."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            raise ApiError(
                400,
                "bad_form",
                f"the part '{shorten(self.name)}' is no text in UTF-8; allowed are texts, and "
                "files with a file name. Give the file a name.",
            ) from error


async def parts_of(request: web.Request) -> list[Part]:
    """All parts of a form; raises ApiError if it is damaged, too large or has nameless parts."""
    hold = hold_of(request)
    came: list[tuple[BodyPartReader, Body]] = []
    left = request.client_max_size
    try:
        async for reader in await request.multipart():
            if not isinstance(reader, BodyPartReader) or not reader.name:
                raise _damaged("a part has no name")
            if len(came) == _MOST_PARTS:
                raise _damaged(f"it has more than {_MOST_PARTS} parts")
            body = hold.body()
            left -= await _read(reader, left, body)
            came.append((reader, body))
    except _DAMAGES as error:
        raise _damaged("its parts cannot be told apart") from error
    return [_part(reader, await body.whole()) for reader, body in came]


def _part(reader: BodyPartReader, data: bytes) -> Part:
    media_type = reader.headers.get("Content-Type", "")
    is_file = reader.filename is not None or media_type.startswith("image/")
    return Part(reader.name or "", data, is_file, reader.filename or "")


async def _read(reader: BodyPartReader, most: int, body: Body) -> int:
    """Receive a part; gives how many bytes it has."""
    length = 0
    while chunk := await reader.read_chunk(_CHUNK):
        length += len(chunk)
        if length > most:
            raise ApiError(413, "too_large", "the form is larger than allowed. Send less.")
        await body.add(chunk)
    return length


def _damaged(reason: str) -> ApiError:
    return ApiError(
        400, "bad_form", f"the form cannot be read: {reason}. Send multipart/form-data."
    )
