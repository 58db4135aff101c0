"""What goes wrong in a request, and how every answer says it: problem details after RFC 9457.

Neither tracebacks nor paths nor the words of an unexpected exception reach a client.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from traceback import clear_frames
from typing import Annotated, NotRequired

from aiohttp import web
from aiohttp.typedefs import Handler
from typing_extensions import TypedDict

from paintgraph.api.http.routes import JsonSchema
from paintgraph.base.errors import Error, Severity
from paintgraph.base.words import shorten

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:paintgraph:problem:"
_ADVICE = {
    404: "there is nothing at '{path}'. Check the spelling of the address.",
    405: "'{path}' does not take {method}; allowed is {allowed}. Use one of these methods.",
    413: "the body is too large. Send less.",
    417: "the header 'Expect' asks for what is not known; allowed is 100-continue. Leave it out.",
}


class ProblemJson(TypedDict):
    """One fault of a request, or why a job failed."""

    code: str
    detail: str
    severity: NotRequired[Severity]
    pointer: NotRequired[Annotated[str, JsonSchema(description="JSON Pointer into the request.")]]
    node: NotRequired[str]
    nodes: NotRequired[list[str]]
    input: NotRequired[str]
    outputs: NotRequired[list[str]]
    line: NotRequired[Annotated[int, JsonSchema(minimum=1)]]
    column: NotRequired[Annotated[int, JsonSchema(minimum=1)]]
    element: NotRequired[int]
    given: NotRequired[Mapping[str, str]]


class ErrorJson(TypedDict):
    """Problem details after RFC 9457, with one entry per fault."""

    type: Annotated[str, JsonSchema(pattern="^urn:paintgraph:problem:")]
    title: str
    status: int
    code: str
    detail: str
    errors: Sequence[ProblemJson]


class ApiError(Error):
    """A request that is refused; `code` is stable.

    Args:
        status: the HTTP status.
        code: for programs, such as `host_refused`.
        message: *what is wrong; what is allowed. Cure.*
        headers: further headers of the answer.
        problems: one for each fault, where there can be several.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[ProblemJson] = (),
    ) -> None:
        super().__init__(message, code)
        self.status = status
        self.headers = dict(headers or {})
        self.errors = [*problems]


def problem_response(error: ApiError) -> web.Response:
    """The answer that tells of an error."""
    document: ErrorJson = {
        "type": _TYPE + error.code,
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
        "errors": error.errors,
    }
    # json, not orjson: messages may quote halves of surrogate pairs.
    body = json.dumps(document, default=str).encode("ascii")
    return web.Response(
        status=error.status, headers=error.headers, body=body, content_type=MEDIA_TYPE
    )


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error into its answer; goes first, around all others."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(request, from_http_exception(request, error))
    except Exception as error:  # noqa: BLE001 - a client never sees what else can fail
        answer = _answer(request, _told(request, error))
        _empty_frames(error)
        return answer


def _told(request: web.Request, error: Exception) -> ApiError:
    """What a client is told of an error."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, web.RequestPayloadError):
        return damaged()
    if isinstance(error, ConnectionError) and _has_gone(request):
        return damaged()
    _LOG.error("%s %s failed", request.method, shown(request), exc_info=error)
    return unexpected()


def _empty_frames(error: BaseException | None) -> None:
    """Let go of all that the functions held which an error has passed, such as bodies.

    The error holds their frames, and is often held by them in turn, or by the request's stream;
    only the garbage collector would find that, and large bodies are few objects: it seldom runs.
    """
    while error is not None:
        clear_frames(error.__traceback__)
        error.__traceback__ = None  # frames that still run are not cleared
        error = error.__cause__ or error.__context__


def from_http_exception(request: web.BaseRequest, error: web.HTTPException) -> ApiError:
    """An error of aiohttp's own, without its words."""
    allowed = error.headers.get("Allow", "")
    advice = _ADVICE.get(error.status, "the request cannot be answered. Check it.")
    message = advice.format(path=shown(request), method=request.method, allowed=allowed)
    code = HTTPStatus(error.status).name.lower()
    return ApiError(error.status, code, message, headers={"Allow": allowed} if allowed else {})


def damaged() -> ApiError:
    """A body that cannot be read to its end."""
    return ApiError(400, "bad_body", "the body is damaged or ends too early. Send it again.")


def unexpected() -> ApiError:
    """A fault of the server."""
    return ApiError(
        500,
        "internal_error",
        "the server failed at this request, which is a fault of paintgraph. "
        "Please report it; the server's log has the details.",
    )


def shown(request: web.BaseRequest) -> str:
    """A request's path for messages and logs, without the query: it may be secret."""
    return shorten(request.rel_url.raw_path)


def _answer(request: web.Request, error: ApiError) -> web.Response:
    if request.writer.output_size > 0:
        raise ConnectionResetError("the answer has begun already: all left to do is to end it")
    return problem_response(error)


def _has_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
