"""One line of the log for each request, and an id by which both sides can find it again."""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.base.logs import happened, is_told
from paintgraph.base.words import shorten

REQUEST_ID = "X-Request-Id"
JOB = web.RequestKey("job", str)
"""The id of the job that a request is about, where its handler tells."""

_ID = web.RequestKey("id", str)
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ABOUT = ("request", "client", "job")
_LONGEST_PATH = 200
_GONE = 499
"""The status that is told where the client did not wait for its answer."""


def tell_requests(app: web.Application, client_of: Callable[[web.Request], str]) -> None:
    """Tell of each request once it is answered; goes around all other middlewares.

    Neither queries nor bodies are told: they may hold signatures, prompts and pictures.
    """
    app.middlewares.insert(0, _telling(client_of))
    app.on_response_prepare.append(_mark)


def _telling(client_of: Callable[[web.Request], str]) -> Middleware:
    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(REQUEST_ID, "")
        request[_ID] = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        if not is_told():
            return await handler(request)
        began, status = time.perf_counter(), _GONE
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            _tell(request, client_of(request), status, time.perf_counter() - began)

    return tell


def _tell(request: web.Request, client: str, status: int, seconds: float) -> None:
    path = shorten(request.rel_url.raw_path, _LONGEST_PATH)  # raw: it has no line breaks
    fields: dict[str, Any] = {
        "request": request[_ID],
        "client": client,
        "method": request.method,
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
    if job := request.get(JOB):
        fields["job"] = job
    what = f"{request.method} {path} {status} in {seconds * 1000:.1f} ms"
    about = " ".join(f"{name}={fields[name]}" for name in _ABOUT if name in fields)
    happened(f"{what} {about}", fields)


async def _mark(request: web.Request, response: web.StreamResponse) -> None:
    if id_ := request.get(_ID):
        response.headers.setdefault(REQUEST_ID, id_)
