"""Nodes that decide what runs."""

from typing import Annotated, Any

from engine.declaration import LAZY, Output, node


def _wanted(switch: bool, on_true: object, on_false: object) -> list[str]:  # noqa: FBT001
    del on_true, on_false
    return ["on_true" if switch else "on_false"]


@node(title="Switch", category="logic", needs=_wanted)
def switch(
    switch: Annotated[bool, "Which of the two is given on."],
    on_true: Annotated[Any, LAZY, "Given on if the switch is on."] = None,
    on_false: Annotated[Any, LAZY, "Given on if the switch is off."] = None,
) -> Annotated[Any, Output("output")]:
    """Give one of two values on; what leads to the other one alone does not run."""
    return on_true if switch else on_false
