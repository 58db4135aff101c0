"""Subgraphs and group nodes are opened as ComfyUI's page opens them."""

from typing import Any

import pytest

from paintgraph.base.text.document import Document
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.flatten import MOST_NODES
from paintgraph.engine.graph.formats.comfy.to_prompt import to_prompt
from paintgraph.tests.engine.comfy.drawing import canvas, load, node, passing, save, slot


def subgraph(
    id_: str, nodes: list[dict[str, Any]], links: list[Any], inputs: list[Any], outputs: list[Any]
) -> dict[str, Any]:
    """A definition; its links are mappings, from -10 (its inputs) and to -20 (its outputs)."""
    drawn = canvas(nodes, links)
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    drawn["links"] = [dict(zip(names, link, strict=True)) for link in drawn["links"]]
    return {**drawn, "id": id_, "name": id_, "inputs": inputs, "outputs": outputs}


def inputs_of(
    nodes: list[dict[str, Any]], links: list[Any], *definitions: dict[str, Any]
) -> dict[str, Any]:
    """The inputs of each node that would be sent."""
    value = canvas(nodes, links, definitions={"subgraphs": list(definitions)})
    return {id_: use["inputs"] for id_, use in to_prompt(Document(value)).prompt.items()}


SCALE = node(
    7,
    "ImageScaleBy",
    [slot("image"), slot("scale_by", "FLOAT", "scale_by")],
    ["IMAGE"],
    ["area", 2.0],
)
DOUBLE = subgraph(
    "double",
    [SCALE],
    [(-10, 0, 7, 0), (-10, 1, 7, 1), (7, 0, -20, 0)],
    [slot("image"), slot("scale_by", "FLOAT")],
    [slot("IMAGE")],
)


def use(id_: int, **more: Any) -> dict[str, Any]:
    """A node that stands for DOUBLE."""
    sides = [slot("image"), slot("scale_by", "FLOAT", "scale_by")]
    return node(id_, "double", sides, ["IMAGE"], **more)


def test_a_subgraph_is_opened_in_place() -> None:
    found = inputs_of([load(), use(2), save()], [(1, 0, 2, 0), (2, 0, 9, 0)], DOUBLE)

    assert found == {
        "1": {"image": "a.png"},
        "9": {"images": ["2:7", 0]},
        "2:7": {"upscale_method": "area", "scale_by": 2.0, "image": ["1", 0]},
    }


@pytest.mark.parametrize(
    "held",
    [
        {"values": [3.0]},
        {"values": [3.0], "widgets_values_named": {"scale_by": 3.0}},
        {"values": [3.0], "properties": {"proxyWidgets": [["-1", "scale_by"]]}},
        {"values": [3.0], "properties": {"proxyWidgets": [["7", "scale_by"]]}},
    ],
    ids=["in order", "by name", "of an input", "of an inner node"],
)
def test_a_promoted_widget_overrides_the_inner_value(held: dict[str, Any]) -> None:
    found = inputs_of([load(), use(2, **held), save()], [(1, 0, 2, 0), (2, 0, 9, 0)], DOUBLE)

    assert found["2:7"]["scale_by"] == 3.0


def test_a_promoted_widget_without_a_value_leaves_the_inner_one() -> None:
    proxied = use(2, values=[], properties={"proxyWidgets": [["7", "scale_by"]]})
    found = inputs_of([load(), proxied, save()], [(1, 0, 2, 0), (2, 0, 9, 0)], DOUBLE)

    assert found["2:7"]["scale_by"] == 2.0


def test_a_promoted_widget_takes_a_primitive_from_outside() -> None:
    number = node(3, "PrimitiveNode", [], ["FLOAT"], [4.0, "fixed"])
    links = [(1, 0, 2, 0), (2, 0, 9, 0), (3, 0, 2, 1)]

    assert inputs_of([load(), number, use(2), save()], links, DOUBLE)["2:7"]["scale_by"] == 4.0


