import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.tests.nodes.bench import Bench, given, use


@pytest.mark.parametrize("on", [True, False])
def test_only_what_is_chosen_runs(bench: Bench, on: bool) -> None:  # noqa: FBT001 - a case
    mask = np.zeros((1, 3, 4), np.float32)
    nodes = {
        "yes": use("InvertMask", mask=mask),
        "no": use("SoftenMask", mask=mask),
        "it": Node("Switch", {"switch": on, "on_true": Link("yes", 0), "on_false": Link("no", 0)}),
    }

    ran = bench.run(nodes, ["it"])

    assert sorted(ran.finished) == sorted(["it", "yes" if on else "no"])
    assert (ran.array() == on).all()


def test_what_failed_but_is_not_chosen_does_no_harm(bench: Bench) -> None:
    nodes = {
        "broken": Node("LoadImage", {"image": Link("name", 0)}),
        "name": Node("Switch", {"switch": True, "on_true": "no such file.png"}),
        "fine": use("InvertMask", mask=np.zeros((1, 3, 4), np.float32)),
        "it": Node(
            "Switch", {"switch": False, "on_true": Link("broken", 0), "on_false": Link("fine", 0)}
        ),
    }

    assert bench.run(nodes, ["it"]).outcome.state == "succeeded"
    assert bench.run(nodes, ["broken"]).outcome.state == "failed"


def test_facts_pass_through(bench: Bench) -> None:
    value = given(np.zeros((1, 3, 4, 3), np.float32), {"depth": 16, "icc": b"profile"})
    ran = bench.run({"it": Node("Switch", {"switch": True, "on_true": value})})

    assert ran.value().data is value.data
    assert ran.value().facts == value.facts


@pytest.mark.parametrize("literal", [5, 0.5, "text", True])
def test_plain_values_pass_through(bench: Bench, literal: object) -> None:
    assert bench.node("Switch", switch=False, on_false=literal).value().data == literal


@pytest.mark.parametrize(
    ("on", "state", "name"), [(True, "on", "on_true"), (False, "off", "on_false")]
)
def test_what_is_chosen_must_be_given(bench: Bench, on: bool, state: str, name: str) -> None:  # noqa: FBT001 - a case
    other = "on_false" if on else "on_true"
    nodes = {
        "state": Node("PrimitiveBoolean", {"value": on}),
        "it": Node("Switch", {"switch": Link("state", 0), other: 1}),
    }
    ran = bench.run(nodes)

    assert ran.fault == (
        "missing_input",
        (
            f"node 'it' (Switch): the switch is {state}, but {name} is not given. "
            "Link or write a value there."
        ),
    )
