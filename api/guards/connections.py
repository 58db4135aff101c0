"""Connections with limits: how many one address may hold, how long a header and a body may take.

aiohttp alone waits for slow bodies for ever. `GuardedConnection` overrides methods that aiohttp may
change: pyproject.toml bounds its version, docs/dependencies.md says why.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from ssl import SSLContext

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError, from_http_exception, problem_response, unexpected
from paintgraph.api.http.received import Receiving

_LOG = logging.getLogger(__name__)
_SITE_PREFIX = 64  # bits of IPv6 that one customer is given
_FIRST_FAULT_OF_OURS = 500
_BACKLOG = 1024  # with fewer, a crowd that arrives at once is reset by the system


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, and all of one address, may take.

    Attributes:
        header_seconds: from the connection's start, or the answer before, to the end of a header.
        linger_seconds: how long an unread body is waited for once it was answered.
        connections: how many an address (of IPv6: a /64 network) may hold at once.
        trusted: addresses without that limit: this machine, proxies.
    """

    header_seconds: float = 15.0
    linger_seconds: float = 1.0
    connections: int = 256
    trusted: frozenset[str] = frozenset({"127.0.0.1", "::1"})


class GuardedSite(web.BaseSite):
    """Where a server listens: like `web.SockSite`, with limits."""

    __slots__ = ("_held", "_limits", "_sock")

    def __init__(
        self,
        runner: web.BaseRunner,
        sock: socket.socket,
        limits: Limits | None = None,
        *,
        ssl_context: SSLContext | None = None,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context)
        self._sock = sock
        self._limits = limits or Limits()
        self._held: Counter[str] = Counter()

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
            backlog=_BACKLOG,
            ssl=self._ssl_context,
            ssl_handshake_timeout=self._limits.header_seconds if self._ssl_context else None,
        )


class GuardedConnection(web.RequestHandler):
    """One connection; what aiohttp itself says of errors becomes problem details, too."""

    __slots__ = ("_held", "_holder", "_limits")

    def __init__(self, server: web.Server, limits: Limits, held: Counter[str]) -> None:
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
        self._holder = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, or end it at once."""
        peer = transport.get_extra_info("peername")
        self._holder = _holder(str(peer[0])) if peer else ""
        self._held[self._holder] += 1
        trusted = peer and peer[0] in self._limits.trusted
        if not trusted and self._held[self._holder] > self._limits.connections:
            _LOG.info("%s holds too many connections: another is closed", self._holder)
            self.force_close()
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection no more."""
        self._held[self._holder] -= 1
        if not self._held[self._holder]:
            del self._held[self._holder]
        super().connection_lost(exc)

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


def _holder(address: str) -> str:
    """Who an address belongs to."""
    number = ip_address(address)
    if isinstance(number, IPv6Address) and number.ipv4_mapped is None:
        return str(ip_network((int(number), _SITE_PREFIX), strict=False))
    return address


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


def body_guard(pace: Pace, receiving: Receiving) -> Middleware:
    """Ends requests whose body does not come in time, however the handler reads it.

    What handlers read of bodies is bounded by `receiving`.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        with _watched(request, pace), receiving.of(request):
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