def test_subgraphs_lie_inside_each_other() -> None:
    outer = subgraph(
        "outer",
        [use(5), passing(6)],
        [(-10, 0, 5, 0), (5, 0, 6, 0), (6, 0, -20, 0)],
        [slot("image")],
        [slot("IMAGE")],
    )
    nodes = [load(), node(2, "outer", [slot("image")], ["IMAGE"]), save()]
    found = inputs_of(nodes, [(1, 0, 2, 0), (2, 0, 9, 0)], outer, DOUBLE)

    assert found["2:5:7"]["image"] == ["1", 0]
    assert found["2:6"] == {"image": ["2:5:7", 0]}
    assert found["9"] == {"images": ["2:6", 0]}


def test_a_subgraph_that_only_passes_on_leaves_nothing() -> None:
    through = subgraph("through", [], [(-10, 0, -20, 0)], [slot("image")], [slot("IMAGE")])
    nodes = [load(), node(2, "through", [slot("image")], ["IMAGE"]), save()]

    assert inputs_of(nodes, [(1, 0, 2, 0), (2, 0, 9, 0)], through)["9"] == {"images": ["1", 0]}


@pytest.mark.parametrize(("mode", "images"), [(2, {}), (4, {"images": ["1", 0]})])
def test_a_subgraph_is_muted_and_bypassed_as_a_whole(mode: int, images: dict[str, Any]) -> None:
    found = inputs_of([load(), use(2, mode=mode), save()], [(1, 0, 2, 0), (2, 0, 9, 0)], DOUBLE)

    assert found == {"1": {"image": "a.png"}, "9": images}


def group(**more: Any) -> dict[str, Any]:
    """A group of a reroute, a sampler's choice and a scaling."""
    return {
        "nodes": [
            {"type": "Reroute", "inputs": [slot("", "*")], "outputs": [slot("", "*")], "index": 0},
            {**node(0, "KSamplerSelect", [], ["SAMPLER"], ["euler"]), "index": 1},
            {**SCALE, "inputs": [slot("image")], "index": 2},
        ],
        "links": [[None, 0, 0, 0, 4, "IMAGE"], [0, 0, 2, 0, 5, "IMAGE"]],
        "external": [],
        **more,
    }


@pytest.mark.parametrize("mark", ["/", ">"])
def test_a_group_node_is_opened_with_its_values_in_a_row(mark: str) -> None:
    kind = f"workflow{mark}Mine"
    nodes = [
        load(),
        node(2, kind, [slot("image")], ["SAMPLER", "IMAGE"], ["heun", "bicubic", 3.0]),
        save(),
    ]
    value = canvas(nodes, [(1, 0, 2, 0), (2, 1, 9, 0)], extra={"groupNodes": {"Mine": group()}})
    prompt = to_prompt(Document(value)).prompt

    assert {id_: use["inputs"] for id_, use in prompt.items()} == {
        "1": {"image": "a.png"},
        "9": {"images": ["2:2", 0]},
        "2:1": {"sampler_name": "heun"},
        "2:2": {"upscale_method": "bicubic", "scale_by": 3.0, "image": ["1", 0]},
    }


def test_a_subgraph_that_holds_itself_is_refused() -> None:
    inner = subgraph("inner", [node(1, "outer")], [], [], [])
    outer = subgraph("outer", [node(1, "inner")], [], [], [])

    with pytest.raises(GraphError, match="its subgraph holds itself") as caught:
        inputs_of([node(1, "outer")], [], inner, outer)
    assert caught.value.code == "cycle"


def test_subgraphs_that_double_each_time_end_soon() -> None:
    chain = [
        subgraph(f"s{n}", [node(1, f"s{n + 1}"), node(2, f"s{n + 1}")], [], [], [])
        for n in range(30)
    ]

    with pytest.raises(GraphError, match=f"more than {MOST_NODES} nodes"):
        inputs_of([node(1, "s0")], [], *chain)
