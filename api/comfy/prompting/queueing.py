"""The queue: what waits and runs, leaving out, interrupting, letting go of memory."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.following.door import DOOR, NAME
from paintgraph.api.comfy.prompting.history import item_of
from paintgraph.api.http.bodies import fields_of, texts_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import own
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.jobs.store.job import Job

ROUTES = web.RouteTableDef()


@ROUTES.get("/queue")
async def show(request: web.Request) -> web.Response:
    """The prompts that run, and those that wait in their order."""
    parts = request.app[PARTS]

    def items(listed: Callable[[str], list[Job]]) -> list[Any]:
        return [_item(parts, job) for job in own(request, listed(NAME))]

    running = await parts.store.offload(items, parts.dispatcher.running_of)
    waiting = await parts.store.offload(items, parts.dispatcher.queued_of)
    return json_response({"queue_running": running, "queue_pending": waiting})


@ROUTES.post("/queue")
@needs("cancel")
async def change(request: web.Request) -> web.Response:
    """Leave out what waits: all of it, or what is named."""
    fields = await fields_of(request)
    if fields.get("clear"):
        await cancel(request, waiting=True)
    if names := texts_of(fields.get("delete")):
        await cancel(request, set(names), waiting=True)
    return web.Response()


@ROUTES.post("/interrupt")
@needs("cancel")
async def interrupt(request: web.Request) -> web.Response:
    """Stop the prompt that is named if it runs; without a name all that run."""
    try:
        wanted = (await fields_of(request)).get("prompt_id")
    except ApiError:
        wanted = None  # as ComfyUI: any body that is none means all
    await cancel(request, None if wanted is None else {str(wanted)}, running=True)
    return web.Response()


@ROUTES.post("/free")
@needs("admin")
async def free(request: web.Request) -> web.Response:
    """Let go of models, and of kept results, once the running prompts have ended."""
    fields = await fields_of(request)
    request.app[PARTS].dispatcher.pool.free(
        models=bool(fields.get("unload_models")), results=bool(fields.get("free_memory"))
    )
    return web.Response()


async def cancel(
    request: web.Request,
    names: set[str] | None = None,
    *,
    waiting: bool = False,
    running: bool = False,
) -> int:
    """Cancel a client's prompts by name, or all, that wait or run; gives how many there were."""
    store, dispatcher = request.app[PARTS].store, request.app[PARTS].dispatcher
    count = 0
    # Each list is made anew: while one is cancelled, others begin.
    for is_wanted, listed in ((waiting, dispatcher.queued_of), (running, dispatcher.running_of)):
        if not is_wanted:
            continue
        jobs = own(request, await store.offload(listed, NAME))
        for job in (job for job in jobs if names is None or job.name in names):
            if job.id in {each.id for each in await store.offload(listed, NAME)}:
                await dispatcher.cancel(job.id)
                count += 1
    if count:
        await request.app[DOOR].following.tell_status()
    return count


def _item(parts: ServerParts, job: Job) -> Any:
    return item_of(parts.store.document(job.id, "request") or b'{"prompt":null}')
