"""Masks of what stands out in a picture, or of what words name."""

import asyncio
import base64
import math
from io import BytesIO

from aiohttp import web

from paintgraph.api.fooocus.answers import DETECTIONS, HEADERS, WARNING, add_header, add_headers
from paintgraph.api.fooocus.field_errors import REFUSED, FieldsError, as_fastapi, fault, object_of
from paintgraph.api.fooocus.pictures import pictures_of
from paintgraph.api.fooocus.submission import submit
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import JSON, json_response
from paintgraph.api.http.routes import Answer, Routes
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.jobs.store.job import Job

URL = "/v1/tools/generate_mask"
ROUTES = Routes("fooocus", with_slash=True)
_PICTURE_NODE = "photo"


@ROUTES.add(
    "POST",
    URL,
    {
        200: Answer("The base64 of a PNG.", {JSON: str}, {**HEADERS, DETECTIONS: HEADERS[WARNING]}),
        **REFUSED,
    },
    (408, 409, 413, 415, 424, 429, 503, 507),
    body={JSON: {"$ref": "#/components/schemas/FooocusMask"}},
)
@as_fastapi
async def generate_mask(request: web.Request) -> web.Response:
    """Make a mask: white is what a model selects, and what would be repainted.

    Answers with the base64 of a PNG of the picture's size. Models of rembg give a soft grey mask,
    `sam` one of 0 and 255 in three equal channels. Where nothing is found, the mask is black.
    """
    from paintgraph.api.fooocus.fields import (
        NO_PICTURE,
        MaskFields,
        MaskModel,
        fields_of,
        stored,
    )
    from paintgraph.api.fooocus.recipes import translate_mask

    body = await object_of(request)
    fields = fields_of(MaskFields, body)
    if fields.image in NO_PICTURE:
        message = "there is no picture; needed is its address or base64. Send one."
        raise FieldsError([fault("missing_picture", "image", message, fields.image)])
    pictures = await pictures_of(request, {"image": fields.image})
    parts = request.app[PARTS]
    translation = await asyncio.to_thread(translate_mask, fields, pictures["image"], parts)
    sent = {"params": stored(body, pictures)}
    job = await submit(request, translation, sent)
    job = await parts.dispatcher.ended(job, math.inf)
    if job.state != "succeeded":
        raise _failure(parts, job)
    is_grey = fields.mask_model != MaskModel.SAM
    text, is_empty = await asyncio.to_thread(_mask_text, parts, job, is_grey=is_grey)
    response = json_response(text)
    add_headers(response, parts, job)
    if is_empty and not job.warnings:  # a result that was known already comes without them
        add_header(response, WARNING, ["Nothing was found, so the mask selects nothing."])
    if not is_grey:
        add_header(response, DETECTIONS, [str(job.outputs.get("count", 0))])
    return response


def _mask_text(parts: ServerParts, job: Job, *, is_grey: bool) -> tuple[str, bool]:
    """The base64 of the mask's PNG, with one channel or three; and whether it is black."""
    from PIL import Image

    found = parts.pictures.get(str(job.outputs["mask"]["digest"]))
    if found is None:
        raise RuntimeError(f"the mask of job {job.id} is not among the pictures")
    data = BytesIO()
    with Image.open(BytesIO(found[1]), formats=("PNG",)) as mask:
        grey = mask.convert("L")
        (grey if is_grey else grey.convert("RGB")).save(data, "PNG", compress_level=1)
        is_empty = grey.getbbox() is None
    return base64.b64encode(data.getvalue()).decode("ascii"), is_empty


def _failure(parts: ServerParts, job: Job) -> Exception:
    """Why there is no mask: the picture's fault is the client's, all else the server's."""
    problem = job.problems[0] if job.problems else {}
    why = str(problem.get("message", "the job was cancelled before the mask was made."))
    message = parts.serializer.hide(why)
    if problem.get("node") == _PICTURE_NODE:
        return FieldsError([fault(str(problem["code"]), "image", message)])
    if job.state == "cancelled":
        return ApiError(409, "cancelled", f"there is no mask: {message} Ask again.")
    return ApiError(500, "mask_failed", f"there is no mask: {message}")
