"""What nodes that look for one kind of thing do when there is none."""

from collections.abc import Iterable
from typing import Annotated, Literal

from paintgraph.engine.errors import NodeError
from paintgraph.engine.node.context import Context

OnNothing = Annotated[
    Literal["warn", "fail"], "What happens if nothing is found: a warning, or an error."
]


def tell_nothing(
    context: Context, what: str, places: Iterable[int], batch: int, on_nothing: OnNothing
) -> None:
    """Say in which pictures of a batch nothing was found.

    Args:
        context: of the node.
        what: is looked for, such as "faces".
        places: numbers of the pictures in which something was found.
        batch: how many pictures there are.
        on_nothing: whether it is an error.

    Raises:
        NodeError: it is to be an error (`nothing_found`).
    """
    empty = sorted(set(range(batch)) - set(places))
    if not empty:
        return
    where = f" in picture {', '.join(map(str, empty))}" if batch > 1 else ""
    message = f"No {what} found{where}, so nothing is selected. Lower threshold to find more."
    if on_nothing == "fail":
        raise NodeError(message, code="nothing_found")
    context.warn(message)
