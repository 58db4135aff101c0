"""How a node is called over lists, and what `Blocked` and `Failed` do to them."""

from engine.elements import Blocked, Failed
from engine.events import NodeStarted, Warned
from tests.engine.runs import link, node, run_nodes


def test_a_list_gives_one_call_per_element() -> None:
    ran = run_nodes({"n": node("CountUp", n=3), "sum": node("Add", a=link("n"), b=10)})

    assert [10, 11, 12] == ran.values("sum")
    assert [3] == [e.elements for e in ran.told(NodeStarted) if e.origin.node == "sum"]


def test_shorter_lists_repeat_their_last_element() -> None:
    ran = run_nodes(
        {
            "long": node("CountUp", n=4),
            "short": node("CountUp", n=2),
            "sum": node("Add", a=link("long"), b=link("short")),
        }
    )

    assert [0 + 0, 1 + 1, 2 + 1, 3 + 1] == ran.values("sum")


def test_an_empty_list_means_no_call(label: str) -> None:
    ran = run_nodes(
        {
            "none": node("CountUp", n=0),
            "one": node("CountRuns", label=label, value=link("none")),
            "sum": node("Add", a=link("one")),
        }
    )

    assert "succeeded" == ran.outcome.state
    assert [] == ran.values("sum")


def test_a_node_that_takes_lists_is_called_once_with_all() -> None:
    ran = run_nodes({"n": node("CountUp", n=5), "all": node("Total", values=link("n"))})

    assert [10] == ran.values("all")


def test_a_node_that_takes_lists_gets_an_empty_one_too() -> None:
    ran = run_nodes({"n": node("CountUp", n=0), "all": node("Total", values=link("n"))})

    assert [0] == ran.values("all")


def test_several_outputs_are_mapped_side_by_side() -> None:
    ran = run_nodes({"n": node("CountUp", n=4), "pair": node("Split", value=link("n"))})

    assert [0, 0, 1, 1] == ran.values("pair", 0)
    assert [0, 1, 1, 2] == ran.values("pair", 1)


def test_ui_values_of_all_calls_are_told_together() -> None:
    ran = run_nodes({"n": node("CountUp", n=3), "show": node("Show", value=link("n"))}, "show")

    assert {"text": ("0", "1", "2")} == ran.outcome.results["show"].ui


def test_a_blocked_element_leaves_out_only_its_own_calls() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=4),
            "even": node("BlockIfOdd", value=link("n")),
            "sum": node("Add", a=link("even"), b=100),
        }
    )

    assert "succeeded" == ran.outcome.state
    assert [100, Blocked(), 102, Blocked()] == ran.values("sum")


def test_only_the_first_reader_of_a_blocked_element_warns() -> None:
    ran = run_nodes(
        {
            "odd": node("BlockIfOdd", value=1),
            "first": node("Add", a=link("odd")),
            "second": node("Add", a=link("first")),
        }
    )

    assert [("first", "1 is odd")] == [(e.origin.node, e.message) for e in ran.told(Warned)]


def test_a_failed_element_fails_only_its_own_calls() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=4),
            "even": node("FailIfOdd", value=link("n")),
            "sum": node("Add", a=link("even"), b=100),
        }
    )

    assert "failed" == ran.outcome.state
    assert [100, Failed("even"), 102, Failed("even")] == ran.values("sum")
    assert [("even", 1), ("even", 3)] == [(e.origin.node, e.element) for e in ran.failed()]


def test_a_failed_element_outweighs_a_blocked_one() -> None:
    ran = run_nodes(
        {
            "blocked": node("BlockIfOdd", value=1),
            "failed": node("Fail"),
            "sum": node("Add", a=link("blocked"), b=link("failed")),
        }
    )

    assert [Failed("failed")] == ran.values("sum")


def test_a_failed_element_fails_the_whole_call_of_a_node_that_takes_lists() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=2),
            "even": node("FailIfOdd", value=link("n")),
            "all": node("Total", values=link("even")),
        }
    )

    assert [Failed("even")] == ran.values("all")


def test_facts_follow_from_the_first_input_of_the_same_type() -> None:
    ran = run_nodes(
        {
            "plain": node("Number", value=1),
            "deep": node("TellDepth", value=2, depth=16),
            "deeper": node("TellDepth", value=3, depth=32),
            "sum": node("Add", a=link("deep"), b=link("deeper")),
            "later": node("Add", a=link("plain"), b=link("deep")),
            "shown": node("ShowDepth", value=link("sum")),
            "shown_later": node("ShowDepth", value=link("later")),
        },
        "shown",
        "shown_later",
    )

    assert ["{'depth': 16}"] == ran.values("shown")
    assert ["{'depth': 16}"] == ran.values("shown_later")


def test_a_value_passed_through_keeps_its_own_facts() -> None:
    ran = run_nodes(
        {
            "deep": node("TellDepth", value=2000, depth=16),
            "deeper": node("TellDepth", value=3000, depth=32),
            "chosen": node("Choose", on=False, when_true=link("deep"), when_false=link("deeper")),
            "shown": node("ShowDepth", value=link("chosen")),
        }
    )

    assert ["{'depth': 32}"] == ran.values("shown")


def test_facts_do_not_follow_from_an_input_of_another_type() -> None:
    ran = run_nodes(
        {
            "deep": node("TellDepth", value=2, depth=16),
            "text": node("ShowDepth", value=link("deep")),
        }
    )

    assert [{}] == ran.facts("text")
