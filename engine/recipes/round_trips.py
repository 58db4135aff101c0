"""Pictures that pass through latents where a mask is: every pixel of them changes a little.

Told by the types of inputs and outputs: a mask goes into latents, a picture comes out of them, and
no node lays it over a picture that has not been there.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.graph.structure import cycles, topological_order, upstream

Specs = Mapping[str, NodeSpec | None]

_LATENT, _IMAGE, _MASK = "latent", "image", "mask"
_CROPS, _STITCHES, _COMPOSITES = "CropForInpaint", "StitchInpaint", "ImageCompositeMasked"


class RoundTrip(NamedTuple):
    """A node that makes a picture of latents, and what is said of it and done about it."""

    node: str
    message: str


def round_trips(graph: Graph, specs: Specs, targets: Iterable[str]) -> list[RoundTrip]:
    """The pictures of a run whose pixels outside the mask are not put back.

    The work grows with the graph's links, however many pictures there are.
    """
    marks = (_gives(specs, i, _LATENT) and _links(graph, specs, i, _MASK) for i in graph.nodes)
    if not any(marks) or cycles(graph):
        return []
    order = topological_order(graph)
    wanted = upstream(graph, targets)
    comes = _Sources(graph, specs, [id_ for id_ in order if id_ in wanted])
    bits = {id_: 1 << number for number, id_ in enumerate(comes.decoders)}
    laid = _laid_over(graph, specs, order, bits)
    return sorted(
        RoundTrip(id_, _message(graph, specs, id_, marking, comes.picture[id_]))
        for id_, marking in comes.decoders.items()
        if not laid & bits[id_]
    )


class _Sources:
    """What nodes come of, each after all that it reads.

    Attributes:
        picture: the first picture in the order of the file that latents were made of, by node.
        decoders: those that make a picture of latents with a mask, with the first node in the order
            of the file that took the mask.
    """

    def __init__(self, graph: Graph, specs: Specs, order: Iterable[str]) -> None:
        place = {id_: number for number, id_ in enumerate(graph.nodes)}
        marked: dict[str, str] = {}
        pictured: dict[str, str] = {}
        self.picture: dict[str, Link | None] = {}
        self.decoders: dict[str, str] = {}
        for id_ in order:
            before = [link.node for _, link in graph.nodes[id_].links()]
            is_latent = _gives(specs, id_, _LATENT)
            for found, type_ in ((marked, _MASK), (pictured, _IMAGE)):
                nodes = [found[each] for each in before if each in found]
                if is_latent and _links(graph, specs, id_, type_):
                    nodes.append(id_)
                if nodes:
                    found[id_] = min(nodes, key=place.__getitem__)
            is_decoder = _gives(specs, id_, _IMAGE) and _links(graph, specs, id_, _LATENT)
            if is_decoder and id_ in marked:
                self.decoders[id_] = marked[id_]
                own = _links(graph, specs, marked[id_], _IMAGE)
                first = _links(graph, specs, pictured[id_], _IMAGE) if id_ in pictured else []
                self.picture[id_] = next(iter([*own, *first]), None)


def _gives(specs: Specs, id_: str, type_: str) -> bool:
    spec = specs.get(id_)
    return spec is not None and any(output.type == type_ for output in spec.outputs)


def _links(graph: Graph, specs: Specs, id_: str, type_: str) -> list[Link]:
    """What is linked to a node's inputs of a type."""
    spec = specs.get(id_)
    given = graph.nodes[id_].inputs
    linked = [given.get(i.name) for i in spec.inputs if i.type == type_] if spec else []
    return [link for link in linked if isinstance(link, Link) and link.node in graph.nodes]


def _laid_over(graph: Graph, specs: Specs, order: Iterable[str], bits: Mapping[str, int]) -> int:
    """Those of some nodes, as bits, that a node lays over a picture which does not come of them."""
    made: dict[str, int] = {}
    laid = 0
    for id_ in order:
        of_all = [made.get(link.node, 0) for _, link in graph.nodes[id_].links()]
        made[id_] = reduce(or_, of_all, bits.get(id_, 0))
        pictures = [made.get(link.node, 0) for link in _links(graph, specs, id_, _IMAGE)]
        if pictures and _gives(specs, id_, _IMAGE):
            laid |= reduce(or_, pictures) & ~reduce(and_, pictures)
    return laid


def _message(graph: Graph, specs: Specs, decoder: str, marking: str, picture: Link | None) -> str:
    mask = _links(graph, specs, marking, _MASK)[0]
    said = (
        f": pixels outside the mask of node '{marking}' pass through the VAE, too, and change a "
        "little. To keep them, "
    )
    if picture is None:
        return f"{said}put {_COMPOSITES} behind it, with your picture as destination."
    if graph.nodes[picture.node].kind == _CROPS:
        return (
            f"{said}put {_STITCHES} behind it: painted is node '{decoder}', what it was cut from "
            f"are the inputs and outputs of node '{picture.node}' ({_CROPS})."
        )
    return (
        f"{said}put {_COMPOSITES} behind it: destination is {_named(picture, specs)}, source "
        f"node '{decoder}', mask {_named(mask, specs)}."
    )


def _named(link: Link, specs: Specs) -> str:
    """A node, with the name of its output where it has several."""
    spec = specs.get(link.node)
    if spec is None or len(spec.outputs) < 2:
        return f"node '{link.node}'"
    name = link.output
    if isinstance(name, int) and name < len(spec.outputs):
        name = spec.outputs[name].name
    return f"output {name} of node '{link.node}'"
