"""Errors of the engine and of the job store as answers: which status, and each problem's place."""

import errno
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.api.app_keys import SERIALIZER
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.problems import problems_to_json
from paintgraph.base.errors import Error, Problem
from paintgraph.base.text.document import TextError
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.jobs.dispatching.dispatcher import DrainingError, QueueFullError
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.jobs import KeyReusedError

BAD_REQUEST = 400
_DRAINED_SECONDS = 10
_FULL = (errno.ENOSPC, errno.EDQUOT)


@web.middleware
async def fault_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns the engine's errors into answers."""
    try:
        return await handler(request)
    except Error as error:
        refused = refusal(error, request.app[SERIALIZER].hide)
        if refused is None:
            raise
        raise refused from error
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise ApiError(
            507,
            "storage_full",
            "the server's disk is full, so nothing can be kept. Try again once there is space.",
        ) from error


def refusal(error: Error, hide: Callable[[str], str] = str) -> ApiError | None:
    """The answer to an error that a client can cause or wait for; None for any other."""
    headers: dict[str, str] = {}
    problems: list[dict[str, Any]] = []
    match error:
        case GraphError():
            status = refusal_status(error)
            problems = problems_to_json(error.problems, hide)
        case QueueFullError():
            status, headers = 429, {"Retry-After": str(error.retry_seconds)}
        case DrainingError():
            status, headers = 503, {"Retry-After": str(_DRAINED_SECONDS)}
        case StoreError():
            status = 507
        case KeyReusedError() | BindError():
            status = 422
        case _:
            return None
    code, message = error.code, hide(str(error))
    if isinstance(error, GraphError):
        code, message = _summary(error.problems, hide)
    if not problems:
        problems = [{"code": code, "detail": message, "pointer": "", "severity": "error"}]
    return ApiError(status, code, message, headers=headers, problems=problems)


def refusal_status(error: GraphError) -> int:
    """The status of a graph that cannot run."""
    codes = {problem.code for problem in error.problems if problem.severity == "error"}
    if isinstance(error.__cause__, TextError):
        return 413 if "too_large" in codes else BAD_REQUEST
    return 424 if codes == {"model_missing"} else 422


def _summary(problems: tuple[Problem, ...], hide: Callable[[str], str]) -> tuple[str, str]:
    """Code and message of all problems together."""
    errors = [problem for problem in problems if problem.severity == "error"] or list(problems)
    if len(errors) == 1:
        return errors[0].code, hide(errors[0].message)
    more = f"{len(errors)} problems; the first: {errors[0].message}" if errors else "it cannot run"
    return GraphError.code, hide(more)
