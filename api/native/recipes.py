"""Recipes as endpoints: listed, described by a schema, run with typed inputs."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.guards.keys import client_of, owner_of, scoped
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import (
    IDEMPOTENCY_KEY,
    JSON,
    MULTIPART,
    WAIT,
    YAML,
    Part,
    document_of,
    idempotency_key,
    json_response,
    parts_of,
    require_type,
)
from paintgraph.api.http.routes import Routes, json_answer
from paintgraph.api.native.descriptions import FIELDS, WISHES, wished_beside, wishes_of
from paintgraph.api.native.job_lists import TAGS, tags_of
from paintgraph.api.native.submitting import SUBMIT_ERRORS, SUBMITTED, submit_and_answer
from paintgraph.api.native.webhooks import FIELD, SCHEMA, read_webhook, without_secret
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import GraphRequest
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.words import shorten, suggestion
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.descriptions import SPECS
from paintgraph.engine.graph.formats.native import type_name
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.schema import recipe_schema

RECIPES_URL = "/v1/recipes/"
_PLAIN = ("int", "float", "bool", "list")


class RecipeInputJson(TypedDict):
    """An input that a recipe declares."""

    type: str
    required: bool
    about: str


class RecipeSummaryJson(TypedDict):
    """A recipe in a list."""

    name: str
    about: str
    inputs: Mapping[str, RecipeInputJson]
    outputs: list[str]
    url: str


class RecipesJson(TypedDict):
    """All recipes."""

    recipes: list[RecipeSummaryJson]


ROUTES = Routes("recipes")
BESIDE = {**FIELDS, FIELD: SCHEMA}
_INPUTS = {
    "type": "object",
    "properties": BESIDE,
    "description": "The recipe's inputs by name; beside them what the files of results tell, and "
    "who is told of the end.",
}


@ROUTES.add("GET", "/v1/recipes", {200: json_answer("All recipes.", RecipesJson)}, (503,))
async def index(request: web.Request) -> web.Response:
    """List the recipes."""
    known = request.app[PARTS].catalogue.known()
    recipes = await asyncio.to_thread(known.sound_recipes)
    answer: RecipesJson = {"recipes": [_summary(name, graph) for name, graph in recipes.items()]}
    return json_response(answer)


def _summary(name: str, graph: Graph) -> RecipeSummaryJson:
    return {
        "name": name,
        "about": graph.about,
        "inputs": {
            spec.name: {"type": type_name(spec), "required": spec.required, "about": spec.about}
            for spec in graph.inputs.values()
        },
        "outputs": list(graph.outputs),
        "url": RECIPES_URL + name,
    }


@ROUTES.add(
    "GET",
    RECIPES_URL + "{name}",
    {200: json_answer("The schema.", {"type": "object"})},
    (404, 409, 503),
)
async def show(request: web.Request) -> web.Response:
    """Give the JSON Schema of a recipe's inputs."""
    name = request.match_info["name"]
    schema = recipe_schema(name, await _recipe(request, name))
    return json_response({**schema, "properties": {**BESIDE, **schema["properties"]}})


@ROUTES.add(
    "POST",
    RECIPES_URL + "{name}",
    SUBMITTED,
    (*SUBMIT_ERRORS, 404, 409),
    parameters=(WAIT, IDEMPOTENCY_KEY, TAGS, *WISHES),
    body={MULTIPART: _INPUTS, JSON: _INPUTS},
)
async def run(request: web.Request) -> web.Response:
    """Run a recipe.

    Takes its inputs by name, as JSON or as parts of a form; a part with a file is a picture, and
    fields that are left empty have their defaults. It answers as for jobs.
    """
    return await submit_and_answer(request, _wanted)


