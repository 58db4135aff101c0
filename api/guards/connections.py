"""Connections with limits: how many there may be, how long a header and a body may take.

aiohttp alone waits for slow bodies for ever. `GuardedConnection` overrides methods that aiohttp may
change: pyproject.toml bounds its version, docs/dependencies.md says why.
"""

import asyncio
import logging
import math
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network
from ssl import SSLContext
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError, from_http_exception, problem_response, unexpected
from paintgraph.api.http.received import Receiving

_LOG = logging.getLogger(__name__)
_FILES = 64  # beside connections: the store, workers, bodies, results
_SITE_PREFIX = 64  # bits of IPv6 that one customer is given
_FIRST_FAULT_OF_OURS = 500
_ACCEPTED_AT_ONCE = 16  # asyncio logs so many errors in a row where no more files can be opened
_ACCEPT_FAILED = "socket.accept() out of system resource"  # asyncio's words
_BACKLOG = 1024  # with fewer, a crowd that arrives at once is reset by the system


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, and all of one address, may take.

    Attributes:
        header_seconds: from the connection's start, or the answer before, to the end of a header.
        linger_seconds: how long an unread body is waited for once it was answered.
        connections: how many an address (of IPv6: a /64 network) may hold at once.
        together: how many all addresses may hold at once. Where there are as many, a new one takes
            the place of the one that has been silent longest, if any is.
        trusted: addresses that may speak for many, this machine and proxies: each may hold three
            quarters of all, and there, too, a new one takes the place of a silent one.
    """

    header_seconds: float = 15.0
    linger_seconds: float = 1.0
    connections: int = 256
    together: int = 4096
    trusted: frozenset[str] = frozenset({"127.0.0.1", "::1"})

    def most_of(self, address: str) -> int:
        """How many connections an address may hold."""
        if address in self.trusted:
            return max(self.connections, self.together * 3 // 4)
        return self.connections

    def within(self, descriptors: int | None) -> "Limits":
        """The same with fewer connections, where a process that may open so many files needs it."""
        if descriptors is None:
            return self
        for_files = max(descriptors // 4, min(descriptors // 2, _FILES))
        together = max(1, descriptors - for_files)
        if together >= self.together:
            return self
        _LOG.warning(
            "at most %d connections are taken, as this process may open %d files; the setting "
            "'connections' is %d. Raise the limit (ulimit -n).",
            together,
            descriptors,
            self.together,
        )
        return replace(self, together=together)


class Held:
    """The connections of one site or more, the oldest first, and how many each address holds."""

    def __init__(self) -> None:
        self.all: dict[GuardedConnection, None] = {}
        self.by_holder: Counter[str] = Counter()

    def add(self, connection: "GuardedConnection") -> None:
        """Count a connection."""
        self.all[connection] = None
        self.by_holder[connection.holder] += 1

    def remove(self, connection: "GuardedConnection") -> None:
        """Count it no more, if it was."""
        if connection in self.all:
            del self.all[connection]
            self.by_holder[connection.holder] -= 1
            if not self.by_holder[connection.holder]:
                del self.by_holder[connection.holder]

    def makes_room(self, holder: str | None = None) -> bool:
        """Close the connection, of a holder or of all, that is silent longest; if there is one."""
        for connection in self.all:
            if connection.is_silent and holder in (None, connection.holder):
                connection.end()
                return True
        return False


class GuardedSite(web.BaseSite):
    """Where a server listens: like `web.SockSite`, with limits."""

    __slots__ = ("_held", "_limits", "_sock")

    def __init__(
        self,
        runner: web.BaseRunner,
        sock: socket.socket,
        limits: Limits | None = None,
        held: Held | None = None,
        *,
        ssl_context: SSLContext | None = None,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context)
        self._sock = sock
        self._limits = limits or Limits()
        self._held = Held() if held is None else held

    @property
    def name(self) -> str:
        """The address as a URL."""
        host, port = self._sock.getsockname()[:2]
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner is not set up. Await its setup() first.")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: GuardedConnection(server, self._limits, self._held),
            sock=self._sock,
            backlog=_ACCEPTED_AT_ONCE,
            ssl=self._ssl_context,
            ssl_handshake_timeout=self._limits.header_seconds if self._ssl_context else None,
        )
        self._sock.listen(_BACKLOG)  # asyncio's argument is both: how many wait, and at once


class GuardedConnection(web.RequestHandler):
    """One connection; what aiohttp itself says of errors becomes problem details, too."""

    __slots__ = ("_held", "_limits", "_paused_at", "_paused_before", "holder")

    def __init__(self, server: web.Server, limits: Limits, held: Held) -> None:
        # aiohttp's keep-alive timer also ends headers that are half sent.
        # Bodies stay as they came: packed ones are refused, so none can swell.
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.header_seconds,
            lingering_time=limits.linger_seconds,
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]
        )
        self._limits = limits
        self._held = held
        self._paused_at: float | None = None
        self._paused_before = 0.0
        self.holder = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, or end it at once."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self.holder = _holder(address) if peer else ""
        if not self._finds_room(address):
            _LOG.info("%s holds too many connections: another is closed", self.holder)
            self.force_close()
            transport.close()
            return
        self._held.add(self)
        super().connection_made(transport)

    def _finds_room(self, address: str) -> bool:
        """Whether there may be one connection more, after another has been closed for it."""
        held, limits = self._held, self._limits
        if held.by_holder[self.holder] >= limits.most_of(address):
            return address in limits.trusted and held.makes_room(self.holder)
        return len(held.all) < limits.together or held.makes_room()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection no more."""
        self._held.remove(self)
        super().connection_lost(exc)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is asked for: no header has come, or the rest of one is waited for."""
        return self._current_request is None and not self._messages

    @property
    def paused_seconds(self) -> float:
        """How long, of all its time, the other side could not send, as nobody read."""
        now = 0.0 if self._paused_at is None else self._loop.time() - self._paused_at
        return self._paused_before + now

    def pause_reading(self) -> None:
        """Take no more for now."""
        super().pause_reading()
        if self._paused_at is None:
            self._paused_at = self._loop.time()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - aiohttp's
        """Take more again."""
        self._paused_before, self._paused_at = self.paused_seconds, None
        super().resume_reading(resume_parser)

    def end(self) -> None:
        """Close the connection now, and count it no more."""
        self._held.remove(self)
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's words may quote what was sent
    ) -> web.StreamResponse:
        """The answer to what no middleware has seen, such as a malformed header."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        if status >= _FIRST_FAULT_OF_OURS:
            _LOG.error("a request of %s failed", request.remote, exc_info=exc)
            error = unexpected()
        else:
            _LOG.info("%s sent what is not HTTP", request.remote)
            error = ApiError(
                status,
                "bad_request",
                "the request is malformed, or its header too long. Send plain HTTP/1.1.",
            )
        response = problem_response(error)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, aiohttp's own errors in our form."""
        if isinstance(resp, web.HTTPException) and resp.status >= 400:
            resp = problem_response(from_http_exception(request, resp))
        return await super().finish_response(request, resp, start_time)


