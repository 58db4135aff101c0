"""Lazy inputs: what is not asked for is neither run nor waited for, and decides nothing."""

import pytest

from paintgraph.engine.graph.sockets import Failed
from paintgraph.engine.node.events import Kept
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import ONE_LANE, link, memory, node, run_nodes


@pytest.mark.parametrize(("on", "chosen"), [(True, [1]), (False, [2])])
def test_the_branch_not_taken_never_runs(label: str, on: bool, chosen: list[int]) -> None:  # noqa: FBT001
    ran = run_nodes(
        {
            "yes": node("CountRuns", label=f"{label} yes", value=1),
            "no": node("CountRuns", label=f"{label} no", value=2),
            "choice": node("Choose", on=on, when_true=link("yes"), when_false=link("no")),
        }
    )

    assert chosen == ran.values("choice")
    assert ["yes" if on else "no", "choice"] == ran.started()


def test_a_failing_branch_does_no_harm_if_it_is_not_taken() -> None:
    ran = run_nodes(
        {
            "broken": node("Fail"),
            "fine": node("Number", value=7),
            "choice": node("Choose", on=False, when_true=link("broken"), when_false=link("fine")),
        }
    )

    assert ran.outcome.state == "succeeded"
    assert ran.values("choice") == [7]


@pytest.mark.parametrize("lanes", [{"cpu": 1}, {"cpu": 4}])
def test_a_branch_that_failed_for_another_reader_does_no_harm(lanes: dict[str, int]) -> None:
    ran = run_nodes(
        {
            "broken": node("Fail"),
            "reader": node("Add", a=link("broken")),
            "on": node("Sleep", seconds=0.05),
            "late": node("Choose", on=False, when_false=link("on")),
            "choice": node("Choose", on=True, when_true=link("late"), when_false=link("broken")),
        },
        "reader",
        "choice",
        lanes=lanes,
    )

    assert ran.values("choice") == [0]


def test_a_branch_not_taken_does_not_decide_the_number_of_calls() -> None:
    ran = run_nodes(
        {
            "long": node("CountUp", n=5),
            "reader": node("Total", values=link("long")),
            "one": node("Number", value=link("reader")),
            "choice": node("Choose", on=True, when_true=link("one"), when_false=link("long")),
        },
        "reader",
        "choice",
    )

    assert ran.values("choice") == [10]


def test_choices_nest() -> None:
    nodes = {"broken": node("Fail"), "level0": node("Number", value=5)}
    for depth in range(1, 20):
        inner = link(f"level{depth - 1}")
        nodes[f"level{depth}"] = node("Choose", on=True, when_true=inner, when_false=link("broken"))

    ran = run_nodes(nodes)

    assert ran.values("level19") == [5]
    assert "broken" not in ran.started()


def test_each_element_may_need_another_branch() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=2),
            "odd": node("IsOdd", value=link("n")),
            "yes": node("Number", value=1),
            "no": node("Number", value=2),
            "choice": node("Choose", on=link("odd"), when_true=link("yes"), when_false=link("no")),
        }
    )

    assert ran.values("choice") == [2, 1]


def test_a_lazy_literal_is_just_there() -> None:
    ran = run_nodes({"choice": node("Choose", on=True, when_true=3, when_false=4)})

    assert ran.values("choice") == [3]


def test_a_node_that_cannot_say_what_it_needs_fails_alone() -> None:
    ran = run_nodes(
        {
            "number": node("Number", value=1),
            "misled": node("Misled", value=link("number")),
            "other": node("Add", a=4),
        },
        "misled",
        "other",
        lanes=ONE_LANE,
    )

    assert ran.values("other") == [5]
    assert [Failed("misled")] == ran.values("misled")
    assert [event.message for event in ran.failed()] == [
        "node 'misled' (Misled): LookupError: no need for None"
    ]


def test_a_branch_that_was_never_taken_is_not_told_as_kept() -> None:
    kept = memory()
    nodes = {
        "yes": node("Number", value=1),
        "no": node("Number", value=2),
        "choice": node("Choose", on=True, when_true=link("yes"), when_false=link("no")),
    }
    first, second = run_nodes(nodes, kept=kept), run_nodes(nodes, kept=kept)

    assert first.told(Kept) == []
    assert second.told(Kept) == [Kept(("yes", "choice"))]


def test_a_lazy_branch_is_taken_from_the_cache(label: str) -> None:
    kept = memory()
    nodes = {
        "yes": node("CountRuns", label=label, value=1),
        "choice": node("Choose", on=True, when_true=link("yes")),
    }
    run_nodes(nodes, "yes", kept=kept)

    ran = run_nodes(nodes, kept=kept)

    assert ran.finished() == {"yes": "cached", "choice": "computed"}
    assert fake_nodes.COUNTS[label] == 1
