"""The OpenAPI document, made of the route table that is served."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.fooocus.routes import schemas as fooocus_schemas
from paintgraph.api.http.errors import MEDIA_TYPE
from paintgraph.api.http.requests import JSON
from paintgraph.api.http.routes import Answer, Route, ref
from paintgraph.api.native.schemas import SCHEMAS

_PARAMETER = re.compile(r"\{(\w+)\}")
_ALWAYS = (400, 401, 403, 500)
"""Errors that every route can tell of: of its guards, and of the server."""

_ABOUT = """Select a part of a picture and repaint it, or continue the picture past its edges.

Errors are problem details (RFC 9457) with one entry per fault; each has a stable `code`."""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of some routes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "paintgraph", "version": version("paintgraph"), "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **fooocus_schemas()},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"key": []}, {"bearer": []}],
    }


def openapi_route(routes: Iterable[Route]) -> Route:
    """The route that gives the document of these routes and itself."""
    told: list[Route] = [*routes]

    async def show(_: web.Request) -> web.Response:
        """Give this document."""
        body = orjson.dumps(document(told), option=orjson.OPT_INDENT_2)
        return web.Response(body=body, content_type=JSON)

    answers = {200: Answer("The document.", {JSON: {"type": "object"}})}
    route = Route("GET", "/openapi.json", show, "health", answers)
    told.append(route)
    return route


def _operation(route: Route) -> dict[str, Any]:
    about = inspect.cleandoc(route.handler.__doc__ or "")
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": about.split("\n", 1)[0],
        "description": about,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route.path), *route.parameters],
        "responses": {
            **{str(status): _answer(answer) for status, answer in route.answers.items()},
            **{str(s): _error(s) for s in (*_ALWAYS, *route.errors) if s not in route.answers},
        },
    }
    if route.body:
        content = {name: {"schema": schema} for name, schema in route.body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _name(route: Route) -> str:
    words = re.sub(r"\W+", "_", route.path).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameters(path: str) -> list[Mapping[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _answer(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"description": answer.about}
    if answer.content:
        told["content"] = {name: {"schema": schema} for name, schema in answer.content.items()}
    if answer.headers:
        told["headers"] = {name: {"schema": schema} for name, schema in answer.headers.items()}
    return told


def _error(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": ref("Error")}},
    }
