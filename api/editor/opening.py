"""A recipe as a graph that an editor can run: its inputs have values, its results are shown."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from paintgraph.api.comfy.node_types.catalogue import EXAMPLES
from paintgraph.engine.graph.graph import Descriptions, Graph, InputRef, Link, Node
from paintgraph.engine.graph.structure import Specs

PHOTO = f"{EXAMPLES}/rocket.jpg"
MASK = f"{EXAMPLES}/rocket_mask.png"
"""In a folder of their own, so that they are no part of what a batch finds."""

_BOX = (300, 110, 350, 410)  # of the rocket in PHOTO

_BY_TYPE: Mapping[str, object] = {"image": PHOTO, "mask": MASK}
_BY_NAME: Mapping[str, object] = {
    "box": _BOX,
    "points": ((_BOX[0] + _BOX[2]) // 2, (_BOX[1] + _BOX[3]) // 2),
    "prompt": "a rocket",
    "replacement": "a lighthouse",
    "engine": "auto",
}
"""What is tried first; the user's own come by the widgets."""

_SHOWN_BY = {"image": ("SaveImage", "images"), "mask": ("MaskPreview", "mask")}


def opened(recipe: Graph, specs: Specs) -> Graph:
    """The recipe without inputs and outputs of its own.

    An input has its default, else an example. Pictures among the results are saved, masks shown.
    """
    values = {name: _value(name, recipe) for name in recipe.inputs}

    def bound(given: object) -> object:
        return values[given.name] if isinstance(given, InputRef) else given

    nodes = {
        id_: replace(node, inputs={name: bound(given) for name, given in node.inputs.items()})
        for id_, node in recipe.nodes.items()
    }
    shown = dict(_shown(recipe, specs))
    return Graph({**nodes, **shown}, about=recipe.about, descriptions=Descriptions())


def _value(name: str, recipe: Graph) -> Any:
    spec = recipe.inputs[name]
    if not spec.required:
        return spec.default
    kind = spec.type.partition("|")[0]
    return _BY_TYPE.get(kind, _BY_NAME.get(name))


def _shown(recipe: Graph, specs: Specs) -> Iterator[tuple[str, Node]]:
    """A node for each result that a page can show."""
    for name, source in recipe.outputs.items():
        shower = _SHOWN_BY.get(_type_of(source, recipe, specs))
        if shower is not None:
            kind, slot = shower
            yield f"shown_{name}", Node(kind, {slot: source})


def _type_of(source: Link | InputRef, recipe: Graph, specs: Specs) -> str:
    """The type of what an output of a recipe gives; "" if its node is not known."""
    if isinstance(source, InputRef):
        return ""  # what was given is no result
    spec = specs.spec(recipe.nodes[source.node].kind)
    outputs = enumerate(spec.outputs) if spec else ()
    return next((output.type for at, output in outputs if source.output in (at, output.name)), "")
