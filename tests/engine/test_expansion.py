"""Nodes that expand into other nodes while the graph runs."""

import re
from collections.abc import Mapping

import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Failed, Result
from paintgraph.engine.node.events import NodeFinished, NodeStarted
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import MANY_LANES, ONE_LANE, Ran, link, memory, node, run_nodes


def expand(label: str, nodes: Mapping[str, Node], output: Link) -> None:
    """Let the node `Answer` of this label expand."""
    fake_nodes.ANSWERS[label] = lambda: Result([output], expand=nodes)


def run_beside(nodes: Mapping[str, Node], *targets: str) -> Ran:
    """Run a graph beside a node that has nothing to do with it."""
    return run_nodes({**nodes, "other": node("Add", a=4)}, *targets, "other")


def test_an_expansion_gives_the_result_of_its_nodes() -> None:
    ran = run_nodes({"r": node("Repeat", times=3, value=10), "sum": node("Add", a=link("r"))})

    assert ran.values("sum") == [14]


@pytest.mark.parametrize("lanes", [ONE_LANE, MANY_LANES])
def test_expansions_nest_deeper_than_the_stack(lanes: Mapping[str, int]) -> None:
    ran = run_nodes({"r": node("Repeat", times=300)}, lanes=lanes)

    assert ran.outcome.state == "succeeded"
    assert ran.values("r") == [300]


def test_each_call_expands_on_its_own() -> None:
    ran = run_nodes(
        {"n": node("CountUp", n=4), "r": node("Repeat", times=link("n"), value=100)},
    )

    assert ran.values("r") == [100, 101, 102, 103]


def test_nodes_of_an_expansion_name_what_they_stem_from() -> None:
    ran = run_nodes({"r": node("Repeat", times=2)})

    about = {e.origin.node: e.origin for e in ran.told(NodeStarted)}
    assert sorted(about) == ["r", "r.0.add", "r.0.next", "r.0.next.0.add", "r.0.next.0.next"]
    assert (about["r"].parent, about["r"].submitted, about["r"].display) == (None, "r", "r")
    deepest = about["r.0.next.0.add"]
    assert (deepest.parent, deepest.submitted, deepest.display) == ("r.0.next", "r", "r")
    assert deepest.kind == "Add"


def test_a_node_is_finished_after_all_that_it_expanded_into() -> None:
    ran = run_nodes({"r": node("Repeat", times=2)})

    ended = [e.origin.node for e in ran.told(NodeFinished)]
    assert ended[-1] == "r"
    assert len(ended) == 5


def test_an_equal_expansion_is_not_run_again() -> None:
    kept = memory()
    run_nodes({"r": node("Repeat", times=3)}, kept=kept)

    ran = run_nodes({"again": node("Repeat", times=3)}, kept=kept)

    assert ran.finished() == {"again": "cached"}
    assert ran.values("again") == [3]


def test_a_part_of_an_expansion_that_is_kept_is_not_run_again() -> None:
    kept = memory()
    run_nodes({"sum": node("Add", a=4, b=1)}, kept=kept)

    ran = run_nodes({"r": node("Repeat", times=2, value=4)}, kept=kept)

    assert ran.values("r") == [6]
    assert ran.finished()["r.0.add"] == "cached"


def test_a_failing_node_of_an_expansion_fails_the_node_that_expanded(label: str) -> None:
    expand(label, {"bad": node("Fail", value=3)}, Link("bad", "sum"))

    ran = run_beside({"r": node("Answer", label=label), "sum": node("Add", a=link("r"))}, "sum")

    assert ran.outcome.state == "failed"
    assert [Failed("r")] == ran.values("sum")
    assert ran.values("other") == [5]
    (failure,) = ran.failed()
    assert failure.message == "node 'r' (Fail): RuntimeError: no luck with 3"
    assert (
        failure.origin.node,
        failure.origin.parent,
        failure.origin.submitted,
    ) == ("r.0.bad", "r", "r")


