"""Workflows with switches, values and expressions of ComfyUI, from the file to the result."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import graph_of, read_document, read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import build_registry
from paintgraph.tests.engine.comfy.drawing import canvas, node, slot
from paintgraph.tests.engine.comfy.test_templates import workflows
from paintgraph.tests.nodes.bench import Bench, Ran

REGISTRY = build_registry()
KINDS = {"PrimitiveInt", "PrimitiveFloat", "PrimitiveBoolean", "PrimitiveString"}
KINDS |= {"PrimitiveStringMultiline", "ComfySwitchNode", "ComfyMathExpression"}
KINDS |= {"ResizeImageMaskNode"}
NUMBERS = "FLOAT,INT,BOOLEAN"
EITHER = "IMAGE,MASK"


def graph(nodes: list[dict[str, Any]], links: list[Any]) -> Graph:
    """The graph of a file, which is the same by way of a recipe and of the editor again."""
    found: Graph
    found, problems = _read(canvas(nodes, links))
    assert problems == []
    assert (
        _read(write_native(with_names(found, REGISTRY)))[0].nodes
        == with_names(found, REGISTRY).nodes
    )
    assert _read(write_editor(found, REGISTRY))[0].nodes == found.nodes
    return found


def _read(value: dict[str, Any]) -> Any:
    return graph_of(read_document(json.dumps(value).encode()), "it")


def ran(bench: Bench, found: Graph) -> Ran:
    """A run of all that the last node needs."""
    return bench.run(found.nodes, [list(found.nodes)[-1]])


def test_primitives_reach_an_expression_and_a_switch(bench: Bench) -> None:
    numbers = [slot("values.a", NUMBERS), slot("values.b", NUMBERS), slot("values.c", NUMBERS)]
    branches = [
        slot("on_false", "INT"),
        slot("on_true", "INT"),
        slot("switch", "BOOLEAN", "switch"),
    ]
    nodes = [
        node(1, "PrimitiveInt", [slot("value", "INT", "value")], ["INT"], [24, "fixed"]),
        node(2, "PrimitiveFloat", [], ["FLOAT"], [2.5]),
        node(3, "PrimitiveBoolean", [], ["BOOLEAN"], [True]),
        node(4, "ComfyMathExpression", numbers, ["FLOAT", "INT", "BOOLEAN"], ["a * b + 1"]),
        node(5, "ComfySwitchNode", branches, ["INT"], [False]),
    ]
    links = [(1, 0, 4, 0), (2, 0, 4, 1), (1, 0, 5, 0), (4, 1, 5, 1), (3, 0, 5, 2)]
    found = graph(nodes, links)

    assert write_editor(found, REGISTRY)["nodes"][0]["widgets_values"] == [24, "fixed"]
    assert list(found.nodes["4"].inputs) == ["expression", "values.a", "values.b"]
    assert found.nodes["1"].inputs == {"value": 24}
    result = ran(bench, found)
    assert result.value("5").data == 61
    assert sorted(result.finished) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_of_texts_goes_by_its_own_widget(bench: Bench, on: bool) -> None:  # noqa: FBT001
    branches = [slot("on_false", "STRING"), slot("on_true", "STRING")]
    nodes = [
        node(1, "PrimitiveString", [], ["STRING"], ["one"]),
        node(2, "PrimitiveStringMultiline", [], ["STRING"], ["two\nlines"]),
        node(3, "ComfySwitchNode", branches, ["STRING"], [on]),
    ]
    result = ran(bench, graph(nodes, [(1, 0, 3, 0), (2, 0, 3, 1)]))

    assert result.value("3").data == ("two\nlines" if on else "one")
    assert sorted(result.finished) == ["2" if on else "1", "3"]


@pytest.mark.parametrize("mode", [2, 4])
def test_a_branch_that_is_switched_off_is_missed_by_name(mode: int) -> None:
    branches = [slot("on_false", "INT"), slot("on_true", "INT")]
    nodes = [
        node(1, "PrimitiveInt", [], ["INT"], [1, "fixed"], mode=mode),
        node(2, "ComfySwitchNode", branches, ["INT"], [True]),
        node(3, "PreviewAny", [slot("source", "*")]),
    ]
    found, _ = _read(canvas(nodes, [(1, 0, 2, 1), (2, 0, 3, 0)]))

    assert [problem.message for problem in check(found, REGISTRY).errors] == [
        (
            "node '2' (ComfySwitchNode): on_true is missing though switch is true; "
            "it takes anything. Add it."
        )
    ]


@pytest.mark.parametrize(
    ("values", "slots", "size"),
    [
        (["scale by multiplier", 0.5, "area"], [], (4, 3)),
        (["scale dimensions", 5, 7, "center", "lanczos"], ["width:INT", "height:INT"], (7, 5)),
        (["scale longer dimension", 4, "area"], ["longer_size:INT"], (4, 3)),
        (["scale shorter dimension", 3, "bicubic"], [], (4, 3)),
        (["scale width", 12, "bilinear"], ["width:INT"], (16, 12)),
        (["scale height", 4, "nearest-exact"], [], (4, 3)),
        (["scale total pixels", 0.01, "area"], [], (118, 89)),
        (["match size", "disabled", "area"], ["match:" + EITHER], (2, 9)),
        (["scale to multiple", 4, "area"], [], (8, 4)),
    ],
)
@pytest.mark.parametrize("names_all", [False, True])
def test_each_choice_of_resizing_reads_its_own_widgets(
    bench: Bench,
    values: list[Any],
    slots: list[str],
    size: tuple[int, int],
    names_all: bool,  # noqa: FBT001
) -> None:
    inputs = [slot("input", EITHER)]
    for name, _, type_ in (text.partition(":") for text in slots):
        full = f"resize_type.{name}"
        inputs.append(slot(full, type_, "" if name == "match" else full))
    if names_all:
        inputs.append(slot("scale_method", "COMBO", "scale_method"))
    nodes = [
        node(1, "SolidMask", [], ["MASK"], [1.0, 6, 8]),
        node(2, "SolidMask", [], ["MASK"], [1.0, 9, 2]),
        node(3, "ResizeImageMaskNode", inputs, [EITHER], values),
    ]
    links = [(1, 0, 3, 0)] + [(2, 0, 3, 1)] * ("match" in str(slots))
    found = graph(nodes, links)

    assert found.nodes["3"].inputs["scale_method"] == values[-1]
    assert check(Graph(found.nodes, outputs={}), REGISTRY).errors[:-1] == []
    assert ran(bench, found).array("3").shape == (1, *size)


def test_the_sizes_of_a_choice_come_by_links_too(bench: Bench) -> None:
    inputs = [slot("input", EITHER), slot("resize_type.width", "INT", "resize_type.width")]
    nodes = [
        node(1, "SolidMask", [], ["MASK"], [1.0, 6, 8]),
        node(2, "PrimitiveInt", [], ["INT"], [3, "randomize"]),
        node(3, "ResizeImageMaskNode", inputs, ["MASK"],
             ["scale dimensions", 512, 5, "disabled", "area"]),
    ]  # fmt: skip
    result = ran(bench, graph(nodes, [(1, 0, 3, 0), (2, 0, 3, 1)]))

    assert np.array_equal(result.array("3"), np.ones((1, 5, 3), np.float32))


def test_every_template_that_uses_these_nodes_gives_inputs_that_they_take() -> None:
    uses: Counter[str] = Counter()
    refused = []
    for name, text in workflows():
        found, problems = read_graph(text, name)
        uses.update(use.kind for use in found.nodes.values() if use.kind in KINDS)
        refused += [
            problem.message
            for problem in check(found, REGISTRY, problems).problems
            if problem.node
            and problem.node in found.nodes
            and found.nodes[problem.node].kind in KINDS
            and problem.code not in ("unreachable", "unknown_output")
        ]

    assert uses.keys() == KINDS
    assert uses.total() > 1000
    assert [message for message in refused if ": input is missing" not in message] == []
    assert len(refused) <= 1  # a template has a node to which nothing is linked
