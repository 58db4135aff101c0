"""A prompt is read as its makers mean it, a recipe as it is written; one fault is told once."""

from typing import Any

import pytest

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import Checked, check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.comfy.drawing import canvas, node, slot

REGISTRY = Registry(fake_nodes.FUNCTIONS, {"KSampler": "InpaintSampler"})
Uses = dict[str, tuple[str, dict[str, Any]]]


def checked(value: dict[str, Any]) -> Checked:
    """A document, read and checked."""
    graph, problems = graph_of(Document(value), "it")
    return check(graph, REGISTRY, problems)


def prompt(**uses: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A prompt of nodes by id, the last of which is shown."""
    last = list(uses)[-1]
    shown = ("Show", {"value": [last, 0]})
    return {
        id_: {"class_type": kind, "inputs": inputs}
        for id_, (kind, inputs) in {**uses, "end": shown}.items()
    }


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None]]:
    """Code, severity and node of each problem."""
    return [(problem.code, problem.severity, problem.node) for problem in problems]


@pytest.mark.parametrize(
    ("given", "value"),
    [("64", 64), (" 64 ", 64), (64.0, 64), (64.7, 64), ("6e1", 60), (5, 5)],
)
def test_a_literal_takes_the_form_of_a_declared_whole_number(given: object, value: int) -> None:
    found = checked(prompt(a=("Number", {"value": given})))

    assert found.problems == ()
    assert found.graph.nodes["a"].inputs == {"value": value}


@pytest.mark.parametrize("given", ["x", "", "nan", "inf", True, None, float("inf")])
def test_what_is_no_number_is_still_a_fault(given: object) -> None:
    assert told(checked(prompt(a=("Number", {"value": given}))).problems) == [
        ("wrong_type", "error", "a")
    ]


def test_numbers_and_texts_and_truths_are_taken_for_each_other() -> None:
    uses: Uses = {"h": ("Half", {"value": "0.5"}), "t": ("Length", {"text": 7})}
    found = checked(prompt(**uses))

    assert found.graph.nodes["h"].inputs == {"value": 0.5}
    assert found.graph.nodes["t"].inputs == {"text": "7"}


def test_a_recipe_stays_strict() -> None:
    recipe = {
        "nodes": {"a": {"node": "Number", "value": "64", "other": 5}},
        "outputs": {"x": "${a.sum}"},
    }

    assert sorted(problem.code for problem in checked(recipe).errors) == [
        "unknown_input",
        "wrong_type",
    ]


def test_literals_that_no_input_takes_are_left_out_with_a_warning() -> None:
    inputs = {"value": 5, "speak_and_recognation": True, "more": "x", "upload": "image"}
    found = checked(prompt(a=("Number", inputs)))

    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("unused_input", "warning")
    assert problem.message == (
        "node 'a' (Number): 'speak_and_recognation', 'more' is no input here and left out; "
        "allowed are value."
    )
    assert found.graph.nodes["a"].inputs == {"value": 5}


@pytest.mark.parametrize("view", [{"__value__": ["", ""]}, {"before": "/view?a", "after": ""}])
def test_what_the_page_shows_in_a_comparison_is_no_input(view: dict[str, Any]) -> None:
    graph, problems = graph_of(
        Document({"1": {"class_type": "ImageCompare", "inputs": {"compare_view": view}}}), "it"
    )

    assert problems == []
    assert graph.nodes["1"].inputs == {}


def test_a_comparison_in_an_editors_file_says_what_was_shown_by_a_name() -> None:
    compared = node(1, "ImageCompare", values=[{"before": "/view?a", "after": "/view?b"}])
    graph, problems = graph_of(Document(canvas([compared], [])), "it")

    assert problems == []
    assert graph.nodes["1"].inputs == {}


def test_a_link_that_no_input_takes_is_a_fault() -> None:
    uses: Uses = {"a": ("Number", {}), "b": ("Number", {"other": ["a", 0]})}

    assert ("unknown_input", "error", "b") in told(checked(prompt(**uses)).problems)


def test_nodes_of_a_kind_that_is_not_here_are_told_once_with_the_way_out() -> None:
    uses: Uses = {f"k{n}": ("KSampler", {}) for n in range(9)}
    found = checked(prompt(**uses))

    (problem,) = [p for p in found.problems if p.severity == "error"]
    assert (problem.code, problem.node, problem.nodes) == ("replaced_node", "k0", tuple(uses))
    assert problem.message == (
        "nodes 'k0' (KSampler), 'k1' (KSampler), 'k2' (KSampler), 'k3' (KSampler), "
        "'k4' (KSampler), 'k5' (KSampler) and 3 more: they do not exist here. Use InpaintSampler."
    )
    assert problem.outputs == ("end",)


def test_the_pack_of_an_unknown_node_is_named() -> None:
    uses: Uses = {"a": ("FaceDetailer", {}), "b": ("SAMLoader", {})}
    (problem,) = checked(prompt(**uses)).errors

    assert "nodes of the pack ltdrdata/ComfyUI-Impact-Pack, which is not loaded" in problem.message


def test_the_pack_that_an_editors_file_names_is_told() -> None:
    one = node(1, "Nobodys", [], ["X"], [1, 2], properties={"aux_id": "some/pack"})
    (problem,) = checked(canvas([one], [])).problems

    assert (problem.code, problem.node) == ("unknown_node", "1")
    assert "a node of the pack some/pack, which is not loaded" in problem.message


def test_an_unknown_node_at_the_end_is_the_only_fault() -> None:
    shown = {"a": {"class_type": "Number", "inputs": {}}}
    shown["b"] = {"class_type": "Compare Everything", "inputs": {"x": ["a", 0]}}

    assert told(checked(shown).problems) == [("unknown_node", "error", "b")]


def test_a_lost_output_is_told_once_however_many_read_it() -> None:
    uses = {id_: ("Add", {"a": ["nowhere", 0], "b": ["nowhere", 0]}) for id_ in "xyz"}

    assert [p.code for p in checked(prompt(**uses)).errors] == ["unknown_link"]


def test_what_is_not_needed_is_told_in_one_line() -> None:
    uses: Uses = {id_: ("Number", {}) for id_ in "abcd"}

    assert told(checked(prompt(**uses)).problems) == [("unreachable", "warning", "a")]


def test_the_editors_faults_point_into_its_file() -> None:
    nodes = [node(3, "Number", [slot("value", "INT", "value")], ["INT"], ["many"])]
    (problem,) = [p for p in checked(canvas(nodes, [])).errors if p.code == "wrong_type"]

    assert (problem.node, problem.pointer) == ("3", "/nodes/0")