async def _wanted(request: web.Request) -> GraphRequest:
    """What a request wants run."""
    name = request.match_info["name"]
    key = scoped(request, idempotency_key(request))
    wishes = wishes_of(request)
    graph = await _recipe(request, name)
    require_type(request, (JSON, *YAML, MULTIPART))
    if request.content_type == MULTIPART:
        sent = await _form(request, graph)
    else:
        sent = await document_of(request, (JSON, *YAML), _mapping)
    wished, inputs = wished_beside(sent, graph.inputs)
    webhook, wrong = read_webhook(None if FIELD in graph.inputs else inputs.pop(FIELD, None))
    if wrong:
        raise GraphError(wrong)
    return GraphRequest(
        graph,
        [],
        {"recipe": name, "inputs": without_secret(sent, webhook)},
        inputs=inputs,
        inputs_at=(),
        client=client_of(request),
        owner=owner_of(request),
        idempotency_key=key,
        wished=wishes.or_else(wished),
        webhook=webhook,
        recipe=name,
        tags=tags_of(request),
    )


async def _recipe(request: web.Request, name: str) -> Graph:
    known = request.app[PARTS].catalogue.known()
    try:
        graph = await asyncio.to_thread(known.recipe, name)
    except GraphError as error:
        raise ApiError(
            409,
            "recipe_faulty",
            f"the recipe '{name}' has faults, so it cannot be used. Ask whoever keeps the server "
            f"to run: paintgraph validate {name}",
        ) from error
    if graph is not None:
        return graph
    near = suggestion(name, known.recipes.names()) or f" {RECIPES_URL[:-1]} lists them."
    raise ApiError(404, "unknown_recipe", f"there is no recipe '{shorten(name)}'.{near}")


def _mapping(document: Document) -> dict[str, Any]:
    value = document.value
    if isinstance(value, dict):
        return value
    message = f"the inputs are {shown(value)}; allowed is a mapping of names to values. Send one."
    raise GraphError([Problem("wrong_type", message)])


async def _form(request: web.Request, graph: Graph) -> dict[str, Any]:
    """Inputs from the parts of a form; pictures that are sent become blobs."""
    inputs: dict[str, Any] = {}
    faults = []
    for part in await parts_of(request):
        name = part.name
        if _is_left_empty(part, graph.inputs):
            continue
        try:
            value = await _value(request, part, graph.inputs)
        except BindError as error:
            message = f"input '{name}': {error}"
            faults.append(Problem(error.code, message, None, name, (name,)))
            continue
        earlier = inputs.get(name)
        if isinstance(earlier, list) and isinstance(value, list):
            value = earlier + value  # forms send the entries of a list one by one, too
        elif name in inputs:
            message = f"input '{name}': it is sent twice; once is allowed. Send one part."
            faults.append(Problem("given_twice", message, None, name, (name,)))
        inputs[name] = value
    if faults:
        raise GraphError(faults)
    return inputs


def _is_left_empty(part: Part, declared: Mapping[str, InputSpec]) -> bool:
    """Whether a form sends a field that nobody filled in, and that can have no empty value."""
    if part.data:
        return False
    if part.is_file:
        return not part.file_name
    spec = declared.get(part.name) or SPECS.get(part.name)
    if spec is None:
        return part.name == FIELD
    is_free_text = spec.type == "text" and not spec.choices and not spec.resource
    is_nothing = not spec.required and spec.default is None
    return is_nothing or (not is_free_text and spec.type != "list")


async def _value(request: web.Request, part: Part, declared: Mapping[str, InputSpec]) -> Any:
    if part.is_file:
        return (await asyncio.to_thread(request.app[PARTS].pictures.put, part.data)).digest
    text = part.text()
    if part.name == FIELD and FIELD not in declared:
        return _literal(text, "list")
    spec = declared.get(part.name) or SPECS.get(part.name)
    if spec is None or spec.type not in _PLAIN:
        return text
    if spec.type == "list" and not text.lstrip().startswith("["):
        return [_literal(entry.strip(), spec.items) for entry in text.split(",") if entry.strip()]
    return _literal(text, spec.type)


def _literal(text: str, type_: str) -> Any:
    """The value that a text of a form stands for; the text itself if it stands for none."""
    if type_ not in _PLAIN:
        return text
    try:
        return read_json(text).value
    except TextError:
        return text


RUN = next(route for route in ROUTES if route.handler is run)
"""The route that runs any recipe."""