def test_an_expansion_with_a_cycle_fails_and_names_its_nodes() -> None:
    ran = run_beside({"k": node("Knot")}, "k")

    assert [Failed("k")] == ran.values("k")
    assert ran.values("other") == [5]
    (failure,) = ran.failed()
    assert failure.code == "cycle"
    assert failure.message == (
        "node 'k' (Knot): nodes wait for each other: k.0.a -> k.0.b -> k.0.a. "
        "Cut a link between them."
    )


def test_an_expansion_that_waits_for_what_waits_for_it_is_reported(label: str) -> None:
    expand(label, {"inner": node("Add", a=link("reader"))}, Link("inner", 0))
    nodes = {"r": node("Answer", label=label), "reader": node("Add", a=link("r"))}

    ran = run_nodes(nodes)

    (failure,) = ran.failed()
    assert (ran.outcome.state, failure.origin.node, failure.code) == ("failed", "r", "cycle")
    assert re.search(r"'r' \(Answer\): .*'r\.0\.inner'.*Cut", failure.message)


@pytest.mark.parametrize(
    ("nodes", "output", "code", "message"),
    [
        (
            {"a": node("Add", a=link("nowhere"))},
            Link("a", 0),
            "unknown_link",
            "a link leads to 'nowhere', but there is no such node. Change the link.",
        ),
        (
            {"a": node("Add")},
            Link("b", 0),
            "unknown_link",
            "a link leads to 'b', but there is no such node. Change the link.",
        ),
        (
            {"a": node("Add"), "b": node("Add", a=link("a", "product"))},
            Link("b", 0),
            "unknown_output",
            "a link leads to output 'product' of 'a' (Add); it has sum. Change the link.",
        ),
        (
            {"a": node("Add")},
            Link("a", 1),
            "unknown_output",
            "a link leads to output '1' of 'a' (Add); it has sum. Change the link.",
        ),
        (
            {"a": node("Ad")},
            Link("a", 0),
            "unknown_node",
            "'r.0.a' has the type 'Ad', which this worker does not have. Change it.",
        ),
    ],
)
def test_an_expansion_that_leads_nowhere_fails_only_its_node(
    label: str, nodes: Mapping[str, Node], output: Link, code: str, message: str
) -> None:
    expand(label, nodes, output)

    ran = run_beside({"r": node("Answer", label=label)}, "r")

    assert [Failed("r")] == ran.values("r")
    assert ran.values("other") == [5]
    assert [(code, f"node 'r' (Answer): {message}")] == [(e.code, e.message) for e in ran.failed()]


def test_equal_nodes_of_an_expansion_run_once_though_written_in_another_order(label: str) -> None:
    nodes = {
        "a": Node("CountRuns", {"label": label, "value": 1}),
        "b": Node("CountRuns", {"value": 1, "label": label}),
        "sum": node("Add", a=link("a"), b=link("b")),
    }
    counted = f"{label} expands"
    expand(counted, nodes, Link("sum", 0))

    assert run_nodes({"r": node("Answer", label=counted)}).values("r") == [2]
    assert fake_nodes.COUNTS[label] == 1


def test_a_node_may_give_a_link_that_it_got(label: str) -> None:
    fake_nodes.ANSWERS[label] = lambda: Result([Link("n", 0)])

    ran = run_nodes(
        {"n": node("Number", value=7), "r": node("Answer", label=label, value=link("n"))},
        kept=memory(),
    )

    assert ran.values("r") == [7]


def test_an_expansion_may_link_to_a_node_listed_later(label: str) -> None:
    nodes = {
        "picked": node("Pick", sides=["left"], seed=link("seed"), name=link("name")),
        "name": node("LinkText", source=link("seed")),
        "seed": node("Number", value=3),
        "count": node("Length", text=link("picked")),
    }
    expand(label, nodes, Link("count", 0))

    ran = run_nodes({"r": node("Answer", label=label)})

    assert [len("left r.0.seed.0 3")] == ran.values("r")


def test_nodes_that_save_run_though_nothing_reads_them(label: str) -> None:
    expand(label, {"a": node("Add"), "save": node("Save", value=link("a"))}, Link("a", 0))

    ran = run_nodes({"r": node("Answer", label=label)})

    assert ran.finished()["r.0.save"] == "computed"
    assert ran.outcome.state == "succeeded"
