"""The node of arithmetic, and that it gives what Python gives."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, example
from hypothesis import given as for_all
from hypothesis import strategies as st

from paintgraph.base.arithmetic import FUNCTIONS, ExpressionError, evaluate
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.tests.nodes.bench import Bench, Ran


def computed(bench: Bench, expression: str, **values: object) -> Ran:
    """A run of the node over values by the names of their variables."""
    given = {f"values.{name}": value for name, value in values.items()}
    return bench.node("ComfyMathExpression", expression=expression, **given)


def results(ran: Ran) -> list[Any]:
    """The number, its whole part and whether it is not 0."""
    return [ran.value(output=place).data for place in range(3)]


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("a", {"a": 3}, [3.0, 3, True]),
        ("a / 2", {"a": 3}, [1.5, 1, True]),
        ("a - b", {"a": -1, "b": 1.75}, [-2.75, -2, True]),
        ("a > 2048", {"a": 4}, [0.0, 0, False]),
        ("(a % 4 == 1) and ((b - 1) % 4 == 0)", {"a": 5, "b": 9}, [1.0, 1, True]),
        ("a & ~1", {"a": 7}, [6.0, 6, True]),
        ("max(5, round (a * 24)) % 17", {"a": 1.5}, [2.0, 2, True]),
        ("ceil(1.5 * log2(max(a, b))) + 2", {"a": 8, "b": 3}, [7.0, 7, True]),
        ("sum(values) + values[1]", {"a": 1, "b": 2, "c": True}, [6.0, 6, True]),
        ("a if c else b", {"a": 1, "b": 2, "c": False}, [2.0, 2, True]),
        ("z", {"a": 1, "z": 4}, [4.0, 4, True]),
        ("a\n  + b  # and more", {"a": 1, "b": 4}, [5.0, 5, True]),
    ],
)
def test_the_node_computes_what_templates_ask_of_it(
    bench: Bench, expression: str, values: dict[str, object], expected: list[Any]
) -> None:
    found = results(computed(bench, expression, **values))

    assert found == expected
    assert [type(value) for value in found] == [float, int, bool]


def test_variables_come_by_links_of_their_own_types(bench: Bench) -> None:
    nodes = {
        "a": Node("PrimitiveInt", {"value": 2**62 + 1}),
        "b": Node("PrimitiveBoolean", {"value": True}),
        "it": Node(
            "ComfyMathExpression",
            {"expression": "a + b", "values.a": Link("a", 0), "values.b": Link("b", 0)},
        ),
    }

    assert bench.run(nodes).value("it", 1).data == 2**62 + 2


def test_the_first_variable_is_needed_and_others_are_letters(bench: Bench) -> None:
    with pytest.raises(GraphError, match=r"values\.a is missing; it needs a whole number or"):
        computed(bench, "1")
    with pytest.raises(GraphError, match=r"no input 'values\.aa'; allowed are expression, values"):
        computed(bench, "1", a=1, aa=1)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a / b", "character 1: 'a / b' divides by 0; allowed is any other number. Change the "),
        ("1 +\n a % b", "character 6: 'a % b' divides by 0; allowed is any other number. "),
        ("a +", "character 3: invalid syntax; allowed is arithmetic such as a + b. Correct it."),
        ("q", "character 1: 'q' is no variable; there are a, b, values. Change it."),
        ("1 + exp(a)", "character 5: 'exp' is no function; allowed are sum, min, max, abs, "),
        ("a.real", "character 1: 'a.real' is no arithmetic; allowed are numbers, variables, "),
        ("values", "character 1: 'values' is a list; allowed is one of its values, such as "),
        ("values[2]", "character 1: 'values[2]' has the index 2; allowed are 0 to 1. Change it."),
        ("(-a) ** 0.5", "character 1: '(-a) ** 0.5' has no value among the real numbers. "),
        ("log(b)", "character 1: 'log(b)' has no value: "),
        ("a & 0.5", "character 1: 'a & 0.5' has no value: "),
        (" ", "the text is empty; allowed is arithmetic such as a + b. Write it."),
    ],
)
def test_what_cannot_be_computed_is_told_with_its_place(
    bench: Bench, expression: str, message: str
) -> None:
    code, text = computed(bench, expression, a=3, b=0).fault

    assert code == "bad_expression"
    assert text.startswith(f"node 'it' (ComfyMathExpression): expression, {message}")


@pytest.mark.parametrize("expression", ["a * 1e308", "2 ** 64", "-(2 ** 63) - 1", "10 ** 400"])
def test_a_result_is_finite_and_of_64_bits(bench: Bench, expression: str) -> None:
    code, text = computed(bench, expression, a=10).fault

    assert code == "bad_expression"
    assert "expression gives" in text
    assert "allowed are finite numbers whose whole part has 64 bits. Make it smaller." in text


HOSTILE = [
    "9**9**9**9",
    "2 << 10**12",
    "(" * 500 + "1" + ")" * 500,
    "-" * 1990 + "1",
    "+".join(["1"] * 1000),
    "9" * 1990,
    "a" * 100_000,
    "pow(10, 10 ** 9)",
    "round(1, 10 ** 9)",
    "round(10 ** 300, -(10 ** 9))",
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "[x for x in (1, 2)]",
    "(lambda: 1)()",
    "f'{a}'",
    "'%99999999d' % 1",
    "int('9' * 999999)",
    "open",
    "max(*values)",
    "sum(x=1)",
    "sum(values, values)",
    "(a := 1)",
    "{a: 1}",
    "a)(a",
    "a); import os; (a",
    "\x00",
    "\ud800",
    "a\u2028+ b",
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_a_hostile_expression_is_refused(expression: str) -> None:
    """Computing some of them would take hours, so this test would not end."""
    with pytest.raises(ExpressionError):
        evaluate(expression, {"a": 3}, {"values": [3]})


@for_all(expression=st.text() | st.text("ab01.()[]+-*/%<>=&|^~ ,\n'\x0b\u2028é", max_size=40))
@example("é\x0b/0")
def test_any_text_has_a_value_or_is_refused(expression: str) -> None:
    with suppress(ExpressionError):
        value = evaluate(expression, {"a": 3, "b": 0.5}, {"values": [3, 0.5]})
        assert isinstance(value, int | float)


ATOMS = st.sampled_from(["a", "b", "c", "values[0]", "values[-1]", "True"]) | (
    st.integers(0, 99) | st.floats(0, 99, allow_subnormal=False)
).map(json.dumps)
BINARY = ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "and", "or"]
BINARY += ["==", "!=", "<", "<=", ">", ">="]
SINGLE = ["abs", "round", "sqrt", "ceil", "floor", "log", "log2", "log10", "sin", "cos", "tan"]
SINGLE += ["int", "float"]


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return (
        st.tuples(inner, st.sampled_from(BINARY), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | st.tuples(st.sampled_from(["-", "+", "~", "not "]), inner).map(
            lambda p: f"({p[0]}{p[1]})"
        )
        | st.tuples(st.sampled_from(SINGLE), inner).map(lambda p: f"{p[0]}({p[1]})")
        | st.tuples(st.sampled_from(["min", "max", "pow"]), pair).map(
            lambda p: f"{p[0]}({p[1][0]}, {p[1][1]})"
        )
        | st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})")
        | st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})")
        | st.just("sum(values)")
    )


PYTHON = {name: getattr(math, name) for name in SINGLE if hasattr(math, name)}
PYTHON |= {"abs": abs, "round": round, "int": int, "float": float}
PYTHON |= {"min": min, "max": max, "pow": pow, "sum": sum}


@for_all(
    expression=st.recursive(ATOMS, _larger, max_leaves=8),
    a=st.integers(-9, 9),
    b=st.floats(-9, 9),
    c=st.booleans(),
)
def test_a_value_is_what_python_gives(expression: str, a: int, b: float, c: bool) -> None:  # noqa: FBT001
    variables = {"a": a, "b": b, "c": c}
    try:
        found = repr(evaluate(expression, variables, {"values": [a, b, c]}))
    except ExpressionError as error:
        assume("too large" not in error.message)  # Python computes with larger ones
        found = ""

    assert found == _by_python(expression, variables)


@pytest.mark.parametrize("operation", BINARY)
def test_each_operation_is_that_of_python(operation: str) -> None:
    for pair in ("7, 2", "-7, 2", "-7, -2", "7.5, 2", "True, 3", "0, 5"):
        left, right = pair.split(", ")
        expression = f"({left}) {operation} ({right})"
        try:
            found = repr(evaluate(expression, {}))
        except ExpressionError:
            found = ""

        assert found == _by_python(expression, {}), expression


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_is_that_of_python(function: str) -> None:
    arguments = {"pow": "a, b", "sum": "values"}.get(function, "a")
    arguments = "b, a" if function in ("min", "max") else arguments
    variables = {"a": 2.5, "b": 3}

    found = evaluate(f"{function}({arguments})", variables, {"values": [2.5, 3]})

    assert repr(found) == _by_python(f"{function}({arguments})", variables)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("a or 1 / 0", 3), ("b and 1 / 0", 0), ("0 or b", 0), ("a and 5", 5), ("0 > a > 1 / 0", 0)],
)
def test_what_does_not_decide_is_not_computed(expression: str, expected: int) -> None:
    assert evaluate(expression, {"a": 3, "b": 0}) == expected


def _by_python(expression: str, variables: dict[str, Any]) -> str:
    """The value as text; empty if there is none among the real numbers."""
    names = {**PYTHON, **variables, "values": list(variables.values())}
    try:
        value = eval(expression, {"__builtins__": {}}, names)  # noqa: S307 - made by this test
    except (ArithmeticError, ValueError, TypeError):
        return ""
    return "" if isinstance(value, complex) or math.isnan(value) else repr(value)
