"""The run loop: order, events, sharing, failure, letting go."""

import weakref
from collections.abc import Mapping

import pytest

from paintgraph.base.errors import Error
from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import Effect, Failed, Result
from paintgraph.engine.node.declaration import node as declare
from paintgraph.engine.node.events import (
    Event,
    Executed,
    Kept,
    NodeFinished,
    NodeStarted,
    Origin,
    Progress,
    Warned,
)
from paintgraph.engine.node.registry import Registry
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import MANY_LANES, ONE_LANE, link, memory, node, run_nodes


def test_only_what_the_targets_need_is_run() -> None:
    ran = run_nodes({"a": node("Add"), "b": node("Add", a=link("a")), "c": node("Add")}, "b")

    assert ran.started() == ["a", "b"]
    assert {"b"} == ran.outcome.results.keys()


def test_a_node_starts_before_it_finishes_and_after_what_it_reads() -> None:
    ran = run_nodes({"a": node("Number", value=1), "b": node("Add", a=link("a"))})

    told = [(type(e), e.origin.node) for e in ran.told(NodeStarted) + ran.told(NodeFinished)]
    in_order = [
        (NodeStarted, "a"),
        (NodeFinished, "a"),
        (NodeStarted, "b"),
        (NodeFinished, "b"),
    ]
    assert sorted(told, key=str) == sorted(in_order, key=str)
    assert in_order == [
        (type(e), e.origin.node) for e in ran.events if isinstance(e, NodeStarted | NodeFinished)
    ]


def test_the_id_shown_in_an_editor_travels_with_the_events() -> None:
    ran = run_nodes({"a": Node("Add", {}, display="12")})

    assert [Origin("a", "Add", "12", None, "a")] == [e.origin for e in ran.told(NodeStarted)]


def test_progress_and_warnings_name_node_and_element() -> None:
    ran = run_nodes({"n": node("CountUp", n=2), "s": node("Steps", n=link("n"))})

    assert [(e.element, e.done, e.total) for e in ran.told(Progress)] == [(1, 1, 1)]
    assert [(e.element, e.message) for e in ran.told(Warned)] == [
        (0, "all steps are done"),
        (1, "all steps are done"),
    ]
    assert {"s"} == {e.origin.node for e in ran.told(Progress) + ran.told(Warned)}


def test_effects_are_told_and_kept() -> None:
    kept = memory()
    nodes = {"s": node("Save", value=4)}

    first = run_nodes({"n": node("Number"), **nodes}, "s", kept=kept)
    again = run_nodes({"n": node("Number"), **nodes}, "s", kept=kept)

    effects = (Effect("blob-4", "number", ".txt"),)
    assert [(effects, False)] == [(e.effects, e.cached) for e in first.told(Executed)]
    assert [(effects, True)] == [(e.effects, e.cached) for e in again.told(Executed)]


@pytest.mark.parametrize("lanes", [ONE_LANE, MANY_LANES])
@pytest.mark.parametrize("is_kept", [True, False])
def test_equal_nodes_run_once_and_each_reports_itself(
    label: str,
    lanes: Mapping[str, int],
    is_kept: bool,  # noqa: FBT001
) -> None:
    ran = run_nodes(
        {
            "a": node("CountRuns", label=label, value=3),
            "b": node("CountRuns", value=3, label=label),
            "c": node("CountRuns", label=label, value=3, seconds=0),
            "sum": node("Add", a=link("a"), b=link("b")),
        },
        "sum",
        "c",
        lanes=lanes,
        kept=memory() if is_kept else None,
    )

    assert fake_nodes.COUNTS[label] == 1
    assert ran.values("sum") == [6]
    assert ran.values("c") == [3]
    hows = ran.finished()
    assert sorted(hows[id_] for id_ in "abc") == ["computed", "shared", "shared"]


def test_equal_nodes_fail_together() -> None:
    ran = run_nodes({"a": node("Fail"), "b": node("Fail"), "c": node("Add", a=link("b"))}, "a", "c")

    assert len(ran.failed()) == 1
    (causing,) = {failure.origin.node for failure in ran.failed()}
    assert [Failed(causing)] == ran.values("a")
    assert [Failed(causing)] == ran.values("c")


