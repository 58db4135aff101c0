"""Nodes that hold one value, for graphs that give it to several others."""

from typing import Annotated

from paintgraph.engine.node.declaration import MULTILINE, Range, node

_BIGGEST = 2.0**63


@node(title="Int", category="value", keywords=("number", "constant"))
def primitive_int(value: Annotated[int, "Passed on as it is."] = 0) -> int:
    """Hold a whole number."""
    return value


@node(title="Float", category="value", keywords=("number", "constant", "decimal"))
def primitive_float(
    value: Annotated[float, Range(-_BIGGEST, _BIGGEST, step=0.1), "Passed on as it is."] = 0.0,
) -> float:
    """Hold a number."""
    return value


@node(title="Boolean", category="value", keywords=("true", "false", "constant"))
def primitive_boolean(
    value: Annotated[bool, "Passed on as it is."] = False,  # noqa: FBT002
) -> bool:
    """Hold true or false."""
    return value


@node(title="Text", category="value", keywords=("words", "string", "constant"))
def primitive_string(value: Annotated[str, "Passed on as it is."] = "") -> str:
    """Hold a text of one line."""
    return value


@node(
    title="Text (Multiline)", category="value", keywords=("words", "prompt", "string", "constant")
)
def primitive_string_multiline(
    value: Annotated[str, MULTILINE, "Passed on as it is."] = "",
) -> str:
    """Hold a text of several lines."""
    return value
