"""Errors of the engine and of the job store as answers: which status, and each problem's place.

No path of the machine leaves, and no address of its bucket: messages lose them by a `Hide`.
"""

import errno
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError, ProblemJson
from paintgraph.base.bucket import BucketError
from paintgraph.base.errors import Error, Problem
from paintgraph.base.text.document import TextError
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.jobs.dispatching.quotas import DrainingError, QueueFullError
from paintgraph.jobs.store.database import StoreError, UnreachableStoreError
from paintgraph.jobs.store.rows import KeyReusedError

BAD_REQUEST = 400
_DRAINED_SECONDS = 10
_AGAIN_SECONDS = 2
_MOST_PROBLEMS = 1000
_FULL = (errno.ENOSPC, errno.EDQUOT)
_EXHAUSTED = (errno.EMFILE, errno.ENFILE)
_BUCKET = re.compile(r"\b(the bucket) '[^']*'(?: at \S+)?")

Hide = Callable[[str], str]
"""Gives a message without the server's folders and bucket."""


def hiding(folders: Iterable[Path]) -> Hide:
    """What takes the bucket out of messages, and folders, as they are named and as they resolve."""
    paths = [*folders]
    named = {str(path) for path in paths} | {str(path.resolve()) for path in paths}
    roots = sorted(named, key=len, reverse=True)

    def hide(message: str) -> str:
        for root in roots:
            message = message.replace(f"{root}/", "").replace(root, "data")
        return _BUCKET.sub(r"\1", message)

    return hide


def refusal_guard(hide: Hide) -> Middleware:
    """Turns errors that a client can cause or wait for into answers."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Error as error:
            refused = refusal(error, hide)
            if refused is None:
                raise
            raise refused from error
        except OSError as error:
            if error.errno in _EXHAUSTED:
                raise ApiError(
                    503,
                    "too_many_files",
                    "the server cannot open another file now. Try again soon.",
                    headers={"Retry-After": str(_AGAIN_SECONDS)},
                ) from error
            if error.errno not in _FULL:
                raise
            raise ApiError(
                507,
                "storage_full",
                "the server's disk is full, so nothing can be kept. Try again once there is space.",
            ) from error

    return guard


def refusal(error: Error, hide: Hide = str) -> ApiError | None:
    """The answer to an error that a client can cause or wait for; None for any other."""
    headers: dict[str, str] = {}
    problems: list[ProblemJson] = []
    match error:
        case GraphError():
            status = refusal_status(error)
            problems = problems_to_json(error.problems, hide)
        case QueueFullError():
            status, headers = 429, {"Retry-After": str(error.retry_seconds)}
        case DrainingError():
            status, headers = 503, {"Retry-After": str(_DRAINED_SECONDS)}
        case UnreachableStoreError() | BucketError():
            status = 507 if error.code == "bucket_full" else 503
            headers = {"Retry-After": str(_AGAIN_SECONDS)}
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


def _summary(problems: tuple[Problem, ...], hide: Hide) -> tuple[str, str]:
    """Code and message of all problems together."""
    errors = [problem for problem in problems if problem.severity == "error"] or list(problems)
    if len(errors) == 1:
        return errors[0].code, hide(errors[0].message)
    more = f"{len(errors)} problems; the first: {errors[0].message}" if errors else "it cannot run"
    return GraphError.code, hide(more)


def problems_to_json(problems: Iterable[Problem], hide: Hide) -> list[ProblemJson]:
    """Problems as clients see them; the first of very many."""
    listed = islice(problems, _MOST_PROBLEMS)
    return [problem_to_json(problem.to_json(), hide) for problem in listed]


def problem_to_json(plain: Mapping[str, Any], hide: Hide) -> ProblemJson:
    """One problem as clients see it: what RFC 9457 calls `detail` is the message.

    `plain` is a `Problem` as plain data, or a problem that a job's worker reported.
    """
    found = {name: value for name, value in plain.items() if value is not None}
    message = hide(found.pop("message"))
    return cast("ProblemJson", {"code": found["code"], "detail": message, **found})