def test_what_is_kept_is_neither_run_nor_are_its_sources(label: str) -> None:
    kept = memory()
    nodes = {
        "a": node("CountRuns", label=label),
        "b": node("Add", a=link("a")),
        "c": node("Add", a=link("b")),
    }
    run_nodes(nodes, "b", kept=kept)

    ran = run_nodes(nodes, "c", kept=kept)

    assert ran.told(Kept) == [Kept(("a", "b"))]
    assert ran.events[0] == Kept(("a", "b"))
    assert ran.finished() == {"b": "cached", "c": "computed"}
    assert ran.started() == ["c"]
    assert fake_nodes.COUNTS[label] == 1


def test_a_node_without_outputs_that_failed_is_not_kept_as_one_that_ran() -> None:
    @declare(title="Refuse", category="test", is_target=True)
    def refuse(value: int) -> None:
        """Fail without outputs."""
        raise RuntimeError(f"no luck with {value}")

    registry = Registry([refuse])
    kept = memory()
    for job in ("1", "2"):
        ran = run_nodes({"r": node("Refuse", value=1)}, registry=registry, kept=kept, job=job)
        assert ran.outcome.state == "failed"


def test_equal_elements_of_another_list_are_other_elements(label: str) -> None:
    kept = memory()
    counted = node("CountRuns", label=label, value=link("n"))
    run_nodes({"n": node("CountUp", n=2), "c": counted}, kept=kept)

    ran = run_nodes({"n": node("CountUp", n=3), "c": counted}, kept=kept)

    assert ran.values("c") == [0, 1, 2]
    assert fake_nodes.COUNTS[label] == 5


def test_elements_that_did_not_fail_are_kept(label: str) -> None:
    kept = memory()
    fails = [True]

    def answer() -> object:
        if fails:
            raise RuntimeError("not yet")
        return 1

    fake_nodes.ANSWERS[label] = answer
    nodes = {
        "n": node("CountUp", n=2),
        "c": node("CountRuns", label=label, value=link("n")),
        "bad": node("Answer", label=label),
        "sum": node("Add", a=link("c"), b=link("bad")),
    }
    run_nodes(nodes, kept=kept)
    fails.clear()

    ran = run_nodes(nodes, kept=kept)

    assert ran.values("sum") == [1, 2]
    assert fake_nodes.COUNTS[label] == 2


def test_what_failed_is_not_kept() -> None:
    kept = memory()
    run_nodes({"f": node("Fail")}, kept=kept)

    assert [event.message for event in run_nodes({"f": node("Fail")}, kept=kept).failed()] == [
        "node 'f' (Fail): RuntimeError: no luck with 0"
    ]


def test_a_volatile_node_runs_once_per_job(label: str) -> None:
    kept = memory()
    nodes = {"v": node("CountVolatileRuns", label=label), "sum": node("Add", a=link("v"))}

    assert run_nodes(nodes, kept=kept, job="one").values("sum") == [2]
    assert run_nodes(nodes, kept=kept, job="one").values("sum") == [2]
    assert run_nodes(nodes, kept=kept, job="two").values("sum") == [3]


def test_equal_volatile_nodes_run_each(label: str) -> None:
    volatile = node("CountVolatileRuns", label=label)
    ran = run_nodes({"a": volatile, "b": volatile, "sum": node("Add", a=link("a"), b=link("b"))})

    assert ran.values("sum") == [3]


def test_a_seed_that_arrives_by_a_link_is_fixed_within_its_job_only() -> None:
    kept = memory()
    nodes = {
        "seed": node("Number", value=-1),
        "pick": node("Pick", sides=["left"], name="sha256:0", seed=link("seed")),
    }

    hows = [run_nodes(nodes, kept=kept, job=job).finished() for job in ("one", "one", "two")]

    assert [how["pick"] for how in hows] == ["computed", "cached", "computed"]


def test_what_a_name_by_a_link_stands_for_is_known_by_its_content(label: str) -> None:
    kept = memory()
    nodes = {
        "name": node("LinkText", source=1),
        "read": node("ReadNote", name=link("name")),
        "count": node("CountNote", label=label, note=link("read")),
    }
    results = []
    for job, content in (("one", "short"), ("two", "much longer"), ("three", "short")):
        fake_nodes.NOTES["1"] = content
        results += run_nodes(nodes, kept=kept, job=job).values("count")

    assert results == [len("short"), len("much longer"), len("short")]
    assert fake_nodes.COUNTS[label] == 2, "the third job found the first one's result"


