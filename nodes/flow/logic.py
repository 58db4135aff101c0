"""Nodes that decide what runs."""

from typing import Annotated, Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.node.declaration import LAZY, Output, node


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
    chosen = on_true if switch else on_false
    if chosen is None:
        name, state = ("on_true", "on") if switch else ("on_false", "off")
        raise NodeError(
            f"the switch is {state}, but {name} is not given. Link or write a value there.",
            code="missing_input",
        )
    return chosen
