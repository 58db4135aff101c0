"""What the nodes that apply recipes need: a recipe by name, with settings that fit it."""

from collections.abc import Mapping
from typing import Any

import orjson

from paintgraph.base.words import suggestion
from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, Node
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.node.context import Context
from paintgraph.engine.recipes.book import RecipeBook

IMAGE = "image"
RECIPE_CALLS = ("MapImages", "ApplyRecipe")
"""Node types that use a recipe by its name."""


def recipe_call(context: Context, recipe: str, settings: str, image: object) -> Node:
    """A use of a recipe on an image; raises NodeError with the cure, Error if it is bad."""
    graph = _graph(context.service(RecipeBook), recipe)
    given = parse_settings(settings)
    declared = {name: spec for name, spec in graph.inputs.items() if name != IMAGE}
    for name in given:
        if name not in declared:
            raise _bad_settings(
                f"the recipe '{recipe}' has no setting '{name}'; it has "
                f"{', '.join(declared) or 'none'}.{suggestion(name, declared)}"
            )
    inputs: dict[str, Any] = {IMAGE: image}
    for name, spec in declared.items():
        if name not in given and spec.required:
            raise _bad_settings(f"the recipe '{recipe}' needs {name}: {spec.about} Add it.")
        value = canonical(spec, given.get(name, spec.default))
        if isinstance(value, Wrong):
            raise _bad_settings(f"of the recipe '{recipe}': {value.message}")
        inputs[name] = value
    return Node(RECIPE_PREFIX + recipe, inputs)


def parse_settings(settings: str) -> Mapping[str, Any]:
    """Settings by name from their JSON object."""
    try:
        given = orjson.loads(settings or "{}")
    except orjson.JSONDecodeError as error:
        raise _bad_settings(f"no JSON ({error}); {_FORM}") from error
    if not isinstance(given, dict):
        raise _bad_settings(f"the JSON is {shown(given)}; {_FORM}")
    return given


_FORM = 'allowed is an object such as {"fraction": 0.25}. Write it so, or use AddSetting.'


def _graph(book: RecipeBook, recipe: str) -> Graph:
    """The recipe, registered as a node type."""
    file = book.path(recipe)
    if file is None:
        near = suggestion(recipe, book.names()) or f" Use one of {', '.join(book.names())}."
        raise NodeError(f"there is no recipe '{recipe}'.{near}", code="unknown_recipe")
    graph = book.load(file)
    if IMAGE not in graph.inputs or IMAGE not in graph.outputs:
        raise NodeError(
            f"the recipe '{recipe}' takes {', '.join(graph.inputs) or 'nothing'} and gives "
            f"{', '.join(graph.outputs) or 'nothing'}; needed is one that takes an image and gives "
            "an image. Use another, or rename what it takes and gives.",
            code="unfit_recipe",
        )
    book.register_used(Graph({"used": Node(RECIPE_PREFIX + recipe, {})}))
    return graph


def _bad_settings(message: str) -> NodeError:
    return NodeError(f"settings: {message}", code="bad_settings")
