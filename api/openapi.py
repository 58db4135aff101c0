"""The OpenAPI document, made of the routes that are served, and the page that shows it.

The page is Swagger UI from a package, so that nothing comes from outside.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import orjson
from aiohttp import web

from paintgraph.api.http.errors import MEDIA_TYPE, ErrorJson
from paintgraph.api.http.requests import JSON
from paintgraph.api.http.routes import Answer, EventStream, Route, Schema, WireType

_PARAMETER = re.compile(r"\{(\w+)\}")
_Mode = Literal["validation", "serialization"]
_ALWAYS = (400, 401, 403, 500)
"""Errors that every route can answer with: of its guards, and of the server."""

_STREAM = "Server-sent events: as text, or event by event. What is in `data` has a type each."

_ABOUT = """Select a part of a picture and repaint it, or continue the picture past its edges.

Errors are problem details (RFC 9457) with one entry per fault; each has a stable `code`."""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of some routes."""
    listed = [*routes]
    schemas = _Schemas(listed)
    own = {name: schema for route in listed for name, schema in route.schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "paintgraph", "version": version("paintgraph"), "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas.named | own,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"key": []}, {"bearer": []}],
    }


More = Callable[[web.Request], tuple[object, Iterable[Route]]]
"""Gives what is told of beside the routes that are served, and what changes when that does."""


def openapi_route(routes: Iterable[Route], more: More) -> Route:
    """The route that gives the document of these routes and itself, made when it has changed."""
    documented: list[Route] = [*routes]
    made: list[tuple[object, bytes]] = []

    def body(request: web.Request) -> bytes:
        state, others = more(request)
        if not made or made[0][0] != state:
            whole = document([*documented, *others])
            made[:] = [(state, orjson.dumps(whole, option=orjson.OPT_INDENT_2))]
        return made[0][1]

    async def show(request: web.Request) -> web.Response:
        """Give this document."""
        return web.Response(body=await asyncio.to_thread(body, request), content_type=JSON)

    answers = {200: Answer("The document.", {JSON: {"type": "object"}})}
    route = Route("GET", "/openapi.json", show, "health", answers)
    documented.append(route)
    return route


class _Schemas:
    """The schemas of all types that routes take and answer with, derived by pydantic."""

    def __init__(self, routes: Iterable[Route]) -> None:
        from pydantic import TypeAdapter

        from paintgraph.api.fooocus.fields import schemas as fooocus_schemas
        from paintgraph.api.generation.fields import schemas as generation_schemas

        contents = [ErrorJson]
        for route in routes:
            answers = (answer.content for answer in route.answers.values())
            contents += [wire for content in (route.body, *answers) for wire in content.values()]
        contents = [wire.event if isinstance(wire, EventStream) else wire for wire in contents]
        types = [wire for wire in contents if not isinstance(wire, Mapping)]
        adapters: list[tuple[int, _Mode, TypeAdapter[Any]]] = [
            (place, "validation", TypeAdapter(wire)) for place, wire in enumerate(types)
        ]
        found, rest = TypeAdapter.json_schemas(
            adapters, ref_template="#/components/schemas/{model}", schema_generator=_generator()
        )
        self._of = [(wire, found[place, "validation"]) for place, wire in enumerate(types)]
        self.named = {**rest["$defs"], **fooocus_schemas(), **generation_schemas()}

    def of(self, wire: WireType) -> Schema:
        """The schema of a type; one that is written out is its own."""
        if isinstance(wire, Mapping):
            return wire
        if isinstance(wire, EventStream):
            return _stream(self.of(wire.event))
        return next(schema for known, schema in self._of if known is wire)

    def content(self, content: Mapping[str, WireType]) -> dict[str, Any]:
        """OpenAPI's object for bodies by media type."""
        return {name: {"schema": self.of(wire)} for name, wire in content.items()}


def _stream(event: Schema) -> Schema:
    """The schema of server-sent events; OpenAPI before 3.2 has no word for one of them.

    Some programs take it for that of the text, others for that of each event.
    """
    text = {"type": "string"}
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": event}
    fields = {"event": text, "id": text, "data": data}
    one = {"type": "object", "properties": fields, "required": ["event", "data"]}
    return {"description": _STREAM, "anyOf": [text, one]}


def _generator() -> type[Any]:
    """How pydantic makes schemas, with names as clients know them and no titles."""
    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the role has it
            return False

        def normalize_name(self, name: str) -> str:
            return super().normalize_name(name).removesuffix("Json")

        def typed_dict_schema(self, schema: Any) -> dict[str, Any]:
            made = super().typed_dict_schema(schema)
            made.pop("title", None)
            if getattr(schema.get("cls"), "__closed__", False):
                made["additionalProperties"] = False
            return made

    return Generator


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    about = route.about or inspect.cleandoc(route.handler.__doc__ or "")
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": about.split("\n", 1)[0],
        "description": about,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route.path), *route.parameters],
        "responses": {
            **{str(status): _answer(answer, schemas) for status, answer in route.answers.items()},
            **{
                str(status): {
                    "description": HTTPStatus(status).phrase,
                    "content": schemas.content({MEDIA_TYPE: ErrorJson}),
                }
                for status in (*_ALWAYS, *route.errors)
                if status not in route.answers
            },
        },
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": schemas.content(route.body)}
    return operation


def _name(route: Route) -> str:
    words = re.sub(r"\W+", "_", route.path).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameters(path: str) -> list[Mapping[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _answer(answer: Answer, schemas: _Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.about}
    if answer.content:
        made["content"] = schemas.content(answer.content)
    if answer.headers:
        made["headers"] = {name: {"schema": schema} for name, schema in answer.headers.items()}
    return made


_FILES: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
PATHS = frozenset({"/docs", "/docs/start.js", *(f"/docs/{name}" for name in _FILES)})
"""Pages that need no key: a browser cannot send one with an address. They hold no secret."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>paintgraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
});
"""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-cache",
}


async def page(_: web.Request) -> web.Response:
    """Show the page."""
    return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)


async def script(_: web.Request) -> web.Response:
    """Give the script that starts Swagger UI; a file, as inline scripts are not allowed."""
    return web.Response(text=_START, content_type="text/javascript", headers=_HEADERS)


async def file(request: web.Request) -> web.Response:
    """Give a file of Swagger UI."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    body = await asyncio.to_thread(_content, name)
    return web.Response(body=body, content_type=_FILES[name], charset="utf-8", headers=_HEADERS)


@cache
def _content(name: str) -> bytes:
    """A file of the package, found without importing it."""
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise web.HTTPNotFound
    return (Path(spec.origin).parent / "static" / name).read_bytes()


def add_docs(app: web.Application) -> None:
    """Serve the pages for people; they are no part of the API."""
    app.router.add_get("/docs", page)
    app.router.add_get("/docs/start.js", script)
    app.router.add_get("/docs/{name}", file)
