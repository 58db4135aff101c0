"""Values that a graph holds, and the switch between two of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.checking import check
from paintgraph.engine.recipes.schema import node_schema
from paintgraph.nodes import build_registry
from paintgraph.tests.nodes.bench import Bench, use

REGISTRY = build_registry()
SWITCHES = ["Switch", "ComfySwitchNode"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("PrimitiveInt", 2**63 - 1),
        ("PrimitiveInt", -(2**63) + 1),
        ("PrimitiveFloat", -0.25),
        ("PrimitiveBoolean", True),
        ("PrimitiveString", "a"),
        ("PrimitiveStringMultiline", "a\nb"),
    ],
)
def test_a_primitive_gives_the_value_that_it_holds(bench: Bench, kind: str, value: Any) -> None:
    found = bench.node(kind, value=value).value().data

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("kind", SWITCHES)
@pytest.mark.parametrize("on", [True, False])
def test_what_is_chosen_is_missed_before_anything_runs(kind: str, on: bool) -> None:  # noqa: FBT001
    chosen, other = ("on_true", "on_false") if on else ("on_false", "on_true")
    graph = Graph({"it": Node(kind, {"switch": on, other: 1})}, outputs={"it": Link("it", 0)})

    (problem,) = check(graph, REGISTRY).problems

    state = "true" if on else "false"
    assert problem.message == (
        f"node 'it' ({kind}): {chosen} is missing though switch is {state}; it takes anything. "
        "Add it."
    )
    assert (problem.code, problem.input) == ("missing_input", chosen)


@pytest.mark.parametrize("kind", SWITCHES)
def test_the_schema_wants_what_is_chosen_alone(kind: str) -> None:
    spec = REGISTRY.spec(kind)
    assert spec is not None
    validator = Draft7Validator(node_schema(spec))

    assert validator.is_valid({"node": kind, "switch": True, "on_true": 1})
    assert validator.is_valid({"node": kind, "switch": "${state.bool}", "on_true": 1})
    assert not validator.is_valid({"node": kind, "switch": True, "on_false": 1})
    assert not validator.is_valid({"node": kind, "switch": False, "on_true": 1})


def test_what_a_link_or_an_input_decides_is_not_missed_yet() -> None:
    nodes = {
        "state": Node("PrimitiveBoolean", {}),
        "one": Node("ComfySwitchNode", {"switch": Link("state", 0), "on_true": 1}),
        "two": Node("ComfySwitchNode", {"switch": InputRef("on"), "on_true": Link("one", 0)}),
    }
    graph = Graph(nodes, {"on": InputSpec("on", "bool")}, {"it": Link("two", 0)})

    assert check(graph, REGISTRY).problems == ()


@pytest.mark.parametrize("kind", SWITCHES)
def test_a_branch_that_leads_nowhere_is_named(kind: str) -> None:
    inputs = {"switch": True, "on_true": Link("nobody", 0)}
    graph = Graph({"it": Node(kind, inputs)}, outputs={"it": Link("it", 0)})

    with pytest.raises(GraphError, match=r"on_true links to 'nobody', but there is no such node"):
        check(graph, REGISTRY).sound()


def _switch(on: object, true: str, false: str) -> Node:
    return Node(
        "ComfySwitchNode", {"switch": on, "on_true": Link(true, 0), "on_false": Link(false, 0)}
    )


SOURCES = {
    "image": Node("EmptyImage", {"width": 4, "height": 3}),
    "mask": Node("SolidMask", {"width": 4, "height": 3}),
    "state": Node("PrimitiveBoolean", {}),
}


@pytest.mark.parametrize(
    ("on", "true", "false", "codes"),
    [
        (True, "mask", "mask", []),
        (True, "image", "image", ["type_mismatch"]),
        (True, "mask", "image", []),  # only what is chosen counts
        (False, "mask", "image", ["type_mismatch"]),
        (Link("state", 0), "image", "mask", []),  # may be either
    ],
)
def test_a_switch_has_the_type_of_what_it_gets(
    on: object, true: str, false: str, codes: list[str]
) -> None:
    nodes = {
        **SOURCES,
        "inner": _switch(on, true, false),
        "outer": _switch(True, "inner", "inner"),  # noqa: FBT003
        "reader": Node("InvertMask", {"mask": Link("outer", 0)}),
    }
    graph = Graph(nodes, outputs={"it": Link("reader", 0)})

    found = check(graph, REGISTRY).errors

    assert [problem.code for problem in found] == codes
    assert all("'outer.output' (ComfySwitchNode) is an image" in p.message for p in found)


def test_a_chain_of_switches_may_be_long_and_end_where_it_began() -> None:
    chain = {str(n): _switch(True, str(n - 1), "mask") for n in range(1, 3000)}  # noqa: FBT003
    nodes = {**SOURCES, "0": _switch(True, "image", "mask"), **chain}  # noqa: FBT003
    reader = {"reader": Node("InvertMask", {"mask": Link("2999", 0)})}
    ring = {**nodes, "0": _switch(True, "2999", "mask"), **reader}  # noqa: FBT003

    long = check(Graph({**nodes, **reader}, outputs={"it": Link("reader", 0)}), REGISTRY).errors
    round_ = check(Graph(ring, outputs={"it": Link("reader", 0)}), REGISTRY).errors

    assert [problem.code for problem in long] == ["type_mismatch"]
    assert [problem.code for problem in round_] == ["cycle"]


@for_all(switches=st.lists(st.booleans(), min_size=1, max_size=6))
def test_no_switch_runs_a_branch_that_is_not_chosen(bench: Bench, switches: list[bool]) -> None:
    """A tree of switches over as many sources as it has ends: one source runs."""
    count = 1 << len(switches)
    nodes = {f"0.{n}": use("SolidMask", width=n + 1, height=1) for n in range(count)}
    for level, on in enumerate(switches, start=1):
        nodes[f"on{level}"] = Node("PrimitiveBoolean", {"value": on})
        for n in range(count >> level):
            nodes[f"{level}.{n}"] = _switch(
                Link(f"on{level}", 0), f"{level - 1}.{2 * n + 1}", f"{level - 1}.{2 * n}"
            )
    top = f"{len(switches)}.0"

    ran = bench.run(nodes, [top])

    chosen = sum(on << place for place, on in enumerate(switches))
    assert [id_ for id_ in ran.finished if id_.startswith("0.")] == [f"0.{chosen}"]
    assert len(ran.finished) == 1 + 2 * len(switches)
    assert ran.array(top).shape == (1, 1, chosen + 1)
    assert np.array_equal(ran.array(top), ran.array(top))