def test_a_raw_input_gets_the_link_after_its_source_ran() -> None:
    ran = run_nodes({"a": node("Number", value=3), "t": node("LinkText", source=link("a", "sum"))})

    assert ran.values("t") == ["a.0"]
    assert ran.started() == ["a", "t"]


def test_a_failing_node_skips_what_reads_it_and_nothing_else() -> None:
    ran = run_nodes(
        {
            "bad": node("Fail", value=2),
            "after": node("Add", a=link("bad")),
            "later": node("Add", a=link("after")),
            "other": node("Add", a=1),
        },
        "later",
        "other",
    )

    assert ran.outcome.state == "failed"
    assert [Failed("bad")] == ran.values("later")
    assert ran.values("other") == [2]
    assert ran.finished() == {
        "bad": "failed",
        "after": "skipped",
        "later": "skipped",
        "other": "computed",
    }
    (failure,) = ran.outcome.failures
    assert (
        failure.code,
        failure.message,
        failure.inputs,
    ) == ("node_failed", "node 'bad' (Fail): RuntimeError: no luck with 2", {"value": "2"})
    assert isinstance(failure.error, RuntimeError)


def test_a_failure_with_a_code_of_its_own_keeps_it(label: str) -> None:
    def fail() -> object:
        raise Error("the model is gone. Load it again.", code="no_model")

    fake_nodes.ANSWERS[label] = fail

    (failure,) = run_nodes({"a": node("Answer", label=label)}).failed()

    assert failure.code == "no_model"
    assert failure.message == "node 'a' (Answer): the model is gone. Load it again."


def test_a_number_as_code_of_an_error_is_no_code(label: str) -> None:
    class HttpError(Exception):
        code = 404

    def fail() -> object:
        raise HttpError("not there")

    fake_nodes.ANSWERS[label] = fail

    (failure,) = run_nodes({"a": node("Answer", label=label)}).failed()

    assert failure.code == "node_failed"
    assert failure.message == "node 'a' (Answer): HttpError: not there"


def test_stop_begins_nothing_after_a_failure() -> None:
    nodes = {"bad": node("Fail"), **{f"n{i}": node("Add", a=i) for i in range(20)}}

    ran = run_nodes(nodes, *nodes, on_failure="stop", lanes=ONE_LANE)

    assert ran.outcome.state == "failed"
    assert ran.started() == ["bad"]
    assert len(ran.outcome.failures) == 1


def test_stop_makes_no_further_call_of_the_failing_node() -> None:
    nodes = {"n": node("CountUp", n=4), "bad": node("FailIfOdd", value=link("n"))}

    ran = run_nodes(nodes, on_failure="stop")

    assert [failure.element for failure in ran.failed()] == [1]
    assert ran.values("bad") == [0, Failed("bad"), Failed("bad"), Failed("bad")]


def test_a_node_of_which_one_call_succeeds_is_computed() -> None:
    nodes = {"n": node("CountUp", n=4), "bad": node("FailIfOdd", value=link("n"))}

    assert run_nodes(nodes).finished()["bad"] == "computed"


def test_a_node_without_outputs_can_fail_too() -> None:
    @declare(title="Break", category="test", is_target=True)
    def break_() -> None:
        """Fail."""
        raise RuntimeError("no luck")

    ran = run_nodes({"bad": node("Break")}, registry=Registry([break_]))

    assert ran.finished() == {"bad": "failed"}


def test_a_node_fails_with_all_that_it_expands_into() -> None:
    nodes = {"r": node("Repeat", times=2, value="x")}

    assert run_nodes(nodes, is_checked=False).finished()["r"] == "failed"


def test_continue_finishes_what_does_not_need_the_failed_node() -> None:
    nodes = {"bad": node("Fail"), **{f"n{i}": node("Add", a=i) for i in range(20)}}

    ran = run_nodes(nodes, *nodes, lanes=ONE_LANE)

    assert set(nodes) == set(ran.started())
    assert ran.values("n19") == [20]


class Wrong:
    """What no socket knows."""


