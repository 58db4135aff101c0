"""What a graph names outside itself becomes fixed before it runs."""

from collections.abc import Mapping
from typing import Any

import pytest

from paintgraph.base.errors import Problem
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.recipes.binding import Binders, bind, fixed, is_open
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import run_nodes

REGISTRY = fake_nodes.registry()
RECIPE = """
inputs:
  amount: {type: int, default: 5}
  name: {type: text, default: a.png}
  half: {type: float}
  sides: {type: list, items: [left, right], default: [left]}
  seed: {type: seed, default: 3}
nodes:
  number: {node: Number, value: "${inputs.amount}"}
  half: {node: Half, value: "${inputs.half}"}
  pick: {node: Pick, sides: "${inputs.sides}", name: "${inputs.name}", seed: "${inputs.seed}"}
  own: {node: Pick, sides: [right], name: own.png, seed: -1}
outputs:
  number: "${number.sum}"
  half: "${half.half}"
  pick: "${pick.text}"
  own: "${own.text}"
"""


def recipe(text: str = RECIPE) -> Graph:
    """The checked graph of a text."""
    graph, problems = read_graph(text.encode(), "test")
    return check(graph, REGISTRY, problems).sound()


def pictures(name: str) -> str:
    """Reference to a picture of a name; none is called "gone"."""
    if name.startswith("gone"):
        raise BindError(f"there is no file '{name}'. Check it.", code="unreadable_file")
    return f"sha256:{name}"


BINDERS = Binders({"picture": pictures, "seed": lambda seed: 77 if seed == -1 else seed})


def inputs(given: Mapping[str, Any], text: str = RECIPE) -> dict[str, dict[str, Any]]:
    """Inputs of all nodes of the bound graph."""
    bound = bind(recipe(text), REGISTRY, given, BINDERS)
    return {id_: dict(node.inputs) for id_, node in bound.nodes.items()}


def problems(given: Mapping[str, Any], text: str = RECIPE) -> list[Problem]:
    """Why binding is refused."""
    with pytest.raises(GraphError) as caught:
        bind(recipe(text), REGISTRY, given, BINDERS)
    return list(caught.value.problems)


def test_given_values_and_defaults_reach_the_nodes() -> None:
    assert inputs({"half": 0.5}) == {
        "number": {"value": 5},
        "half": {"value": 0.5},
        "pick": {"sides": ("left",), "name": "sha256:a.png", "seed": 3},
        "own": {"sides": ("right",), "name": "sha256:own.png", "seed": 77},
    }


def test_given_values_are_brought_into_canonical_form() -> None:
    bound = inputs({"half": 1, "amount": 7.0, "sides": ["left", "right"], "seed": -1})

    assert repr(bound["half"]) == "{'value': 1.0}"
    assert repr(bound["number"]) == "{'value': 7}"
    assert bound["pick"] == {"sides": ("left", "right"), "name": "sha256:a.png", "seed": 77}


def test_a_bound_graph_needs_nothing_more() -> None:
    bound = bind(recipe(), REGISTRY, {"half": 3}, BINDERS)

    assert bound.inputs == {}
    assert {"number", "half", "pick", "own"} == bound.outputs.keys()
    ran = run_nodes(bound.nodes, "pick", "half")
    assert (ran.values("pick"), ran.values("half")) == (["left sha256:a.png 3"], [1.5])


def test_what_is_not_named_by_a_resource_stays_as_it_is() -> None:
    bound = bind(recipe(), REGISTRY, {"half": 1}, Binders({}))

    assert bound.nodes["pick"].inputs["name"] == "a.png"
    assert bound.nodes["own"].inputs["seed"] == -1


def test_all_problems_are_told_at_once() -> None:
    told = problems(
        {"amuont": 1, "amount": "x", "name": "gone.png", "sides": ["up"], "zzz": 2, "seed": -2}
    )

    assert [(problem.code, problem.message) for problem in told] == [
        (
            "unknown_input",
            (
                "input 'amuont': the recipe has no such input; it has amount, name, half, sides, "
                "seed. Did you mean 'amount'?"
            ),
        ),
        (
            "unknown_input",
            "input 'zzz': the recipe has no such input; it has amount, name, half, sides, seed.",
        ),
        ("wrong_type", "input amount is 'x'; allowed is a whole number."),
        ("missing_input", "input 'half' is missing; its type is float. Give it a value."),
        ("not_a_choice", "input sides has 'up'; allowed are left, right."),
        ("out_of_range", "input seed is -2; allowed is -1 to 9007199254740991."),
        ("unreadable_file", "input 'name': there is no file 'gone.png'. Check it."),
    ]
    assert (told[-1].node, told[-1].input, told[-1].pointer) == ("pick", "name", "/inputs/name")


