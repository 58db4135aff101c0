"""Ending the task at work; which models and styles there are."""

import asyncio
from typing import NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.fooocus.field_errors import as_fastapi
from paintgraph.api.fooocus.tasks import DOOR
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Routes, json_answer, parameter
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.models.catalogue.family import Kind

_ACTIONS = {"stop": "task stoped", "skip": "task skiped"}  # as the original spells it


class FooocusMessageJson(TypedDict):
    """What was done."""

    message: str
    task_id: NotRequired[str]


class FooocusModelsJson(TypedDict):
    """Names of models that can paint now, and of LoRAs."""

    model_filenames: list[str]
    lora_filenames: list[str]


URL = "/v1/engine/control"
ROUTES = Routes("fooocus", with_slash=True)


@ROUTES.add(
    "POST",
    URL,
    {200: json_answer("What was done.", FooocusMessageJson)},
    (507,),
    parameters=(parameter("query", "action", "stop or skip.", {"type": "string"}),),
)
@as_fastapi
@needs("cancel")
async def control(request: web.Request) -> web.Response:
    """End the task at work, by `action`: stop or skip. What it has saved stays.

    Both end the whole task: single pictures of a task cannot be left out.
    """
    action = request.query.get("action", "")
    if action not in _ACTIONS:
        return json_response({"message": "Invalid control action"})
    jobs = jobs_of(request)
    running = await jobs.offload(jobs.of_door, DOOR, ("running",))
    if not running:
        return json_response({"message": "No task running"})
    first = running[-1]
    await request.app[PARTS].dispatcher.cancel(first.id)
    return json_response({"message": _ACTIONS[action], "task_id": first.id})


@ROUTES.add("GET", "/v1/engines/all-models", {200: json_answer("Names.", FooocusModelsJson)})
async def models(request: web.Request) -> web.Response:
    """List the models that can paint now, and the LoRAs that there are."""
    models = request.app[PARTS].engine_names.models

    def present(*kinds: Kind) -> list[str]:
        names = (entry.name for kind in kinds for entry in models.entries(kind))
        return [name for name in names if models.fault(name) is None]

    answer: FooocusModelsJson = {
        "model_filenames": await asyncio.to_thread(present, Kind.GENERATE, Kind.ERASE),
        "lora_filenames": await asyncio.to_thread(present, Kind.LORA),
    }
    return json_response(answer)


@ROUTES.add("GET", "/v1/engines/styles", {200: json_answer("Names.", list[str])})
async def styles(_: web.Request) -> web.Response:
    """List styles; there are none, as prompts are used as they are written."""
    return json_response([])
