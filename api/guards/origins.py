"""Which web pages may talk to the server: against writes and sockets opened across sites.

Programs send neither Origin nor Sec-Fetch-Site and pass; browsers always do where it matters.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.guards.hosts import Authority, host_of, parse_authority
from paintgraph.api.http.errors import ApiError

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
