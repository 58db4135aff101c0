"""What the nodes that apply recipes need: a recipe by name, with settings that fit it."""

from collections.abc import Mapping
from typing import Any

import orjson

from paintgraph.base.words import suggestion
from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Node
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.recipes.book import RecipeBook

IMAGE = "image"
RECIPE_CALLS = ("MapImages", "ApplyRecipe")
"""Node types that use a recipe by its name."""


def recipe_call(book: RecipeBook, recipe: str, given: Mapping[str, Any], image: object) -> Node:
    """A use of a recipe on an image with settings by name.

    Raises NodeError with the cure, Error if the recipe is bad.
    """
    declared = {spec.name: spec for spec in _fitting(book, recipe).inputs if spec.name != IMAGE}
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


def _fitting(book: RecipeBook, recipe: str) -> NodeSpec:
    """The recipe as a node type that takes an image and gives one."""
    spec = book.spec(recipe)
    if spec is None:
        near = suggestion(recipe, book.names()) or f" Use one of {', '.join(book.names())}."
        raise NodeError(f"there is no recipe '{recipe}'.{near}", code="unknown_recipe")
    taken, given = [one.name for one in spec.inputs], [one.name for one in spec.outputs]
    if IMAGE not in taken or IMAGE not in given:
        raise NodeError(
            f"the recipe '{recipe}' takes {', '.join(taken) or 'nothing'} and gives "
            f"{', '.join(given) or 'nothing'}; needed is one that takes an image and gives "
            "an image. Use another, or rename what it takes and gives.",
            code="unfit_recipe",
        )
    return spec


def _bad_settings(message: str) -> NodeError:
    return NodeError(f"settings: {message}", code="bad_settings")
