"""Arithmetic over numbers that come by links."""

import math
from string import ascii_lowercase
from typing import Annotated, NamedTuple

from paintgraph.base.arithmetic import ExpressionError, Number, evaluate
from paintgraph.engine.graph.sockets import BIGGEST_INT, BOOL, FLOAT, INT, SMALLEST_INT, shown
from paintgraph.engine.node.declaration import MULTILINE, Grows, OneOf, node


class Computed(NamedTuple):
    """A number in three forms."""

    float: Annotated[float, "The number."]
    int: Annotated[int, "Its whole part."]
    bool: Annotated[bool, "Whether it is not 0."]


@node(title="Math Expression", category="logic", keywords=("calculate", "formula", "sum"))
def comfy_math_expression(
    expression: Annotated[str, MULTILINE, "Arithmetic such as (a + b) // 2, or max(values)."],
    values: Annotated[
        dict[str, Number],
        OneOf((INT, FLOAT, BOOL)),
        Grows(ascii_lowercase, least=1),
        "A variable of the expression; all of them are the list called values.",
    ],
) -> Computed:
    """Compute a number by arithmetic that is written as text.

    There are + - * / // % **, & | ^ ~ << >>, comparisons, and, or, not, x if c else y, and the
    functions sum, min, max, abs, round, pow, sqrt, ceil, floor, log, log2, log10, sin, cos, tan,
    int, float. True and false count as 1 and 0.
    """
    try:
        result = evaluate(expression, values, {"values": list(values.values())})
    except ExpressionError as error:
        raise ExpressionError(f"expression, {error.message}") from error
    try:
        number = float(result)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not SMALLEST_INT <= result <= BIGGEST_INT:
        raise ExpressionError(
            f"expression gives {shown(result)}; allowed are finite numbers whose whole part has "
            "64 bits. Make it smaller.",
        )
    return Computed(number, int(result), bool(result))
