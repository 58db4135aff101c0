"""Nodes that decide what runs."""

from typing import Annotated, Any

from engine.declaration import LAZY, Output, node


def _wanted(switch: bool, on_true: object, on_false: object) -> list[str]:  # noqa: FBT001
    del on_true, on_false
    return ["on_true" if switch else "on_false"]


@node(title="Switch", category="logic", needs=_wanted)
def switch(
    switch: Annotated[bool, "Which of the two is given on."],  # noqa: FBT001 - a node's input
    on_true: Annotated[Any, LAZY, "Given on if the switch is on."] = None,  # noqa: ANN401
    on_false: Annotated[Any, LAZY, "Given on if the switch is off."] = None,  # noqa: ANN401
) -> Annotated[Any, Output("output")]:  # noqa: ANN401
    """Give one of two values on; what leads to the other one alone does not run."""
    return on_true if switch else on_false
