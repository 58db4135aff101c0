"""Which names the server answers to, and which web pages may talk to it.

Programs send neither Origin nor Sec-Fetch-Site and pass; browsers always do where it matters.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError

_AUTHORITY = re.compile(
    r"(?P<name>[a-z0-9_](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE | re.ASCII,
)
_LAST_PORT = 65535
PROBES = frozenset({"/livez", "/readyz"})
"""Asked by orchestrators under any name and without a key; they answer nothing else."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A host and, where one is named, a port."""

    name: str
    port: int | None = None

    def port_for(self, scheme: str) -> int:
        """Its port, or the one of the scheme."""
        return self.port or (443 if scheme == "https" else 80)

    @property
    def is_address(self) -> bool:
        """Whether the host is a number, not a name."""
        return _address(self.name) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, however the network answers."""
        if self.name == "localhost" or self.name.endswith(".localhost"):
            return True
        address = _address(self.name)
        return address is not None and ip_address(address).is_loopback


@dataclass(frozen=True, slots=True)
class HostRules:
    """Hosts that the server answers to, beside this machine's own names.

    Attributes:
        hosts: names or addresses, with a port (`paint.example:8443`) or for every port.
        any_address: answer to every numeric address, too. They cannot be rebound; meant for
            servers that listen on all interfaces.
    """

    hosts: tuple[str, ...] = ()
    any_address: bool = False

    def __post_init__(self) -> None:
        for host in self.hosts:
            if parse_authority(host) is None:
                raise ValueError(
                    f"'{host}' is no host; allowed are names and addresses, with or without a "
                    "port. Write it as in 'paint.example:8443'."
                )

    def allow(self, host: Authority) -> bool:
        """Whether the server answers to a host."""
        if host.is_loopback or (self.any_address and host.is_address):
            return True
        listed = {parse_authority(text) for text in self.hosts}
        return bool({host, Authority(host.name)} & listed)


def parse_authority(text: str) -> Authority | None:
    """The host and port of a Host header, or None if it is malformed."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    name = found["name"].lower().removesuffix(".")
    port = int(found["port"]) if found["port"] else None
    is_whole = not name.startswith("[") or _address(name) is not None
    return Authority(name, port) if is_whole and (port or 0) <= _LAST_PORT else None


def host_of(headers: Iterable[str]) -> Authority:
    """The one host that a request names; raises ApiError if it is not one."""
    named = list(headers)
    host = parse_authority(named[0]) if len(named) == 1 else None
    if host is None:
        raise ApiError(
            400,
            "bad_host",
            "the header 'Host' is missing, doubled or malformed; allowed is one host with or "
            "without a port. Send it as in 'localhost:7866'.",
        )
    return host


def host_guard(rules: HostRules) -> Middleware:
    """Refuses requests under names that are not this server's."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PROBES and not rules.allow(
            host_of(request.headers.getall("Host", ()))
        ):
            raise ApiError(
                403,
                "host_refused",
                "the server does not answer to this host; allowed are localhost and the hosts of "
                "its settings. Add the host to the settings if it is yours.",
            )
        return await handler(request)

    return guard


def _address(name: str) -> str | None:
    """The number that a host is, or None if it is a name."""
    plain = name.removeprefix("[").removesuffix("]")
    try:
        ip_address(plain)
    except ValueError:
        return None
    return plain


_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)")
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_ASKED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-API-KEY"
_TOLD_HEADERS = (
    "Location, Retry-After, X-Paintgraph-Detections, X-Paintgraph-Error, X-Paintgraph-Job, "
    "X-Paintgraph-Warning"
)
_PREFLIGHT_SECONDS = "600"

Prepared = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class OriginRules:
    """Web pages that may use the server, beside its own.

    Attributes:
        origins: exact origins such as `https://studio.example`; they get CORS headers, never with
            credentials, so their pages have to send a key where one is needed.
        pictures: paths, by their beginning, whose pictures pages of other sites may show.
        entrances: paths that a link on another site may lead to.
    """

    origins: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    entrances: tuple[str, ...] = ("/",)

    def __post_init__(self) -> None:
        for origin in self.origins:
            if _parsed(origin) is None or origin != origin.lower():
                raise ValueError(
                    f"'{origin}' is no origin; allowed are exact ones, never '*'. "
                    "Write it as in 'https://studio.example:8443', in small letters."
                )


def origin_guard(rules: OriginRules) -> Middleware:
    """Refuses what pages of other sites ask for; answers preflights of listed ones."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_shown_picture(request, rules):
            _check_origin(request, rules)
            _check_site(request, rules)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return _preflight(request, rules)
        return await handler(request)

    return guard


def cross_origin_headers(rules: OriginRules) -> Prepared:
    """For `on_response_prepare`: what pages of other sites may read and show."""

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        if rules.origins:
            response.headers.add("Vary", "Origin")
        if (origin := _origin(request)) in rules.origins and origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _TOLD_HEADERS
        if _is_shown_picture(request, rules):
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"

    return prepare


def _check_origin(request: web.Request, rules: OriginRules) -> None:
    """A request without Origin, of the server's own pages, or of a listed origin passes."""
    named = request.headers.getall("Origin", ())
    if named and (len(named) > 1 or not (named[0] in rules.origins or _is_own(request, named[0]))):
        raise ApiError(
            403,
            "origin_refused",
            "the page that sent this belongs to another site; allowed are the server's own pages "
            "and the origins of its settings. Add the origin to the settings if it is yours.",
        )


def _check_site(request: web.Request, rules: OriginRules) -> None:
    """What the browser says of the page's site, where it says so."""
    sites = request.headers.getall("Sec-Fetch-Site", ())
    if not sites or _origin(request) in rules.origins or set(sites) <= _OWN_SITES:
        return
    if sites == ["same-site"] and request.method in READS and not _is_socket(request):
        return
    if not _enters(request, rules):
        raise ApiError(
            403,
            "site_refused",
            "a page of another site asked for this; allowed to it are links to the server's "
            "front page. Open the server's own page, or add the page's origin to the settings.",
        )


def _enters(request: web.Request, rules: OriginRules) -> bool:
    """Whether a user follows a link to a front page."""
    headers = request.headers
    return (
        request.method == "GET"
        and request.path in rules.entrances
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest") == "document"
    )


def _is_shown_picture(request: web.Request, rules: OriginRules) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and bool(rules.pictures)
        and request.path.startswith(rules.pictures)
        and request.headers.get("Sec-Fetch-Dest", "image") == "image"
        and not _is_socket(request)
    )


def _is_socket(request: web.Request) -> bool:
    return "Upgrade" in request.headers


def _is_own(request: web.Request, origin: str) -> bool:
    """Whether an origin is that of the host that was asked, whatever stands between."""
    parsed = _parsed(origin)
    if parsed is None:
        return False
    scheme, page = parsed
    host = host_of(request.headers.getall("Host", ()))
    return (page.name, page.port_for(scheme)) == (host.name, host.port_for(scheme))


def _parsed(origin: str) -> tuple[str, Authority] | None:
    found = _ORIGIN.fullmatch(origin)
    host = parse_authority(found["host"]) if found else None
    return (found["scheme"], host) if found and host else None


def _origin(request: web.Request) -> str | None:
    named = request.headers.getall("Origin", ())
    return named[0] if len(named) == 1 else None


def _preflight(request: web.Request, rules: OriginRules) -> web.Response:
    headers = {}
    if _origin(request) in rules.origins:
        headers = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _ASKED_HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
    return web.Response(status=204, headers=headers)
