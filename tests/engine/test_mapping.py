"""How a node is called over lists, and what `Blocked` and `Failed` do to them."""

from paintgraph.engine.graph.sockets import Blocked, Failed
from paintgraph.engine.node.events import NodeStarted, Warned
from paintgraph.tests.engine.runs import link, node, run_nodes


def test_a_list_gives_one_call_per_element() -> None:
    ran = run_nodes({"n": node("CountUp", n=3), "sum": node("Add", a=link("n"), b=10)})

    assert ran.values("sum") == [10, 11, 12]
    assert [e.elements for e in ran.told(NodeStarted) if e.origin.node == "sum"] == [3]


def test_shorter_lists_repeat_their_last_element() -> None:
    ran = run_nodes(
        {
            "long": node("CountUp", n=4),
            "short": node("CountUp", n=2),
            "sum": node("Add", a=link("long"), b=link("short")),
        }
    )

    assert ran.values("sum") == [0 + 0, 1 + 1, 2 + 1, 3 + 1]


def test_an_empty_list_means_no_call(label: str) -> None:
    ran = run_nodes(
        {
            "none": node("CountUp", n=0),
            "one": node("CountRuns", label=label, value=link("none")),
            "sum": node("Add", a=link("one")),
        }
    )

    assert ran.outcome.state == "succeeded"
    assert ran.values("sum") == []


def test_a_node_that_takes_lists_is_called_once_with_all() -> None:
    ran = run_nodes({"n": node("CountUp", n=5), "all": node("Total", values=link("n"))})

    assert ran.values("all") == [10]


def test_a_node_that_takes_lists_gets_an_empty_one_too() -> None:
    ran = run_nodes({"n": node("CountUp", n=0), "all": node("Total", values=link("n"))})

    assert ran.values("all") == [0]


def test_several_outputs_are_mapped_side_by_side() -> None:
    ran = run_nodes({"n": node("CountUp", n=4), "pair": node("Split", value=link("n"))})

    assert ran.values("pair", 0) == [0, 0, 1, 1]
    assert ran.values("pair", 1) == [0, 1, 1, 2]


def test_ui_values_of_all_calls_are_told_together() -> None:
    ran = run_nodes({"n": node("CountUp", n=3), "show": node("Show", value=link("n"))}, "show")

    assert ran.outcome.results["show"].ui == {"text": ("0", "1", "2")}


def test_a_blocked_element_leaves_out_only_its_own_calls() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=4),
            "even": node("BlockIfOdd", value=link("n")),
            "sum": node("Add", a=link("even"), b=100),
        }
    )

    assert ran.outcome.state == "succeeded"
    assert [100, Blocked(), 102, Blocked()] == ran.values("sum")


def test_only_the_first_reader_of_a_blocked_element_warns() -> None:
    ran = run_nodes(
        {
            "odd": node("BlockIfOdd", value=1),
            "first": node("Add", a=link("odd")),
            "second": node("Add", a=link("first")),
        }
    )

    assert [(e.origin.node, e.message) for e in ran.told(Warned)] == [("first", "1 is odd")]


def test_a_failed_element_fails_only_its_own_calls() -> None:
    ran = run_nodes(
        {
            "n": node("CountUp", n=4),
            "even": node("FailIfOdd", value=link("n")),
            "sum": node("Add", a=link("even"), b=100),
        }
    )

    assert ran.outcome.state == "failed"
    assert [100, Failed("even"), 102, Failed("even")] == ran.values("sum")
    assert [(e.origin.node, e.element) for e in ran.failed()] == [("even", 1), ("even", 3)]


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

    assert ran.values("shown") == ["{'depth': 16}"]
    assert ran.values("shown_later") == ["{'depth': 16}"]


def test_a_value_passed_through_keeps_its_own_facts() -> None:
    ran = run_nodes(
        {
            "deep": node("TellDepth", value=2000, depth=16),
            "deeper": node("TellDepth", value=3000, depth=32),
            "chosen": node("Choose", on=False, when_true=link("deep"), when_false=link("deeper")),
            "shown": node("ShowDepth", value=link("chosen")),
        }
    )

    assert ran.values("shown") == ["{'depth': 32}"]


def test_of_several_inputs_the_one_passed_through_gives_the_facts() -> None:
    ran = run_nodes(
        {
            "deep": node("TellDepth", value=2000, depth=16),
            "deeper": node("TellDepth", value=3000, depth=32),
            "second": node("Second", a=link("deep"), b=link("deeper")),
        }
    )

    assert ran.facts("second") == [{"depth": 32}]


def test_facts_do_not_follow_from_an_input_of_another_type() -> None:
    ran = run_nodes(
        {
            "deep": node("TellDepth", value=2, depth=16),
            "text": node("ShowDepth", value=link("deep")),
        }
    )

    assert ran.facts("text") == [{}]
