"""Bodies in JSON whatever type they name, as clients of this protocol send them."""

from typing import Any

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import body_of, has_small_body, offload
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import read_json


async def document_of(request: web.Request) -> Document:
    """The tree of a body in JSON; NaN is null, since Python writes it. Raises ApiError."""
    body = await body_of(request)

    def read() -> Document:
        return read_json(body, max_bytes=len(body), nan_is_null=True)

    try:
        return await offload(read, is_small=has_small_body(request))
    except TextError as error:
        raise ApiError(
            400, "invalid_json", f"the body cannot be read: {error.message} Send JSON."
        ) from error


async def fields_of(request: web.Request) -> dict[str, Any]:
    """The object in a body; an empty one where there is no body. Raises ApiError."""
    if not request.body_exists:
        return {}
    document = await document_of(request)
    if not isinstance(document.value, dict):
        raise ApiError(400, "invalid_json", "the body is no JSON object. Send one, such as {}.")
    return document.value


def texts_of(value: object) -> list[str]:
    """The texts of a list; whatever else stands there names nothing."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
