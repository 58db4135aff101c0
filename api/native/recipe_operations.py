"""What the OpenAPI document says of each recipe: an operation of its own, with typed inputs.

All of them are served by the one route of recipes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import JSON, MULTIPART
from paintgraph.api.http.routes import Route
from paintgraph.api.native.recipes import BESIDE, RECIPES_URL, RUN
from paintgraph.api.services.catalogue import Known
from paintgraph.api.services.parts import PARTS
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.schema import inputs_schema
from paintgraph.graphs import FOLDER

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_GENERIC = "name"
"""What the path of the one route calls a recipe; one of this name would be taken for it."""

_FILE = {"type": "string", "format": "binary"}
_EXAMPLES: Mapping[str, object] = {
    "image": "https://example.com/photo.jpg",
    "mask": "https://example.com/mask.png",
    "background": "https://example.com/beach.jpg",
    "box": [300, 110, 350, 410],
    "points": [325, 260],
    "prompt": "the dog",
    "replacement": "a cat",
}
"""Of inputs that have no default."""


def of_recipes(request: web.Request) -> tuple[tuple[Known, bool] | None, Iterator[Route]]:
    """What there is now, and the operations of its recipes; nothing until a worker is ready.

    The document needs no key: where there are keys it tells of the recipes that everybody has.
    """
    parts = request.app[PARTS]
    try:
        known = parts.catalogue.known()
    except ApiError:
        return None, iter(())
    shipped_only = bool(parts.addresses.keys)
    return (known, shipped_only), _operations(known, shipped_only=shipped_only)


def _operations(known: Known, *, shipped_only: bool) -> Iterator[Route]:
    for name, graph in known.sound_recipes().items():
        path = known.recipes.path(name)
        is_told = not shipped_only or (path is not None and path.parent == FOLDER)
        if is_told and _NAME.fullmatch(name) and name != _GENERIC:
            yield _operation(name, graph)


def _operation(name: str, graph: Graph) -> Route:
    title = "".join(word[:1].upper() + word[1:] for word in re.split(r"[_-]+", name))
    specs = graph.inputs.values()
    schema = inputs_schema(specs)
    typed = {spec.name: _typed(spec, schema["properties"][spec.name]) for spec in specs}
    beside = {field: BESIDE[field] for field in BESIDE if field not in typed}
    form = {field: _in_form(each) for field, each in (typed | beside).items()}
    sent = {name: _FILE | _about(typed[name]) for name in typed if _is_picture(graph.inputs[name])}
    schemas = {
        f"{title}Form": {**schema, "properties": {**form, **sent}},
        f"{title}Inputs": {**schema, "properties": {**typed, **beside}},
    }
    body = {  # what stands first is what pages show first
        kind: {"$ref": f"#/components/schemas/{of}"}
        for kind, of in zip((MULTIPART, JSON), schemas, strict=True)
    }
    about = f"{graph.about or title}\n\nAs for every recipe, a file of the form is a picture."
    return RUN.of(RECIPES_URL + name, about, body, schemas)


def _typed(spec: InputSpec, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an input, with an example where it has no default."""
    typed = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    if spec.required and spec.name in _EXAMPLES:
        typed["examples"] = [_EXAMPLES[spec.name]]
    return typed


def _in_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an input as a field of a form, where what is empty stands for null.

    Pages choose the first of several choices, and make up a text, where there is no default.
    """
    if schema.get("type") == "object":
        about = f"{schema['description']} As JSON."
        return {"type": "string", "description": about, "default": ""}
    if not isinstance(schema.get("type"), list):
        return dict(schema)
    (type_,) = (each for each in schema["type"] if each != "null")
    choices = schema.get("enum", ("true", "false") if type_ == "boolean" else ())
    if not choices:
        return {**schema, "type": type_} | ({"default": ""} if type_ == "string" else {})
    choices = ["", *(each for each in choices if each is not None)]
    return {**schema, "type": "string", "enum": choices, "default": ""}


def _about(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": schema["description"]} if "description" in schema else {}


def _is_picture(spec: InputSpec) -> bool:
    return spec.resource == "picture"
