"""What the nodes that apply recipes need: a recipe by name, with settings that fit it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from paintgraph.base.words import suggestion
from paintgraph.engine.errors import NodeError
from paintgraph.engine.execution.foreseeing import Called, Calls, Texts, texts_of
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Link, Node
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.book import RecipeBook

IMAGE = "image"
_PICTURES_OF = {"MapImages": "names", "ApplyRecipe": "image"}
"""Node types that use a recipe by its name, and the input that names the pictures."""


def uses_recipes(node: Node) -> bool:
    """Whether a node is a recipe, or calls one by its name."""
    return node.kind.startswith(RECIPE_PREFIX) or node.kind in _PICTURES_OF


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


def calls_of(registry: Registry) -> Calls:
    """What the nodes that apply recipes will expand into, as far as their settings are known."""

    def calls(nodes: Mapping[str, Node], node: Node) -> Called | None:
        if node.kind not in _PICTURES_OF:
            return None
        names = tuple(texts_of(node.inputs.get("recipe_name"), nodes, registry))
        specs = {name: registry.spec(RECIPE_PREFIX + name) for name in names}
        pictures = texts_of(node.inputs.get(_PICTURES_OF[node.kind]), nodes, registry)
        inner = {"picture": Node("LoadListedImage", {"image": Texts(tuple(pictures)), "name": ""})}
        settings = _foreseen_settings(node.inputs.get("settings", ""), nodes, registry)
        for name, spec in specs.items():
            if spec is not None:
                defaults = {one.name: one.default for one in spec.inputs}
                known = {name: value for name, value in settings.items() if name in defaults}
                inner[name] = Node(RECIPE_PREFIX + name, {**defaults, **known, IMAGE: Texts()})
        is_known = bool(names) and all(specs.values())
        return Called(names if is_known else None, inner)

    return calls


def _foreseen_settings(
    value: object, nodes: Mapping[str, Node], registry: Registry
) -> dict[str, Any]:
    """The settings that will come to a node, as far as they are written in the graph."""
    added: dict[str, Any] = {}
    seen: set[str] = set()
    while isinstance(value, Link) and value.node in nodes and value.node not in seen:
        seen.add(value.node)
        node = nodes[value.node]
        if node.kind != "AddSetting":
            break
        setting, name = node.inputs.get("value"), node.inputs.get("name")
        if isinstance(setting, Link):
            setting = Texts(tuple(texts_of(setting, nodes, registry)))
        if isinstance(name, str):
            added.setdefault(name, setting)
        value = node.inputs.get("settings", "")
    for text in texts_of(value, nodes, registry):
        with suppress(NodeError):
            added = {**parse_settings(text), **added}
    return added
