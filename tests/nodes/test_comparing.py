import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.node.events import Executed
from paintgraph.nodes.flow.logic import Comparison, if_
from paintgraph.tests.nodes.bench import Bench, use

COMPARISONS: dict[Comparison, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
numbers = st.integers(-9, 9) | st.floats(-9, 9)
comparisons = st.sampled_from(tuple(COMPARISONS))


@given(st.tuples(numbers, numbers) | st.tuples(st.text(), st.text()), comparisons)
def test_numbers_and_texts_compare_as_in_python(
    pair: tuple[object, object], comparison: Comparison
) -> None:
    assert if_(pair[0], comparison, pair[1]) is COMPARISONS[comparison](*pair)


@pytest.mark.parametrize(("first", "second"), [(1, True), ("1", 1), (0, False), ("", False)])
def test_values_of_different_kinds_are_not_equal(first: object, second: object) -> None:
    assert not if_(first, "==", second)
    assert if_(first, "!=", second)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            1,
            "b",
            (
                "first is 1 but second is 'b'; allowed with < are two numbers or two texts. "
                "Compare by == or !=."
            ),
        ),
        (
            True,
            False,
            (
                "first is true but second is false; allowed with < are two numbers or two texts. "
                "Compare by == or !=."
            ),
        ),
        (
            np.zeros((1, 2, 2), np.float32),
            1,
            (
                "first is a ndarray; allowed are numbers, texts, true and false. Compare what "
                "a node says of it, such as MaskBounds."
            ),
        ),
    ],
)
def test_what_has_no_order_is_told(
    bench: Bench, first: object, second: object, message: str
) -> None:
    ran = bench.node("If", first=first, comparison="<", second=second)

    assert ran.fault == ("not_comparable", f"node 'it' (If): {message}")


def test_a_switch_goes_by_it(bench: Bench) -> None:
    nodes = {
        "mask": use("SolidMask", width=4, height=3),
        "bounds": Node("MaskBounds", {"mask": Link("mask", 0)}),
        "wide": Node("If", {"first": Link("bounds", "width"), "comparison": ">", "second": 3}),
        "it": Node("Switch", {"switch": Link("wide", 0), "on_true": "wide", "on_false": "narrow"}),
    }

    assert bench.run(nodes).value().data == "wide"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("text", "text"),
        (1.5, "1.5"),
        (True, "true"),
        (np.zeros((1, 2, 3), np.float32), "float32[1, 2, 3]"),
    ],
)
def test_preview_any_shows_a_text_and_passes_it_on(
    bench: Bench, source: object, shown: str
) -> None:
    ran = bench.node("PreviewAny", source=source)

    assert ran.value().data == shown
    assert [dict(e.ui) for e in ran.events if isinstance(e, Executed)] == [{"text": (shown,)}]
