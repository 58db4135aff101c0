"""How long a body may take: aiohttp alone waits for slow ones for ever."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body has to come.

    Attributes:
        seconds: how long any body may take.
        bytes_per_second: each byte that came buys time at this rate, so that large bodies on slow
            lines arrive.
    """

    seconds: float = 28.0
    bytes_per_second: float = 32 << 10


class SlowBodyError(TimeoutError):
    """A body did not come in time. A TimeoutError, so that aiohttp does not linger for the rest."""


def body_guard(pace: Pace) -> Middleware:
    """Ends requests whose body does not come in time, however the handler reads it."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        with _watched(request, pace):
            return await handler(request)

    return guard


@contextmanager
def _watched(request: web.Request, pace: Pace) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    content = request.content
    began = loop.time()
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        if content.is_eof():
            return
        due = began + pace.seconds + content.total_bytes / pace.bytes_per_second
        if loop.time() < due:
            timer = loop.call_at(due, look)
        else:
            content.set_exception(SlowBodyError())

    look()
    try:
        yield
    except SlowBodyError as error:
        raise ApiError(
            408,
            "body_timeout",
            f"the body did not come in time; allowed are {pace.seconds:g} s, and more for every "
            f"{pace.bytes_per_second:g} bytes. Send it again on a faster line.",
            headers={"Connection": "close"},
        ) from error
    finally:
        if timer is not None:
            timer.cancel()
