"""The node that compares two values."""

import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal

from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.node.declaration import Output, node

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS = ((bool, "bool"), (int | float, "number"), (str, "text"))


class ComparisonError(ValueError):
    """Two values that cannot be compared as asked."""

    code = "not_comparable"


@node(title="If", category="logic", name="If")
def if_(
    first: Annotated[Any, "A number, a text, or true or false."],
    comparison: Annotated[Comparison, "What should hold; the last four want numbers or texts."],
    second: Annotated[Any, "What the first is compared with."],
) -> Annotated[bool, Output("result")]:
    """Say whether a comparison of two values holds, for a Switch to go by.

    Values of different kinds are not equal; 1 and 1.0 are.
    """
    kinds = _kind(first, "first"), _kind(second, "second")
    if comparison in ("==", "!="):
        return (kinds[0] == kinds[1] and first == second) is (comparison == "==")
    if kinds not in (("number", "number"), ("text", "text")):
        raise ComparisonError(
            f"first is {shown(first)} but second is {shown(second)}; allowed with {comparison} are "
            "two numbers or two texts. Compare by == or !=."
        )
    return _ORDERS[comparison](first, second)


def _kind(value: object, name: str) -> str:
    for type_, kind in _KINDS:
        if isinstance(value, type_):
            return kind
    raise ComparisonError(
        f"{name} is {shown(value)}; allowed are numbers, texts, true and false. Compare "
        "what a node tells of it, such as MaskBounds."
    )
