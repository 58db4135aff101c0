"""Pictures that pass through latents where a mask is: every pixel of them changes a little.

Told by the types of inputs and outputs: a mask goes into latents, a picture comes out of them, and
no node lays it over a picture that has not been there.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.graph.structure import upstream

Specs = Mapping[str, NodeSpec | None]

_LATENT, _IMAGE, _MASK = "latent", "image", "mask"
_CROPS, _STITCHES, _COMPOSITES = "CropForInpaint", "StitchInpaint", "ImageCompositeMasked"


class RoundTrip(NamedTuple):
    """A node that makes a picture of latents, and what is said of it and done about it."""

    node: str
    message: str


def round_trips(graph: Graph, specs: Specs, targets: Iterable[str]) -> list[RoundTrip]:
    """The pictures of a run whose pixels outside the mask are not put back."""
    latents = [id_ for id_ in graph.nodes if _gives(specs, id_, _LATENT)]
    masked = [id_ for id_ in latents if _links(graph, specs, id_, _MASK)]
    if not masked:
        return []
    found = []
    for id_ in upstream(graph, targets):
        if not (_gives(specs, id_, _IMAGE) and _links(graph, specs, id_, _LATENT)):
            continue
        before = upstream(graph, [id_])
        marking = next((each for each in masked if each in before), None)
        if marking is not None and not _is_laid_over(graph, specs, id_):
            found.append(RoundTrip(id_, _message(graph, specs, id_, marking)))
    return sorted(found)


def _gives(specs: Specs, id_: str, type_: str) -> bool:
    spec = specs.get(id_)
    return spec is not None and any(output.type == type_ for output in spec.outputs)


def _links(graph: Graph, specs: Specs, id_: str, type_: str) -> list[Link]:
    """What is linked to a node's inputs of a type."""
    spec = specs.get(id_)
    given = graph.nodes[id_].inputs
    linked = [given.get(i.name) for i in spec.inputs if i.type == type_] if spec else []
    return [link for link in linked if isinstance(link, Link) and link.node in graph.nodes]


def _is_laid_over(graph: Graph, specs: Specs, decoder: str) -> bool:
    """Whether a node gives a picture of this one and another that does not come of it."""
    made = _downstream(graph, decoder)
    for id_ in graph.nodes:
        comes = [link.node in made for link in _links(graph, specs, id_, _IMAGE)]
        if _gives(specs, id_, _IMAGE) and any(comes) and not all(comes):
            return True
    return False


def _downstream(graph: Graph, start: str) -> set[str]:
    """A node and all that comes of it."""
    readers: dict[str, list[str]] = {}
    for id_, node in graph.nodes.items():
        for _, link in node.links():
            readers.setdefault(link.node, []).append(id_)
    seen: set[str] = set()
    stack = [start]
    while stack:
        id_ = stack.pop()
        if id_ not in seen:
            seen.add(id_)
            stack.extend(readers.get(id_, ()))
    return seen


def _message(graph: Graph, specs: Specs, decoder: str, marking: str) -> str:
    mask = _links(graph, specs, marking, _MASK)[0]
    said = (
        f": pixels outside the mask of node '{marking}' pass through the VAE, too, and change a "
        "little. To keep them, "
    )
    before = upstream(graph, [decoder])
    encoders = [marking, *(i for i in graph.nodes if i in before and _gives(specs, i, _LATENT))]
    pictures = [link for id_ in encoders for link in _links(graph, specs, id_, _IMAGE)]
    if not pictures:
        return f"{said}put {_COMPOSITES} behind it, with your picture as destination."
    picture = pictures[0]
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
