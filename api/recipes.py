"""Recipes as endpoints: listed, described by a schema, run with typed inputs."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from api import schemas
from api.app_keys import CATALOGUE, PICTURES
from api.desk import Order
from api.errors import ApiError
from api.jobs import SUBMIT_ERRORS, SUBMITTED, handed_in
from api.keys import client_of
from api.multipart import Part, parts_of
from api.requests import (
    JSON,
    MULTIPART,
    YAML,
    document_of,
    idempotency_key,
    json_response,
    require_type,
    wait_seconds,
)
from api.routes import Route, json_answer, ref
from engine.errors import GraphError, Problem
from engine.formats.native import type_name
from engine.graph import Graph
from engine.schema import recipe_schema
from engine.sockets import shown
from engine.spec import InputSpec
from engine.suggest import suggestion
from engine.text.document import TextError
from engine.text.json_reader import read_json

RECIPES_URL = "/v1/recipes/"
_PLAIN = ("int", "float", "bool", "list")


async def index(request: web.Request) -> web.Response:
    """List the recipes."""
    known = request.app[CATALOGUE].known()
    recipes = await asyncio.to_thread(known.sound_recipes)
    return json_response({"recipes": [_summary(name, graph) for name, graph in recipes.items()]})


def _summary(name: str, graph: Graph) -> dict[str, Any]:
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


async def show(request: web.Request) -> web.Response:
    """Give the JSON Schema of a recipe's inputs."""
    name = request.match_info["name"]
    return json_response(recipe_schema(name, await _recipe(request, name)))


async def run(request: web.Request) -> web.Response:
    """Run a recipe.

    Takes its inputs by name, as JSON or as parts of a form; a part with a file is a picture. It
    answers as for jobs.
    """
    name = request.match_info["name"]
    seconds = wait_seconds(request)
    key = idempotency_key(request)
    graph = await _recipe(request, name)
    require_type(request, (JSON, *YAML, MULTIPART))
    if request.content_type == MULTIPART:
        inputs = await _form(request, graph)
    else:
        inputs = _mapping((await document_of(request, (JSON, *YAML))).value)
    order = Order(
        graph,
        [],
        {"recipe": name, "inputs": inputs},
        inputs=inputs,
        inputs_at=(),
        client=client_of(request),
        idempotency_key=key,
    )
    return await handed_in(request, order, seconds)


async def _recipe(request: web.Request, name: str) -> Graph:
    known = request.app[CATALOGUE].known()
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
    raise ApiError(404, "unknown_recipe", f"there is no recipe '{name[:60]}'.{near}")


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    message = f"the inputs are {shown(value)}; allowed is a mapping of names to values. Send one."
    raise GraphError([Problem("wrong_type", message)])


async def _form(request: web.Request, graph: Graph) -> dict[str, Any]:
    """Inputs from the parts of a form; pictures that are sent become blobs."""
    inputs: dict[str, Any] = {}
    faults = []
    for part in await parts_of(request):
        if part.name in inputs:
            message = f"input '{part.name}': it is sent twice; once is allowed. Send one part."
            path = ("inputs", part.name)
            faults.append(Problem("given_twice", message, None, part.name, path))
        inputs[part.name] = await _value(request, part, graph.inputs)
    if faults:
        raise GraphError(faults)
    return inputs


async def _value(request: web.Request, part: Part, declared: Mapping[str, InputSpec]) -> Any:  # noqa: ANN401 - a literal
    if part.is_file:
        return (await asyncio.to_thread(request.app[PICTURES].put, part.data)).digest
    text = part.text()
    spec = declared.get(part.name)
    if spec is None or spec.type not in _PLAIN:
        return text
    if spec.type == "list" and not text.lstrip().startswith("["):
        return [_literal(entry.strip(), spec.items) for entry in text.split(",") if entry.strip()]
    return _literal(text, spec.type)


def _literal(text: str, type_: str) -> Any:  # noqa: ANN401 - a literal
    """The value that a text of a form stands for; the text itself if it stands for none."""
    if type_ not in _PLAIN:
        return text
    try:
        return read_json(text).value
    except TextError:
        return text


ROUTES = (
    Route(
        "GET",
        "/v1/recipes",
        index,
        "recipes",
        {200: json_answer("All recipes.", "Recipes")},
        (503,),
    ),
    Route(
        "GET",
        "/v1/recipes/{name}",
        show,
        "recipes",
        {200: json_answer("The schema.", "JsonSchema")},
        (404, 409, 503),
    ),
    Route(
        "POST",
        "/v1/recipes/{name}",
        run,
        "recipes",
        SUBMITTED,
        (*SUBMIT_ERRORS, 404, 409),
        (schemas.WAIT, schemas.IDEMPOTENCY_KEY),
        {JSON: ref("RecipeInputs"), MULTIPART: ref("RecipeInputs")},
    ),
)
