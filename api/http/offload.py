"""Work beside the event loop. What is small is done at once: changing threads would take longer."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

SMALL_BYTES = 4096
"""A request of this size is checked in about a millisecond."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


async def beside(
    is_small: bool,  # noqa: FBT001 - stands before the call that it is about
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """What the function gives, called in a thread unless its work is small."""
    if is_small:
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)
