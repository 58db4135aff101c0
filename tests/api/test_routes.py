"""What stands above a handler is served and documented; its types become schemas."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.http.routes import JsonSchema, Routes, add_routes, closed, json_answer
from paintgraph.api.openapi import document


class PartJson(TypedDict):
    """A part."""

    title: str
    width: Annotated[int, JsonSchema(minimum=1)]


@closed
class WholeJson(TypedDict):
    """All parts."""

    parts: Mapping[str, PartJson | Any]
    state: Literal["new", "old"]
    ended: NotRequired[str | None]


ROUTES = Routes("things", with_slash=True)


@ROUTES.add("POST", "/things", {200: json_answer("It.", WholeJson)}, (404,), body={"a/b": {}})
async def make(_: web.Request) -> web.Response:
    """Make a thing."""
    return web.Response()


MADE = document(ROUTES)


def test_a_handler_is_documented_by_what_stands_above_it() -> None:
    operation = MADE["paths"]["/things"]["post"]

    assert (operation["summary"], operation["tags"]) == ("Make a thing.", ["things"])
    assert operation["requestBody"]["content"] == {"a/b": {"schema": {}}}
    assert operation["responses"]["200"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Whole"}}
    }
    assert "404" in operation["responses"]


def test_types_become_schemas_under_their_names() -> None:
    schemas = MADE["components"]["schemas"]

    assert schemas["Part"] == {
        "type": "object",
        "description": "A part.",
        "properties": {"title": {"type": "string"}, "width": {"type": "integer", "minimum": 1}},
        "required": ["title", "width"],
    }
    assert schemas["Whole"] == {
        "type": "object",
        "description": "All parts.",
        "additionalProperties": False,
        "properties": {
            "parts": {
                "type": "object",
                "additionalProperties": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {}]},
            },
            "state": {"type": "string", "enum": ["new", "old"]},
            "ended": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["parts", "state"],
    }


def test_both_spellings_are_served_and_one_is_documented() -> None:
    app = web.Application()
    add_routes(app, ROUTES)

    served = {route.resource.canonical for route in app.router.routes() if route.resource}
    assert served == {"/things", "/things/"}
    assert list(MADE["paths"]) == ["/things"]
