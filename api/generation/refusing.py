"""What Fooocus-API does and this server does not: refused with what can be done instead."""

from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.api.fooocus.field_errors import REFUSED, FieldsError, as_fastapi, fault
from paintgraph.api.http.routes import Routes

ROUTES = Routes("generation", with_slash=True)
_INSTEAD = (
    "what is done here is POST /v1/generation/image-inpaint-outpaint with a picture and a mask"
)
_NOT_DONE = {
    "text-to-image": f"pictures are not made of prompts alone; {_INSTEAD}.",
    "image-upscale-vary": (
        "this API neither enlarges nor varies pictures; POST /v1/recipes/upscale enlarges one, and "
        f"{_INSTEAD}."
    ),
    "image-enhance": (
        "pictures are not enhanced; POST /v1/tools/generate_mask selects a part by words, and "
        f"{_INSTEAD}."
    ),
    "describe-image": f"pictures are not described; {_INSTEAD}, and a prompt of your own.",
}
_PATHS = {
    "/v1/generation/text-to-image": "text-to-image",
    "/v2/generation/text-to-image-with-ip": "text-to-image",
    "/v1/generation/image-upscale-vary": "image-upscale-vary",
    "/v2/generation/image-upscale-vary": "image-upscale-vary",
    "/v1/generation/image-enhance": "image-enhance",
    "/v2/generation/image-enhance": "image-enhance",
    "/v1/tools/describe-image": "describe-image",
}


def _refusing(what: str) -> Handler:
    """A handler that says why something is not done."""

    async def refuse(_: web.Request) -> web.StreamResponse:
        raise FieldsError([fault("not_supported", what, _NOT_DONE[what], where="path")])

    refuse.__doc__ = f"Refused: {_NOT_DONE[what]}"
    return refuse


for _path, _what in _PATHS.items():
    ROUTES.add("POST", _path, REFUSED)(as_fastapi(_refusing(_what)))
