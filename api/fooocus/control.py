"""Ending the task at work; which models and styles there are."""

import asyncio

from aiohttp import web

from paintgraph.api.fooocus.field_errors import told
from paintgraph.api.fooocus.tasks import DOOR
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.parts import PARTS
from paintgraph.models.catalogue.entries import Family

_ACTIONS = {"stop": "task stoped", "skip": "task skiped"}  # as the original spells it


@told
async def control(request: web.Request) -> web.Response:
    """End the task at work, by `action`: stop or skip. What it has saved stays.

    Both end the whole task: single pictures of a task cannot be left out.
    """
    action = request.query.get("action", "")
    if action not in _ACTIONS:
        return json_response({"message": "Invalid control action"})
    running = request.app[PARTS].store.of_door(DOOR, ("running",))
    if not running:
        return json_response({"message": "No task running"})
    first = running[-1]
    await request.app[PARTS].dispatcher.cancel(first.id)
    return json_response({"message": _ACTIONS[action], "task_id": first.id})


async def models(request: web.Request) -> web.Response:
    """List the models that can paint now, and the LoRAs that there are."""
    parts = request.app[PARTS]

    def present(family: Family) -> list[str]:
        names = parts.model_names.choices(family)
        fault = parts.engine_names.fault if family == "diffusion" else parts.model_names.fault
        return [name for name in names if fault(name) is None]

    answer = {
        "model_filenames": await asyncio.to_thread(present, "diffusion"),
        "lora_filenames": await asyncio.to_thread(present, "lora"),
    }
    return json_response(answer)


async def styles(_: web.Request) -> web.Response:
    """List styles; there are none, as prompts are used as they are written."""
    return json_response([])
