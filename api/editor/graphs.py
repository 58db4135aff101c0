"""The graphs that an address of the page names: of jobs, and those that lie among the blobs.

Whoever wants a graph looked at puts its text, or a picture that carries it, there: it is no job.
"""

import asyncio
from io import BytesIO
from typing import Any

from aiohttp import web

from paintgraph.api.editor.opening import opened
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.native.job_graphs import graph_of as graph_of_job
from paintgraph.api.native.job_graphs import workflow_of
from paintgraph.api.native.jobs import job_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.pictures import digest_of
from paintgraph.base.pictures import is_picture
from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.formats.carried import DRAWN, carried
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.reading import graph_of, read_document
from paintgraph.engine.graph.formats.recognising import drawn_in
from paintgraph.engine.graph.structure import Specs
from paintgraph.jobs.store.job import Job

_HEAD = 18


async def of_job(request: web.Request) -> web.Response:
    """What a job ran: as it was drawn if it was, else laid out."""
    parts, job = request.app[PARTS], await job_of(request)
    specs = (await parts.catalogue.soon()).registry
    return json_response(await asyncio.to_thread(_of_job, parts, job, specs))


async def of_blob(request: web.Request) -> web.Response:
    """The graph of a text or picture among the blobs, ready to run."""
    parts = request.app[PARTS]
    digest = digest_of(request.match_info["digest"]) or ""
    specs = (await parts.catalogue.soon()).registry
    return json_response(await asyncio.to_thread(_of_blob, parts, digest, specs))


def _of_job(parts: ServerParts, job: Job, specs: Specs) -> dict[str, Any]:
    drawn = workflow_of(parts.store, job)
    return drawn or write_editor(opened(graph_of_job(parts.store, job), specs), specs)


def _of_blob(parts: ServerParts, digest: str, specs: Specs) -> dict[str, Any]:
    try:
        data = parts.pictures.blobs.get(digest)
    except BindError as error:
        message = "there is no graph or picture of this digest. Open its file again."
        raise ApiError(404, "unknown_graph", message) from error
    text = carried(BytesIO(data), DRAWN) if is_picture(data[:_HEAD]) else data
    document = read_document(text)
    drawn = drawn_in(document.value)
    return drawn or write_editor(opened(graph_of(document, "the graph")[0], specs), specs)