def log_accept_errors_rarely(loop: asyncio.AbstractEventLoop) -> None:
    """Log at most once a second that no more connections can be taken.

    asyncio tells of it once for each that waits, and tries again after a second.
    """
    last = -math.inf

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last
        if context.get("message") != _ACCEPT_FAILED:
            loop.default_exception_handler(context)
        elif loop.time() - last >= 1:
            last = loop.time()
            _LOG.warning("no more connections can be taken now: %s", context.get("exception"))

    loop.set_exception_handler(handle)


def _holder(address: str) -> str:
    """Who an address belongs to."""
    number = ip_address(address)
    if isinstance(number, IPv6Address) and number.ipv4_mapped is None:
        return str(ip_network((int(number), _SITE_PREFIX), strict=False))
    return address


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body has to come, not counting when its reader makes it wait.

    Attributes:
        seconds: how long any body may take.
        bytes_per_second: each byte that came buys time at this rate, so that large bodies on slow
            lines arrive.
    """

    seconds: float = 28.0
    bytes_per_second: float = 32 << 10


class SlowBodyError(TimeoutError):
    """A body did not come in time. A TimeoutError, so that aiohttp does not linger for the rest."""


def body_guard(pace: Pace, receiving: Receiving) -> Middleware:
    """Ends requests whose body does not come in time, however the handler reads it.

    What handlers read of bodies is bounded by `receiving`.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        with _watched(request, pace), receiving.of(request):
            return await handler(request)

    return guard


class _Deadline:
    """Until when a body has to come; ends the reading of one that does not."""

    def __init__(
        self, content: StreamReader, connection: web.RequestHandler | None, pace: Pace
    ) -> None:
        self._content = content
        self._connection = connection
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time() - self._paused_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._look()

    def _look(self) -> None:
        content, pace = self._content, self._pace
        if content.is_eof():
            return
        due = self._began + pace.seconds + content.total_bytes / pace.bytes_per_second
        due += self._paused_seconds
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._look)
        else:
            content.set_exception(SlowBodyError())

    @property
    def _paused_seconds(self) -> float:
        connection = self._connection
        return connection.paused_seconds if isinstance(connection, GuardedConnection) else 0.0

    def cancel(self) -> None:
        """Look no more, and let the body go: a cancelled timer holds nothing."""
        if self._timer is not None:
            self._timer.cancel()


@contextmanager
def _watched(request: web.Request, pace: Pace) -> Iterator[None]:
    deadline = _Deadline(request.content, request.protocol, pace)
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
        deadline.cancel()
