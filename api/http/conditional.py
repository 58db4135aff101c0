"""Files as answers: whole, in part, or not at all where the client has them (RFC 9110)."""

import re
from collections.abc import Mapping

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.routes import Answer, Schema, WireType, parameter
from paintgraph.base.words import shorten

_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))", re.ASCII)
_TEXT = {"type": "string"}
_HEADERS = {"ETag": _TEXT, "Cache-Control": _TEXT, "Accept-Ranges": _TEXT}

CONDITIONS: tuple[Schema, ...] = (
    parameter("header", "Range", "Only these bytes, as `bytes=FIRST-LAST`.", _TEXT),
    parameter("header", "If-Range", "The `ETag` of which that is a part; else all comes.", _TEXT),
    parameter("header", "If-None-Match", "The `ETag` of what is there already.", _TEXT),
)
"""The parameters of a route that answers so."""

ERRORS = (416,)
"""Its errors."""


def file_answers(about: str, content: Mapping[str, WireType]) -> dict[int, Answer]:
    """What such a route can answer with."""
    part = {**_HEADERS, "Content-Range": _TEXT}
    return {
        200: Answer(about, content, _HEADERS),
        206: Answer("The part that `Range` names.", content, part),
        304: Answer("You have it already.", headers=_HEADERS),
    }


def file_response(
    request: web.Request, body: bytes, digest: str, headers: Mapping[str, str]
) -> web.Response:
    """The answer to a GET or HEAD of a file: as much of it as the request's headers ask for.

    `digest` is that of the body. Several ranges, and what is no range, count for nothing. Raises
    ApiError for a range that begins beyond the end.
    """
    tag = f'"{digest}"'
    known = {"ETag": tag, "Accept-Ranges": "bytes", **headers}
    if any(each.value in (digest, "*") for each in request.if_none_match or ()):
        return web.Response(status=304, headers=known)
    asked = _asked(request)
    if request.method != "GET" or asked is None or request.headers.get("If-Range", tag) != tag:
        return web.Response(body=body, headers=known)
    length = len(body)
    first, last = _bounds(asked, length)
    if first >= length:
        raise ApiError(
            416,
            "bad_range",
            f"the header 'Range' is '{shorten(asked[0])}', but the file has {length} bytes; "
            f"allowed are bytes=FIRST-LAST with FIRST below {length}. Leave it out for all.",
            headers={"Content-Range": f"bytes */{length}", "ETag": tag},
        )
    part = {"Content-Range": f"bytes {first}-{last}/{length}"}
    return web.Response(status=206, body=body[first : last + 1], headers={**known, **part})


def _asked(request: web.Request) -> re.Match[str] | None:
    """The range that a request asks for; None without a sound one."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    is_reversed = asked and asked[1] and asked[2] and int(asked[1]) > int(asked[2])
    return None if is_reversed else asked


def _bounds(asked: re.Match[str], length: int) -> tuple[int, int]:
    """The first and the last byte of a range; the first is `length` if there is none."""
    first, last, suffix = asked.groups()
    if suffix is not None:
        return max(0, length - int(suffix)), length - 1
    return int(first), min(length - 1, int(last) if last else length)
