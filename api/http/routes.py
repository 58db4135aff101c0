"""A route is one function: what is documented of it stands above it, and its types are schemas.

Types that go over the wire are typed dictionaries called `...Json`; the OpenAPI document derives
their schemas, under their names without that ending.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

Schema = Mapping[str, Any]
WireType = Any
"""A type whose schema is derived, or a schema that is written out."""

Wire = TypeVar("Wire")


@dataclass(frozen=True, slots=True, eq=False)
class EventStream:
    """Server-sent events, for `Answer.content`; the `data` of each is JSON of this type."""

    event: WireType


class JsonSchema:
    """Adds to a derived schema what types cannot say: `Annotated[int, JsonSchema(minimum=0)]`."""

    def __init__(self, **more: Any) -> None:
        self._more = more

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> Any:
        """Called by pydantic, which is imported when the document is asked for."""
        return {**handler(core), **self._more}


def closed(wire: type[Wire]) -> type[Wire]:
    """Let the schema of a typed dictionary refuse other names than its own, as PEP 728 has it."""
    wire.__closed__ = True  # type: ignore[attr-defined] # mypy knows no keyword for it yet
    return wire


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a route: what it means, its body by media type, its headers."""

    about: str
    content: Mapping[str, WireType] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Its handler's docstring says what it does.

    Attributes:
        method, path: as aiohttp takes them; `{name}` in a path is a parameter.
        answers: by status, those that are no errors.
        errors: status codes of the problems that it can answer with, beside those of every route.
        parameters: OpenAPI's objects for the query and the headers.
        body: type of the body by media type; none if it takes no body.
        tag: the group under which it is shown.
        aliases: other spellings of the path, which are served but not documented.
        about: what it does, where that is not what its handler says.
        schemas: what bodies of its own refer to, by name.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    answers: Mapping[int, Answer]
    errors: tuple[int, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Mapping[str, WireType] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    about: str = ""
    schemas: Mapping[str, Schema] = field(default_factory=dict)

    def of(
        self,
        path: str,
        about: str,
        body: Mapping[str, WireType],
        schemas: Mapping[str, Schema],
    ) -> "Route":
        """What it is for one of the paths that it serves, to be told of and not to be served."""
        return replace(self, path=path, about=about, body=body, schemas=schemas, aliases=())


class Routes:
    """The routes of one module, gathered where their handlers are written.

    `with_slash` serves each path with a slash at its end, too.
    """

    def __init__(self, tag: str, *, with_slash: bool = False) -> None:
        self._tag = tag
        self._with_slash = with_slash
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(  # noqa: PLR0913 - what a route is
        self,
        method: str,
        path: str,
        answers: Mapping[int, Answer],
        errors: tuple[int, ...] = (),
        *,
        parameters: tuple[Schema, ...] = (),
        body: Mapping[str, WireType] | None = None,
        also: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Make the decorated handler a route; see `Route`. It is served at `also`, too."""
        paths = (path, *also)
        aliases = (*also, *(f"{each}/" for each in paths if self._with_slash))

        def register(handler: Handler) -> Handler:
            route = Route(
                method, path, handler, self._tag, answers, errors, parameters, body or {}, aliases
            )
            self._routes.append(route)
            return handler

        return register


def parameter(where: str, name: str, about: str, schema: Schema) -> Schema:
    """OpenAPI's object for a parameter; `where` is "query" or "header"."""
    return {"in": where, "name": name, "description": about, "schema": schema}


def json_answer(about: str, wire: WireType, **headers: Schema) -> Answer:
    """An answer in JSON; underscores in names of headers become dashes."""
    named = {header.replace("_", "-"): schema for header, schema in headers.items()}
    return Answer(about, {"application/json": wire}, named)


def events_answer(about: str, event: WireType) -> Answer:
    """An answer in server-sent events of a type."""
    return Answer(about, {"text/event-stream": EventStream(event)})


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Serve routes. Where a GET is served, HEAD is too."""
    for route in routes:
        for path in (route.path, *route.aliases):
            if route.method == "GET":
                app.router.add_get(path, route.handler)
            else:
                app.router.add_route(route.method, path, route.handler)
