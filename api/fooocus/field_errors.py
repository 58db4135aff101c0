"""What goes wrong, in the shape that FastAPI's clients read: 422 with a list under `detail`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, NotRequired

from aiohttp import web
from aiohttp.typedefs import Handler
from typing_extensions import TypedDict

from paintgraph.api.http.errors import ApiError, ProblemJson
from paintgraph.api.http.refusals import refusal_status
from paintgraph.api.http.requests import body_of, json_response
from paintgraph.api.http.routes import JsonSchema, json_answer
from paintgraph.base.errors import Error, Problem
from paintgraph.base.text.document import TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.words import shorten
from paintgraph.engine.errors import GraphError

_SHOWN = 100
_CODE = "invalid_fields"


class FooocusFaultJson(TypedDict):
    """One fault, as FastAPI has it."""

    type: str
    loc: list[Any]
    msg: str
    input: Any
    ctx: NotRequired[Mapping[str, Any]]


Fault = FooocusFaultJson


class FooocusFaultsJson(TypedDict):
    """Faults of fields, as FastAPI and as this server's other routes answer them."""

    detail: Annotated[list[FooocusFaultJson], JsonSchema(minItems=1)]
    type: NotRequired[str]
    title: NotRequired[str]
    status: NotRequired[int]
    code: str
    errors: list[ProblemJson]


REFUSED = {422: json_answer("Fields that cannot be used, as in FastAPI.", FooocusFaultsJson)}
"""The answer of every route that may refuse fields."""


class FieldsError(Error):
    """Fields that cannot be used; each fault is a mapping with type, loc, msg and input."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(str(fault["msg"]) for fault in faults), _CODE)
        self.faults = [*faults]

    def renamed(self, names: Mapping[str, Sequence[str]]) -> "FieldsError":
        """The same for an API that has other names for fields, as paths into its bodies."""

        def loc(steps: list[Any]) -> list[Any]:
            where, *path = steps
            if path and path[0] in names:
                path[:1] = names[path[0]]
            return [where, *path]

        return FieldsError([{**fault, "loc": loc(fault["loc"])} for fault in self.faults])


def fault(
    type_: str, field: str, message: str, value: object = None, *, where: str = "body"
) -> Fault:
    """One fault of a field of the body, or of the query; `type_` is stable."""
    return {"type": type_, "loc": [where, field], "msg": message, "input": shortened(value)}


def shortened(given: Any) -> Any:
    """What was sent, with pictures cut off."""
    if isinstance(given, str):
        return shorten(given, _SHOWN).encode("utf-8", "replace").decode()
    if isinstance(given, dict):
        return {shortened(name): shortened(value) for name, value in list(given.items())[:_SHOWN]}
    if isinstance(given, list):
        return [shortened(value) for value in given[:_SHOWN]]
    return given


def as_fastapi(handler: Handler) -> Handler:
    """The handler, with faults of fields answered as FastAPI does."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except FieldsError as error:
            return _answer(error.faults)

    return answer


def as_fields_error(
    error: GraphError, fields: Mapping[str, str], hide: Callable[[str], str]
) -> FieldsError | None:
    """A graph's faults as those of the request, if they are; `fields` by inputs of the recipe."""
    if refusal_status(error) != HTTPStatus.UNPROCESSABLE_ENTITY:
        return None
    return FieldsError([_of_problem(problem, fields, hide) for problem in error.problems])


async def object_of(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object; raises FieldsError, or ApiError if it is too large.

    As for FastAPI, a body without a type is JSON.
    """
    if "Content-Type" in request.headers and not _is_json(request.content_type):
        raise ApiError(
            415,
            "unsupported_media_type",
            f"the content type is '{shorten(request.content_type)}'; allowed is application/json. "
            "Send the header 'Content-Type'.",
        )
    body = await body_of(request)
    if not body:
        raise FieldsError([_of_body("missing", "Field required", None)])
    try:
        value = (await asyncio.to_thread(read_json, body, max_bytes=len(body))).value
    except TextError as error:
        fault = _of_body("json_invalid", "JSON decode error", {})
        fault["loc"] += [error.place.column] if error.place else []
        fault["ctx"] = {"error": error.message}
        raise FieldsError([fault]) from error
    if isinstance(value, dict):
        return value
    message = "Input should be a valid dictionary or object to extract fields from"
    raise FieldsError([_of_body("model_attributes_type", message, shortened(value))])


def _is_json(content_type: str) -> bool:
    kind, _, name = content_type.partition("/")
    return kind == "application" and (name == "json" or name.endswith("+json"))


def _of_body(type_: str, message: str, value: object) -> Fault:
    return {"type": type_, "loc": ["body"], "msg": message, "input": value}


def _of_problem(problem: Problem, fields: Mapping[str, str], hide: Callable[[str], str]) -> Fault:
    name = str(problem.path[0]) if problem.path else ""
    return {
        "type": problem.code,
        "loc": ["body", *([fields.get(name, name)] if name else [])],
        "msg": hide(problem.message),
        "input": None,
    }


def _answer(faults: Sequence[Fault]) -> web.Response:
    errors: list[ProblemJson] = [
        {
            "code": each["type"],
            "detail": each["msg"],
            "pointer": "".join(f"/{step}" for step in each["loc"][1:]),
            "severity": "error",
        }
        for each in faults
    ]
    document: FooocusFaultsJson = {
        "detail": [*faults],
        "type": f"urn:paintgraph:problem:{_CODE}",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "code": _CODE,
        "errors": errors,
    }
    return json_response(document, 422)
