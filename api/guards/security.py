"""Everything that guards the server, in its order, and the headers that every answer carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.guards.connections import Pace, body_guard
from paintgraph.api.guards.keys import KeyRules, key_guard
from paintgraph.api.guards.origins import (
    READS,
    HostRules,
    OriginRules,
    cross_origin_headers,
    host_guard,
    origin_guard,
)
from paintgraph.api.http.errors import ApiError, error_middleware
from paintgraph.api.http.received import Receiving

NATIVE_TYPES = frozenset(
    {
        "application/json",
        "application/yaml",
        "application/x-yaml",
        "text/yaml",
        "multipart/form-data",
        "image/png",
        "image/webp",
    }
)
"""None but forms is sent across origins without being asked for; pictures may carry graphs."""

PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp"})
"""What browsers only ever show; SVG is not among them: it can hold scripts."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class ContentRules:
    """Media types of bodies by the beginning of the path; the longest one counts.

    None takes any type. Paths that no beginning matches take any type, too.
    """

    types: Mapping[str, frozenset[str] | None] = field(
        default_factory=lambda: {"/v1/": NATIVE_TYPES}
    )

    def allowed(self, path: str) -> frozenset[str] | None:
        """The types that a path takes, or None for any."""
        fitting = [start for start in self.types if path.startswith(start)]
        return self.types[max(fitting, key=len)] if fitting else None


@dataclass(frozen=True, slots=True)
class SecurityRules:
    """The settings of all guards."""

    hosts: HostRules = field(default_factory=HostRules)
    origins: OriginRules = field(default_factory=OriginRules)
    keys: KeyRules = field(default_factory=KeyRules)
    contents: ContentRules = field(default_factory=ContentRules)
    pace: Pace = field(default_factory=Pace)
    receiving: Receiving = field(default_factory=Receiving)


def guard(app: web.Application, rules: SecurityRules) -> None:
    """Put the guards around all that an application answers, before its other middlewares."""
    app.middlewares[:0] = [
        error_middleware,
        host_guard(rules.hosts),
        origin_guard(rules.origins),
        key_guard(rules.keys),
        content_guard(rules.contents),
        body_guard(rules.pace, rules.receiving),
    ]
    app.on_response_prepare.append(cross_origin_headers(rules.origins))
    app.on_response_prepare.append(secure_headers)


def content_guard(rules: ContentRules) -> Middleware:
    """Refuses bodies of other types than a path takes, and packed ones."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in READS:
            _check_coding(request)
            allowed = rules.allowed(request.path)
            named = request.headers.getall("Content-Type", ())
            if allowed and (named or request.body_exists):
                _check_type(request, allowed)
        return await handler(request)

    return guard


async def secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: the strictest headers, where a route has not set its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def file_headers(media_type: str, name: str) -> dict[str, str]:
    """Headers of a file that users gave or made: pictures are shown, all else is downloaded."""
    if media_type in PICTURE_TYPES:
        return {"Content-Type": media_type, "Content-Disposition": "inline"}
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def _check_coding(request: web.Request) -> None:
    coding = request.headers.getall("Content-Encoding", ("identity",))
    if [text.strip().lower() for text in coding] != ["identity"]:
        raise ApiError(
            415,
            "packed_body",
            "the body is compressed; allowed are bodies as they are. "
            "Leave out the header 'Content-Encoding', and send the body unpacked.",
        )


def _check_type(request: web.Request, allowed: frozenset[str]) -> None:
    named = request.headers.getall("Content-Type", ())
    if len(named) != 1 or request.content_type not in allowed:
        raise ApiError(
            415,
            "wrong_content_type",
            f"the body's type is not one of those allowed here: {', '.join(sorted(allowed))}. "
            "Name it in the header 'Content-Type'.",
        )
