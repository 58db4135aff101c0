"""Hypothesis strategies for what flows through graphs; they grow with each feature."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from paintgraph.engine.graph.graph import METADATA, Descriptions, Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import accepts
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import declaration_of
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.tests import fake_nodes

MaskKind: TypeAlias = Literal["soft", "hard", "any"]

MAX_SIDE = 12
MAX_BATCH = 3


def _levels(shape: tuple[int, ...], highest: int) -> st.SearchStrategy[NDArray[np.float32]]:
    """Read-only arrays of k/highest, the values that files of that depth can hold."""
    kind = np.uint8 if highest < 256 else np.uint16
    codes = npst.arrays(kind, shape, elements=st.integers(0, highest))
    return codes.map(lambda array: _frozen(np.divide(array, highest, dtype=np.float32)))


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    array.flags.writeable = False
    return array


@st.composite
def sizes(draw: st.DrawFn, max_side: int = MAX_SIDE) -> tuple[int, int]:
    """Height and width, at least 1 px each."""
    sides = st.integers(1, max_side)
    return draw(sides), draw(sides)


@st.composite
def images(  # noqa: PLR0913 - a test pins what it cares for
    draw: st.DrawFn,
    *,
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    channels: int | None = None,
    depth: int = 8,
    max_side: int = MAX_SIDE,
) -> Image:
    """Images `[B, H, W, 3 or 4]` of code values divided by their maximum."""
    height, width = size or draw(sizes(max_side))
    count = batch or draw(st.integers(1, MAX_BATCH))
    colours = channels or draw(st.sampled_from([3, 4]))
    return draw(_levels((count, height, width, colours), (1 << depth) - 1))


@st.composite
def masks(
    draw: st.DrawFn,
    *,
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    kind: MaskKind = "any",
    max_side: int = MAX_SIDE,
) -> Mask:
    """Masks `[B, H, W]`; hard ones hold only 0 and 1, soft ones anything between as well."""
    height, width = size or draw(sizes(max_side))
    count = batch or draw(st.integers(1, MAX_BATCH))
    is_hard = kind == "hard" or (kind == "any" and draw(st.booleans()))
    return draw(_levels((count, height, width), 1 if is_hard else 255))


@st.composite
def images_with_masks(
    draw: st.DrawFn, *, kind: MaskKind = "any", max_side: int = MAX_SIDE
) -> tuple[Image, Mask]:
    """An image and a mask of the same size and batch."""
    image = draw(images(max_side=max_side))
    batch, height, width = image.shape[:3]
    return image, draw(masks(size=(height, width), batch=batch, kind=kind))


GRAPH_NODES = (
    fake_nodes.number, fake_nodes.add, fake_nodes.half, fake_nodes.count_up, fake_nodes.total,
    fake_nodes.choose, fake_nodes.fail_if_odd, fake_nodes.block_if_odd, fake_nodes.wait,
    fake_nodes.sleep, fake_nodes.steps, fake_nodes.repeat, fake_nodes.wrap, fake_nodes.unwrap,
    fake_nodes.split, fake_nodes.pick, fake_nodes.length, fake_nodes.is_odd, fake_nodes.save,
    fake_nodes.tell_depth, fake_nodes.show_depth, fake_nodes.warn_if_odd,
)  # fmt: skip
"""What random graphs are made of: nodes that give the same each time, quickly."""

_SPECS = tuple(declaration_of(function).spec for function in GRAPH_NODES)
_NEVER_LINKED = ("n", "times", "seconds", "sides")  # these decide how long a run takes

ids = st.text("abcdefgXYZ0123 .-_/~#:'\"éü中😀", min_size=1, max_size=6).filter(
    lambda id_: id_ not in ("inputs", "")
)
"""Ids of nodes, as strange as they may be."""

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), codec="utf-8"), max_size=8) | (
    st.sampled_from(["${a.b}", "$${a.b}", "${inputs.x}", "${}", "$", "${a b}", "no", "1", "~", ""])
)
"""Literal texts, among them such as look like references."""


def literals(spec: InputSpec) -> st.SearchStrategy[Any]:
    """What the input takes as a literal."""
    if spec.name in ("n", "times"):
        return st.integers(0, 3)
    if spec.name == "seconds":
        return st.just(0.0)
    if spec.resource:
        return st.just("sha256:0") if spec.resource == "picture" else st.integers(0, 9)
    if spec.items:
        return st.lists(st.sampled_from(spec.choices), max_size=3)
    if spec.choices:
        return st.sampled_from(spec.choices)
    plain: Mapping[str, st.SearchStrategy[Any]] = {
        "int": st.integers(-9, 9),
        "float": st.floats(-1e6, 1e6, width=32) | st.integers(-9, 9),
        "bool": st.booleans(),
        "text": texts,
        "any": st.integers(-9, 9) | st.booleans() | texts,
    }
    return plain[spec.type]


@st.composite
def graphs(draw: st.DrawFn, *, max_nodes: int = 12, cpu_only: bool = False) -> Graph:
    """Valid graphs of several node types, whose nodes stand in any order."""
    names = draw(st.lists(ids, min_size=1, max_size=max_nodes, unique=True))
    nodes: dict[str, Node] = {}
    specs: dict[str, NodeSpec] = {}
    for name in names:
        spec = draw(st.sampled_from(_SPECS))
        if cpu_only and spec.lane != "cpu":
            continue
        inputs = _drawn_inputs(draw, spec, specs)
        if inputs is not None:
            nodes[name], specs[name] = Node(spec.id, inputs), spec
    if not nodes:
        nodes["n"], specs["n"] = Node("Number", {"value": 1}), _SPECS[0]
    with_outputs = [name for name, spec in specs.items() if spec.outputs]
    last = with_outputs[-1:] or ["n"]
    if not with_outputs:
        nodes["n"], specs["n"] = Node("Number", {"value": 1}), _SPECS[0]
    outputs = {f"out {i}": _linked(draw, id_, specs[id_]) for i, id_ in enumerate(last)}
    in_any_order = draw(st.permutations(list(nodes)))
    return Graph({name: nodes[name] for name in in_any_order}, outputs=outputs)


def _linked(draw: st.DrawFn, id_: str, spec: NodeSpec) -> Link:
    return Link(id_, draw(st.sampled_from([output.name for output in spec.outputs])))


def _drawn_inputs(
    draw: st.DrawFn, spec: NodeSpec, earlier: Mapping[str, NodeSpec]
) -> dict[str, Any] | None:
    """Literals and links for a node, or None if no earlier one gives what it needs."""
    inputs: dict[str, Any] = {}
    for declared in spec.inputs:
        links = [
            Link(id_, output.name)
            for id_, source in earlier.items()
            for output in source.outputs
            if accepts(declared.type, output.type)
            and (output.type not in ("any", "box") or output.type == declared.type)
        ]
        is_fixed = declared.resource or declared.name in _NEVER_LINKED
        if links and not is_fixed and draw(st.integers(0, 3)):
            inputs[declared.name] = draw(st.sampled_from(links))
        elif declared.type == "box":
            return None
        elif declared.required or is_fixed or draw(st.booleans()):
            inputs[declared.name] = draw(literals(declared))
    return inputs


@st.composite
def dags(draw: st.DrawFn, *, max_nodes: int = 30) -> Graph:
    """Nodes of one type with many links, in any order; all are targets."""
    count = draw(st.integers(1, max_nodes))
    nodes = {}
    for place in range(count):
        sources = st.none() | st.integers(0, place - 1) if place else st.none()
        ends = {"a": draw(sources), "b": draw(sources)}
        nodes[f"n{place}"] = Node(
            "Add", {name: place if s is None else Link(f"n{s}", 0) for name, s in ends.items()}
        )
    in_any_order = draw(st.permutations(list(nodes)))
    return Graph(
        {name: nodes[name] for name in in_any_order},
        outputs={name: Link(name, 0) for name in nodes},
    )


@st.composite
def recipes(draw: st.DrawFn) -> Graph:
    """Valid graphs with declared inputs, titles and a sentence about them."""
    graph = draw(graphs(max_nodes=6))
    kinds = {"int": "int", "float": "float", "bool": "bool", "text": "text"}
    declared: dict[str, InputSpec] = {}
    nodes: dict[str, Node] = {}
    for id_, node in graph.nodes.items():
        spec = next(s for s in _SPECS if s.id == node.kind)
        inputs = dict(node.inputs)
        for given in spec.inputs:
            is_free = given.name in inputs and not isinstance(inputs[given.name], Link)
            if is_free and given.type in kinds and not given.choices and draw(st.booleans()):
                name = f"in {len(declared)}"
                declared[name] = InputSpec(
                    name,
                    given.type,
                    required=False,
                    default=inputs[given.name],
                    about=draw(texts),
                    unit=given.unit,
                    minimum=given.minimum,
                    maximum=given.maximum,
                )
                inputs[given.name] = InputRef(name)
        nodes[id_] = Node(node.kind, inputs, draw(texts))
    told = Descriptions(
        draw(st.sampled_from((None, *METADATA))), draw(st.sampled_from((None, True, False)))
    )
    return replace(graph, nodes=nodes, inputs=declared, about=draw(texts), descriptions=told)
