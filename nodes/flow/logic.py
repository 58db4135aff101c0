"""Nodes that take values of any kind: decide, compare, pass on one by one, show."""

import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import orjson

from paintgraph.base.errors import Error
from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.sockets import Result, shown
from paintgraph.engine.node.declaration import LAZY, Output, When, node
from paintgraph.imaging.geometry.boxes import Boxes


def _wanted(switch: bool, on_true: object, on_false: object) -> list[str]:  # noqa: FBT001
    del on_true, on_false
    return ["on_true" if switch else "on_false"]


Switching = Annotated[bool, "On passes on_true on, off passes on_false on."]
OnTrue = Annotated[Any, LAZY, When("switch", (True,)), "Passed on if the switch is on."]
OnFalse = Annotated[Any, LAZY, When("switch", (False,)), "Passed on if the switch is off."]
Chosen = Annotated[Any, Output("output", ("on_true", "on_false"))]


@node(
    title="Switch",
    category="logic",
    keywords=("choose", "condition", "select input"),
    needs=_wanted,
    see_also={"ComfySwitchNode": "The same by ComfyUI's name."},
)
def switch(switch: Switching, on_true: OnTrue, on_false: OnFalse) -> Chosen:
    """Pass one of two values on; what leads to the other one alone does not run."""
    return _passed_on(switch, on_true, on_false)


@node(
    title="If/Else Switch",
    category="logic",
    keywords=("choose", "condition"),
    needs=_wanted,
    see_also={"Switch": "The same, as recipes call it."},
)
def comfy_switch_node(switch: Switching, on_false: OnFalse, on_true: OnTrue) -> Chosen:
    """Pass one of two values on: the Switch by the name that it has in ComfyUI."""
    return _passed_on(switch, on_true, on_false)


def _passed_on(switch: Switching, on_true: object, on_false: object) -> object:
    chosen = on_true if switch else on_false
    if chosen is None:
        name, state = ("on_true", "on") if switch else ("on_false", "off")
        raise NodeError(
            f"the switch is {state}, but {name} is not given. Link or write a value there.",
            code="missing_input",
        )
    return chosen


Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS = ((bool, "bool"), (int | float, "number"), (str, "text"))


class ComparisonError(Error):
    """Two values that cannot be compared as asked."""

    code = "not_comparable"


@node(title="If", category="logic", keywords=("condition", "branch"), name="If")
def if_(
    first: Annotated[Any, "A number, a text, or true or false."],
    comparison: Annotated[Comparison, "The comparison; the last four need numbers or texts."],
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
        "what a node says of it, such as MaskBounds."
    )


@node(title="Each Text", category="logic", keywords=("loop", "for each", "list"))
def each_text(
    texts: Annotated[list[str], "Passed on one by one."],
) -> Annotated[list[str], Output("text")]:
    """Pass the texts of a list on one by one: what reads them is called once for each."""
    return texts


class Shown(NamedTuple):
    """What was shown."""

    text: Annotated[str, "The same text."]


@node(
    title="Preview Any",
    category="value",
    keywords=("show text", "show number", "print", "debug"),
    is_target=True,
    outputs=Shown,
)
def preview_any(source: Annotated[Any, "The value to show."]) -> Result:
    """Show a value as text: numbers, texts and lists as they are, of pictures their shape."""
    text = _shown(source)
    return Result([text], ui={"text": [text]})


def _shown(source: object) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, Boxes):
        source = source.to_json()
    if isinstance(source, np.ndarray):
        return f"{source.dtype}{list(source.shape)}"
    try:
        return orjson.dumps(source, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return str(source)