def test_an_entry_of_a_list_is_named_with_its_input() -> None:
    (problem,) = problems({"half": 1, "sides": [5]})

    assert problem.message == ("input 'sides': an entry of sides is 5; allowed is text. Quote it.")


def test_a_text_in_place_of_a_list_is_cured_by_brackets() -> None:
    (problem,) = problems({"half": 1, "sides": "left"})

    assert problem.message == "input sides is 'left'; allowed is a list. Write ['left']."


def test_a_value_out_of_range_is_told_at_the_node_that_it_reaches() -> None:
    (problem,) = problems({"half": 1, "amount": 2_000_000})

    assert (problem.code, problem.node, problem.input, problem.pointer, problem.message) == (
        "out_of_range",
        "number",
        "value",
        "/inputs/amount",
        (
            "input 'amount', used by node 'number' (Number): value is 2000000; allowed is "
            "-1000000 to 1000000 px."
        ),
    )


def test_a_default_out_of_range_is_told_at_the_node_that_it_reaches() -> None:
    text = RECIPE.replace("default: 5", "default: 3000000")
    (problem,) = problems({"half": 1}, text)

    assert problem.message.startswith("input 'amount', used by node 'number' (Number): value is 30")


def test_a_literal_that_cannot_be_bound_is_told_at_its_node() -> None:
    (problem,) = problems({"half": 1}, RECIPE.replace("own.png", "gone too"))

    assert (problem.node, problem.input, problem.pointer) == ("own", "name", "/nodes/own/name")
    assert problem.message == "node 'own' (Pick): name: there is no file 'gone too'. Check it."


def test_null_leaves_an_optional_input_at_its_default() -> None:
    text = RECIPE.replace("default: 5", "default: null")

    assert inputs({"half": 1}, text)["number"] == {"value": 0}


def test_null_is_refused_by_an_input_that_needs_a_value() -> None:
    text = RECIPE.replace("{type: float}", "{type: float, default: null}")
    (problem,) = problems({}, text)

    assert problem.code == "wrong_type"
    assert (
        problem.message
        == "input 'half', used by node 'half' (Half): value is null; allowed is a number."
    )


@pytest.mark.parametrize(
    ("resource", "literal", "expected"),
    [
        ("picture", "a.png", True),
        ("picture", "sha256:00", False),
        ("picture", None, False),
        ("seed", -1, True),
        ("seed", 5, False),
        ("model", "big", False),
        ("", "a.png", False),
    ],
)
def test_open_is_what_may_change_from_run_to_run(
    resource: str,
    literal: object,
    expected: bool,  # noqa: FBT001
) -> None:
    declared = InputSpec("x", "text", resource=resource)
    spec = NodeSpec("It", "It", "test", "It.", (declared,), ())

    assert expected == is_open(spec, declared, {"x": literal})


@pytest.mark.parametrize(("default", "names_nothing"), [("", True), ("a.png", False)])
def test_an_empty_name_names_nothing_where_nothing_is_the_default(
    default: str,
    names_nothing: bool,  # noqa: FBT001 - a case
) -> None:
    declared = InputSpec("x", "text", required=False, default=default, resource="picture")
    spec = NodeSpec("It", "It", "test", "It.", (declared,), ())

    assert is_open(spec, declared, {"x": ""}) is not names_nothing
    bound = fixed({"x": ""}, spec, lambda _, name: pictures(name), lambda *_: None)
    assert bound == ({} if names_nothing else {"x": "sha256:"})


def test_a_name_of_a_catalogue_is_open_until_it_or_what_it_leads_to_is_bound() -> None:
    name = InputSpec("engine", "text", resource="engine:any")
    led_to = InputSpec("painter", "list", resource="painter", found_by=("engine",))
    spec = NodeSpec("It", "It", "test", "It.", (name, led_to), ())

    assert is_open(spec, name, {"engine": "auto"})
    assert is_open(spec, name, {"engine": "auto", "painter": ()})
    assert not is_open(spec, name, {"engine": "big@sha256:00"})
    assert not is_open(spec, name, {"engine": "auto", "painter": ("big@sha256:00",)})
