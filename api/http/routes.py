"""A route with all that clients are told of it: served and documented from one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a route: what it means, its body by media type, its headers."""

    about: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Its handler's docstring says what it does.

    Attributes:
        method, path: as aiohttp takes them; `{name}` in a path is a parameter.
        answers: by status, those that are no errors.
        errors: status codes of the problems that it can tell of, beside those of every route.
        parameters: OpenAPI's objects for the query and the headers.
        body: schema of the body by media type; none if it takes no body.
        tag: the group under which it is shown.
        aliases: other spellings of the path, served alike and not told of.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    answers: Mapping[int, Answer]
    errors: tuple[int, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


def ref(name: str) -> Schema:
    """A reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_answer(about: str, name: str, **headers: Schema) -> Answer:
    """An answer in JSON, of a named schema; underscores in names of headers become dashes."""
    named = {header.replace("_", "-"): schema for header, schema in headers.items()}
    return Answer(about, {"application/json": ref(name)}, named)


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Serve routes. Where a GET is served, HEAD is too."""
    for route in routes:
        for path in (route.path, *route.aliases):
            if route.method == "GET":
                app.router.add_get(path, route.handler)
            else:
                app.router.add_route(route.method, path, route.handler)
