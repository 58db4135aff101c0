"""Jobs: handed in, looked at, waited for, cancelled."""

import asyncio
from dataclasses import replace

import orjson
from aiohttp import web

from paintgraph.api.guards.keys import client_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.offload import SMALL_BYTES, beside
from paintgraph.api.http.requests import (
    JSON,
    MOST_JOBS,
    YAML,
    bad_parameter,
    document_of,
    idempotency_key,
    json_response,
    wait_seconds,
    whole_number,
)
from paintgraph.api.http.routes import Answer, Route, json_answer, ref
from paintgraph.api.native import schemas
from paintgraph.api.native.orders import order_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.serializers import JOBS_URL
from paintgraph.api.services.submission import Order
from paintgraph.jobs.store.job import STATES, Job

_PAGE = 50
_LARGEST = 2**53


async def submit(request: web.Request) -> web.Response:
    """Run a graph.

    Takes `{"graph": ..., "inputs": ...}`, or a recipe or ComfyUI prompt by itself. With
    `wait` it answers 200 once the job has ended, however it ended; else 202 at once.
    """
    seconds = wait_seconds(request)
    key = idempotency_key(request)
    document = await document_of(request, (JSON, *YAML))
    is_small = 0 < (request.content_length or 0) <= SMALL_BYTES
    order = await beside(is_small, order_of, document, client_of(request), key)
    return await handed_in(request, replace(order, is_small=is_small), seconds)


async def handed_in(request: web.Request, order: Order, seconds: float) -> web.Response:
    """Submit an order and answer with its job, ended or not."""
    parts = request.app[PARTS]
    accepted = await parts.submissions.submit(order)
    job = await parts.dispatcher.ended(accepted.job, seconds)
    status = 200 if job.has_ended and seconds else 202
    return await job_response(request, job, status)


async def job_response(request: web.Request, job: Job, status: int = 200) -> web.Response:
    """The answer that shows a job."""
    presenter = request.app[PARTS].serializer
    answer = await beside(not presenter.looks_up(job), presenter.job, job)
    if status != 202:
        return json_response(answer, status)
    return json_response(answer, status, Location=JOBS_URL + job.id)


def found(job: Job | None, job_id: str) -> Job:
    """The job; raises ApiError if there is none."""
    if job is not None:
        return job
    raise ApiError(
        404,
        "unknown_job",
        f"there is no job '{job_id[:60]}'. Check the id; jobs are listed at {JOBS_URL[:-1]}.",
    )


def job_of(request: web.Request) -> Job:
    """The job that a request's path names."""
    job_id = request.match_info["id"]
    return found(request.app[PARTS].store.get(job_id), job_id)


async def index(request: web.Request) -> web.Response:
    """List jobs from newest to oldest, page by page."""
    state = request.query.get("state")
    if state is not None and state not in STATES:
        raise bad_parameter("state", state, f"are {', '.join(STATES)}")
    limit = whole_number(request, "limit", _PAGE, MOST_JOBS)
    before = whole_number(request, "cursor", 1, _LARGEST) if "cursor" in request.query else None
    jobs = request.app[PARTS].store.page(before=before, limit=limit + 1, state=state)
    shown = jobs[:limit]
    present = request.app[PARTS].serializer.job
    answers = await asyncio.to_thread(lambda: [present(job) for job in shown])
    more = str(shown[-1].number) if len(jobs) > limit else None
    return json_response({"jobs": answers, "next": more})


async def show(request: web.Request) -> web.Response:
    """Look at a job; with `wait`, once it has ended."""
    job = job_of(request)
    seconds = wait_seconds(request)
    job = await request.app[PARTS].dispatcher.ended(job, seconds)
    return await job_response(request, job)


async def show_graph(request: web.Request) -> web.Response:
    """Give a job's graph as it is run: everything that it names outside itself is fixed.

    Running it again gives the same pixels.
    """
    job = job_of(request)
    graph = request.app[PARTS].store.document(job.id) or b"{}"
    submitted = request.app[PARTS].store.document(job.id, "request") or b"{}"
    answer = {"graph": orjson.Fragment(graph), "request": orjson.Fragment(submitted)}
    return json_response(answer)


async def cancel(request: web.Request) -> web.Response:
    """Cancel a job, whatever its state; one that has ended stays as it is.

    Answers 202 while a running job comes to its end.
    """
    job_id = request.match_info["id"]
    job = found(await request.app[PARTS].dispatcher.cancel(job_id), job_id)
    return await job_response(request, job, 200 if job.has_ended else 202)


_JOB = json_answer("The job.", "Job")
_ACCEPTED = json_answer(
    "The job is accepted and on disk.",
    "Job",
    Location={"type": "string", "format": "uri-reference"},
)
SUBMITTED = {200: json_answer("The job has ended, however it ended.", "Job"), 202: _ACCEPTED}
SUBMIT_ERRORS = (400, 408, 413, 415, 422, 424, 429, 503, 507)

ROUTES = (
    Route(
        "POST",
        "/v1/jobs",
        submit,
        "jobs",
        SUBMITTED,
        SUBMIT_ERRORS,
        (schemas.WAIT, schemas.IDEMPOTENCY_KEY),
        {JSON: ref("Submission"), "application/yaml": {}},
    ),
    Route(
        "GET",
        "/v1/jobs",
        index,
        "jobs",
        {200: json_answer("One page of jobs.", "Jobs")},
        (400,),
        (schemas.STATE, schemas.LIMIT, schemas.CURSOR),
    ),
    Route("GET", "/v1/jobs/{id}", show, "jobs", {200: _JOB}, (400, 404), (schemas.WAIT,)),
    Route(
        "GET",
        "/v1/jobs/{id}/graph",
        show_graph,
        "jobs",
        {200: json_answer("The bound graph, and what was submitted.", "JobGraph")},
        (404,),
    ),
    Route(
        "DELETE",
        "/v1/jobs/{id}",
        cancel,
        "jobs",
        {200: _JOB, 202: Answer("The job is about to end.", _JOB.content, _ACCEPTED.headers)},
        (404, 507),
    ),
)
