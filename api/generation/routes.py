"""The routes of this API, and what guards have to know of them."""

from aiohttp import web

from paintgraph.api.fooocus.pictures import FILES, output
from paintgraph.api.generation import jobs, painting, refusing
from paintgraph.api.http.routes import Answer, Routes
from paintgraph.api.services.transcoding import IMAGES

_FILES = Routes("generation")


@_FILES.add("GET", FILES + "{date}/{file}", {200: Answer("The picture.", IMAGES)}, (403, 404, 422))
async def file(request: web.Request) -> web.StreamResponse:
    """Give the file of a result, in the format that `Accept` names first."""
    return await output(request)


ROUTES = (*painting.ROUTES, *jobs.ROUTES, *refusing.ROUTES, *_FILES)
FORBIDDING = ("/v1/generation/", "/v2/generation/", FILES)
"""Paths whose clients know 403 as the answer without a key."""

OPEN = frozenset({jobs.PING})
"""Paths that need no key."""

ANY_TYPE = ("/v1/generation/", "/v2/generation/", "/v1/tools/describe-image", "/v1/engines/")
"""Paths whose bodies need no type; web pages of others are kept off by other guards."""
