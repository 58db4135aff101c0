"""What arrives by a link is checked like what is written down."""

from typing import Any

import pytest

from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.tests.fake_nodes import registry

WORKER = Worker(registry())


def outcome_of(kind: str, **inputs: Any) -> Any:
    """Run a node with each input arriving through a node that passes anything on."""
    nodes = {
        f"from_{name}": Node("Choose", {"on": True, "when_true": value})
        for name, value in inputs.items()
    }
    links = {name: Link(f"from_{name}", 0) for name in inputs}
    return run(Graph({**nodes, "last": Node(kind, links)}), WORKER, ["last"])


@pytest.mark.parametrize(
    ("kind", "inputs", "code", "message"),
    [
        (
            "Number",
            {"value": 2_000_000},
            "out_of_range",
            "value is 2000000; allowed is -1000000 to 1000000 px.",
        ),
        (
            "Split",
            {"value": 4, "at": "fifth"},
            "not_a_choice",
            "at is 'fifth'; allowed are half, third.",
        ),
        ("Add", {"a": "two"}, "wrong_type", "a is 'two'; allowed is a whole number."),
        ("Unwrap", {"box": 5}, "wrong_type", "box is no box; allowed is a box."),
    ],
)  # fmt: skip
def test_what_does_not_fit_fails_the_node_that_gets_it(
    kind: str, inputs: dict[str, Any], code: str, message: str
) -> None:
    (failure,) = outcome_of(kind, **inputs).failures

    assert (failure.code, failure.message) == (code, f"node 'last' ({kind}): {message}")


def test_a_whole_number_arrives_as_a_float_where_one_is_wanted() -> None:
    (value,) = outcome_of("Half", value=5).results["last"].slots[0]

    assert isinstance(value, Value)
    assert repr(value.data) == "2.5"
