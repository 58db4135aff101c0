"""Inpainting and outpainting, in both versions of this API."""

import asyncio
import math

from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.api.fooocus.answers import (
    ERROR,
    HEADERS,
    add_header,
    add_headers,
    base_of,
    picture_response,
    saved,
)
from paintgraph.api.fooocus.field_errors import REFUSED, as_fastapi
from paintgraph.api.fooocus.submission import Asked, accepted
from paintgraph.api.generation.answers import (
    DOOR,
    GenerationJobJson,
    GenerationResultJson,
    JobType,
    refused,
    refused_job,
    results,
    shown_job,
)
from paintgraph.api.generation.bodies import fields_in
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.received import let_go
from paintgraph.api.http.requests import JSON, MULTIPART, json_response
from paintgraph.api.http.routes import Answer, Routes, parameter
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.dispatching.quotas import QueueFullError
from paintgraph.jobs.store.job import Job

PNG = "image/png"
ROUTES = Routes("generation", with_slash=True)
_BODY = {"$ref": "#/components/schemas/GenerationPaint"}
_ANSWERS = {
    200: Answer(
        "A list of results; the job with `async_process`; or the picture.",
        {
            JSON: list[GenerationResultJson] | GenerationJobJson,
            PNG: {"type": "string", "format": "binary"},
        },
        HEADERS,
    ),
    **REFUSED,
}
_ERRORS = (400, 403, 408, 409, 413, 415, 424, 500, 503, 507)
_ACCEPT = parameter(
    "query",
    "accept",
    "Stands for the header `Accept`.",
    {"type": "string"},
)


async def _inpaint(request: web.Request) -> web.StreamResponse:
    """Repaint what a mask selects, or continue a picture past its edges.

    Answers with the results once they are there, at once with `async_process`, or with the picture
    where `image/png` is asked for first. JSON and forms are taken by either version.
    """
    return await _painted(request, "Image Inpaint or Outpaint")


async def _image_prompt(request: web.Request) -> web.StreamResponse:
    """Repaint a part of `input_image`, or continue it; image prompts have no effect here.

    Without `input_image` it is refused, as pictures are not made of prompts alone.
    """
    return await _painted(request, "Image Prompt")


def _add(version: str, name: str, handler: Handler, *also: str) -> None:
    paths = tuple(f"/{version}/generation/{each}" for each in (name, *also))
    ROUTES.add(
        "POST",
        paths[0],
        _ANSWERS,
        _ERRORS,
        parameters=(_ACCEPT,),
        body={MULTIPART if version == "v1" else JSON: _BODY},
        also=paths[1:],
    )(as_fastapi(handler))


for _version in ("v1", "v2"):
    # The second name is how early versions spell it.
    _add(_version, "image-inpaint-outpaint", _inpaint, "image-inpait-outpaint")
    _add(_version, "image-prompt", _image_prompt)


async def _painted(request: web.Request, type_: JobType) -> web.StreamResponse:
    from paintgraph.api.generation.fields import NAMES, as_task, paint_fields, without_effect

    parts, base = request.app[PARTS], base_of(request)
    body = await fields_in(request)
    fields = paint_fields(body)
    is_async = fields.async_process
    wants_png = not is_async and _wants_png(request)
    more = {"type": type_, "require_base64": fields.require_base64}
    asked = Asked(body, as_task(fields), without_effect(fields), DOOR, NAMES, more)
    try:
        job = await accepted(request, asked, 1 if wants_png else None)
    except QueueFullError as error:
        return _full(error, type_, is_async=is_async, wants_png=wants_png)
    del body, fields, asked
    let_go(request)
    if is_async:
        shown = await asyncio.to_thread(shown_job, parts, job, base)
        return _answer(request, job, json_response(shown))
    job = await parts.dispatcher.ended(job, math.inf)
    if wants_png:
        return _answer(request, job, await _picture(request, job))
    return _answer(request, job, json_response(await asyncio.to_thread(results, parts, job, base)))


def _wants_png(request: web.Request) -> bool:
    """Whether a client asks for a picture before anything else."""
    accept: str = request.query.get("accept", "") or request.headers.get("Accept", "")
    return accept.split(",", maxsplit=1)[0].partition(";")[0].strip().lower() == PNG


def _answer(request: web.Request, job: Job, response: web.Response) -> web.Response:
    add_headers(response, request.app[PARTS], job)
    return response


async def _picture(request: web.Request, job: Job) -> web.Response:
    """The picture of a job that has ended; raises ApiError without one."""
    parts = request.app[PARTS]
    if job.state == "cancelled":
        raise ApiError(400, "cancelled", "there is no picture: the job was stopped. Ask again.")
    files = await asyncio.to_thread(saved, parts, job)
    response = None
    if job.state == "succeeded" and files:
        response = await picture_response(parts, job, next(iter(files.values())), PNG)
    if response is None:
        (why, *_) = await asyncio.to_thread(results, parts, job, "")
        raise ApiError(
            500, "job_failed", f"there is no picture: {why.get('message', 'it is gone')}"
        )
    return response


def _full(
    error: QueueFullError, type_: JobType, *, is_async: bool, wants_png: bool
) -> web.Response:
    """The answer where no more jobs are taken; raises ApiError to who wants a picture."""
    again = str(error.retry_seconds)
    if wants_png:
        raise ApiError(409, error.code, str(error), headers={"Retry-After": again})
    result = refused("QUEUE_IS_FULL", str(error))
    response = json_response(
        refused_job(type_, result) if is_async else [result], Retry_After=again
    )
    add_header(response, ERROR, [str(error)])
    return response
