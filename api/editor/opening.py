"""A recipe as a graph that an editor can run: its inputs have values, its results are shown."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from paintgraph.api.comfy.node_types.catalogue import EXAMPLES
from paintgraph.api.comfy.node_types.wire import is_widget
from paintgraph.base.errors import Error
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.structure import Specs

PHOTO = f"{EXAMPLES}/rocket.jpg"
MASK = f"{EXAMPLES}/rocket_mask.png"
STROKES = f"{EXAMPLES}/rocket_strokes.png"
PICTURES = (PHOTO, MASK, STROKES)
"""In a folder of their own, so that they are no part of what a batch finds."""

_BOX = (300, 110, 350, 410)  # of the rocket in PHOTO
_OUTLINE = (  # of the rocket, too
    *(322, 126, 334, 145, 334, 175, 336, 265, 331, 340, 331, 405),
    *(313, 405, 313, 340, 309, 265, 311, 175, 312, 145),
)

_BY_TYPE: Mapping[str, object] = {"image": PHOTO, "mask": MASK}
_BY_NAME: Mapping[str, object] = {
    "box": _BOX,
    "head": _BOX,
    "images": (PHOTO,),
    "outline": _OUTLINE,
    "mask": MASK,
    "points": ((_BOX[0] + _BOX[2]) // 2, (_BOX[1] + _BOX[3]) // 2),
    "prompt": "a rocket",
    "replacement": "a lighthouse",
    "strokes": STROKES,
    "engine": "auto",
}
"""What is tried first, by name; the user's own come by the widgets."""

_SHOWN = "shown_"
_SHOWN_BY = {"image": ("SaveImage", "images"), "mask": ("MaskPreview", "mask")}

_PRIMITIVES: Mapping[type, str] = {
    bool: "PrimitiveBoolean",
    int: "PrimitiveInt",
    float: "PrimitiveFloat",
    str: "PrimitiveString",
}
"""Nodes that give one value."""


def opened(recipe: Graph, specs: Specs) -> Graph:
    """The recipe without inputs and outputs of its own.

    An input has its default, else an example. Pictures among the results are saved, masks shown.
    The graph may have faults: nodes of unknown types stay, links that lead nowhere go.
    """
    values = {name: _value(name, recipe) for name in recipe.inputs}

    def bound(given: object) -> object:
        return values.get(given.name) if isinstance(given, InputRef) else given

    nodes = {
        id_: replace(node, inputs={name: bound(given) for name, given in node.inputs.items()})
        for id_, node in recipe.nodes.items()
    }
    whole = {**nodes, **dict(_shown(recipe, specs))}
    whole = dict(_with_own_nodes(_told_apart(whole, recipe, specs), specs))
    return _linked_by_position(Graph(whole, about=recipe.about, editor=recipe.editor), specs)


def _value(name: str, recipe: Graph) -> Any:
    spec = recipe.inputs[name]
    if not spec.required:
        return spec.default
    kind = spec.type.partition("|")[0]
    return _BY_NAME.get(name, _BY_TYPE.get(kind))


def _shown(recipe: Graph, specs: Specs) -> Iterator[tuple[str, Node]]:
    """A node for each result that a page can show."""
    for name, source in recipe.outputs.items():
        shower = _SHOWN_BY.get(_type_of(source, recipe, specs))
        if shower is not None:
            kind, slot = shower
            yield _SHOWN + name, Node(kind, {slot: source})


def _told_apart(nodes: Mapping[str, Node], recipe: Graph, specs: Specs) -> Mapping[str, Node]:
    """The nodes; several of one type that read inputs or show results are titled by their names."""
    names = {
        id_: given.name
        for id_, node in recipe.nodes.items()
        for given in node.inputs.values()
        if isinstance(given, InputRef) and _is_picture(given, recipe)
    }
    names |= {id_: id_.removeprefix(_SHOWN) for id_ in nodes if id_ not in recipe.nodes}
    kinds = Counter(nodes[id_].kind for id_ in names)

    def titled(id_: str, node: Node) -> Node:
        spec = specs.spec(node.kind)
        if node.title or spec is None or id_ not in names or kinds[node.kind] == 1:
            return node
        return replace(node, title=f"{spec.title}: {names[id_]}")

    return {id_: titled(id_, node) for id_, node in nodes.items()}


def _is_picture(given: InputRef, recipe: Graph) -> bool:
    return given.name in recipe.inputs and recipe.inputs[given.name].resource == "picture"


def _with_own_nodes(nodes: Mapping[str, Node], specs: Specs) -> Iterator[tuple[str, Node]]:
    """The nodes; a value where a page has no widget comes from a node of its own."""
    for id_, node in nodes.items():
        spec = specs.spec(node.kind)
        sockets = {each.name for each in spec.inputs if not is_widget(each)} if spec else set()
        linked = {}
        for name, given in node.inputs.items():
            if name in sockets and type(given) in _PRIMITIVES:
                own = f"{id_}_{name}"
                yield own, Node(_PRIMITIVES[type(given)], {"value": given})
                linked[name] = Link(own, 0)
        yield id_, replace(node, inputs={**node.inputs, **linked})


def _type_of(source: Link | InputRef, recipe: Graph, specs: Specs) -> str:
    """The type of what an output of a recipe gives; "" if its node is not known."""
    if isinstance(source, InputRef):
        return ""  # what was given is no result
    spec = specs.spec(recipe.nodes[source.node].kind) if source.node in recipe.nodes else None
    outputs = enumerate(spec.outputs) if spec else ()
    return next((output.type for at, output in outputs if source.output in (at, output.name)), "")


def _linked_by_position(graph: Graph, specs: Specs) -> Graph:
    """The graph with links as editors have them.

    Outputs of unknown types stand in the order in which their names are used first.
    """
    slots = Slots(graph, specs)
    used: dict[str, list[str | int]] = {}

    def placed(given: object) -> object:
        if not isinstance(given, Link):
            return given
        with suppress(Error):
            return Link(given.node, slots.position(given)) if given.node in graph.nodes else None
        if specs.spec(graph.nodes[given.node].kind) is not None:
            return None
        names = used.setdefault(given.node, [])
        if given.output not in names:
            names.append(given.output)
        return Link(given.node, names.index(given.output))

    nodes = {
        id_: replace(node, inputs={name: placed(given) for name, given in node.inputs.items()})
        for id_, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes)