@pytest.mark.parametrize(
    ("kind", "returned", "message"),
    [
        ("Answer", (1, 2), "output 'sum' of Answer is a list of 2; allowed is a whole number."),
        ("Answer", "five", "output 'sum' of Answer is 'five'; allowed is a whole number."),
        ("Answer", None, "output 'sum' of Answer is null; allowed is a whole number."),
        ("Answer", Wrong(), "output 'sum' of Answer is a Wrong; allowed is a whole number."),
        ("Answer", Result([1, 2]), "Answer returned 2 values for its 1 outputs."),
        ("Answer", Result(), "Answer returned 0 values for its 1 outputs."),
        ("AnswerPair", 1, "AnswerPair returned 1 values for its 2 outputs."),
        ("AnswerPair", (1, 2, 3), "AnswerPair returned 3 values for its 2 outputs."),
        ("AnswerList", 5, "output 'numbers' of AnswerList is 5; allowed is a list."),
        ("AnswerList", None, "output 'numbers' of AnswerList is null; allowed is a list."),
        (
            "AnswerList",
            [1, "two"],
            "output 'numbers' of AnswerList is 'two'; allowed is a whole number.",
        ),
    ],
)
def test_a_node_that_returns_something_else_than_declared_is_a_bad_node(
    label: str, kind: str, returned: object, message: str
) -> None:
    fake_nodes.ANSWERS[label] = lambda: returned

    ran = run_nodes({"a": node(kind, label=label), "other": node("Add")}, "a", "other")

    assert [("bad_node", f"node 'a' ({kind}): {message} This is a fault of the node.")] == [
        (event.code, event.message) for event in ran.failed()
    ]
    assert ran.values("other") == [1]


def test_results_are_let_go_after_their_last_reader(label: str) -> None:
    boxes: list[weakref.ref[fake_nodes.Box]] = []

    def make() -> object:
        box = fake_nodes.Box(5)
        boxes.append(weakref.ref(box))
        return box

    fake_nodes.ANSWERS[label] = make
    alive: dict[str, bool] = {}

    def listen(event: Event) -> None:
        if isinstance(event, NodeStarted) and event.origin.node in ("second", "third"):
            alive[event.origin.node] = boxes[0]() is not None

    ran = run_nodes(
        {
            "box": node("AnswerBox", label=label),
            "first": node("Unwrap", box=link("box")),
            "sum": node("Add", a=link("first")),
            "second": node("Unwrap", box=link("box")),
            "third": node("Add", a=link("sum"), b=link("second")),
        },
        lanes=ONE_LANE,
        listen=listen,
    )

    assert ran.values("third") == [11]
    assert alive == {"second": True, "third": False}


def test_results_of_targets_stay() -> None:
    ran = run_nodes(
        {"box": node("Wrap", content=5), "number": node("Unwrap", box=link("box"))},
        "box",
        "number",
    )

    (box,) = ran.values("box")
    assert box.content == 5


def test_a_graph_without_an_earlier_check_is_refused_by_name() -> None:
    worker = Worker(fake_nodes.registry())

    for nodes, message in (
        ({"a": node("Ad")}, "'a' has the type 'Ad', which this worker does not have. Change it."),
        (
            {"a": node("Add", a=link("b"))},
            "a link leads to 'b', but there is no such node. Change the link.",
        ),
        (
            {"a": node("Add", a=link("b")), "b": node("Add", a=link("a"))},
            "nodes wait for each other: a -> b -> a. Cut a link between them.",
        ),
    ):
        with pytest.raises(Error) as caught:
            run(Graph(nodes), worker, ["a"])
        assert message == str(caught.value)


@pytest.mark.usefixtures("no_thread_left")
def test_an_error_of_the_listener_ends_the_run() -> None:
    def listen(event: Event) -> None:
        if isinstance(event, NodeFinished):
            raise LookupError("nobody listens")  # noqa: TRY004

    with pytest.raises(LookupError, match="nobody listens"):
        run_nodes({"a": node("Sleep", seconds=0)}, listen=listen)


def test_a_chain_of_thousands_runs() -> None:
    nodes = {"n0": node("Number", value=0)}
    for i in range(1, 3000):
        nodes[f"n{i}"] = Node("Add", {"a": Link(f"n{i - 1}", 0), "b": 1})

    ran = run_nodes(nodes, is_checked=False)

    assert ran.values("n2999") == [2999]


def test_a_failure_shows_long_inputs_in_short() -> None:
    ran = run_nodes({"n": node("CountUp", n=9), "f": node("FailLong", values=link("n"))})

    (failure,) = ran.failed()
    assert failure.inputs == {"values": "[0, 1, 2, ...]"}
