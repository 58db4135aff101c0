"""Models: which there are, whether they are on the server, getting them with progress."""

import asyncio
from typing import TYPE_CHECKING, cast

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.events import EVENT_HEADERS, send_events
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Routes, events_answer, json_answer
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.model_pulls import FindingJson, PullEventJson
from paintgraph.api.services.parts import PARTS
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import AUTO, ModelNames
from paintgraph.models.errors import UnknownModelError

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import Finding  # slow

MODELS_URL = "/v1/models/"


class ModelJson(FindingJson):
    """A model, and its address."""

    url: str


class ModelsJson(TypedDict):
    """All models; `auto` is the one that this word stands for where a subject is selected."""

    auto: str
    models: list[ModelJson]
    can_be_pulled: bool


ROUTES = Routes("models")


@ROUTES.add("GET", "/v1/models", {200: json_answer("All models.", ModelsJson)})
async def list_models(request: web.Request) -> web.Response:
    """List the models that paintgraph knows, and whether they are on the server."""
    pulls = request.app[PARTS].pulls

    def look() -> ModelsJson:
        pulls.index.catalogue.refresh()
        models = [_described(pulls.index.look(entry)) for entry in pulls.index.catalogue]
        auto = ModelNames(pulls.index).meant(AUTO, Kind.SUBJECT)
        return {"auto": auto, "models": models, "can_be_pulled": pulls.are_allowed}

    return json_response(await asyncio.to_thread(look))


@ROUTES.add("GET", MODELS_URL + "{name}", {200: json_answer("The model.", ModelJson)}, (404,))
async def show_model(request: web.Request) -> web.Response:
    """Describe one model."""
    entry = _entry(request)
    finding = await asyncio.to_thread(request.app[PARTS].pulls.index.look, entry)
    return json_response(_described(finding))


@ROUTES.add(
    "POST",
    MODELS_URL + "{name}/pull",
    {200: events_answer("The events of the pull.", PullEventJson)},
    (404, 415),
)
@needs("models")
async def pull_model(request: web.Request) -> web.StreamResponse:
    """Get a model, and report it as server-sent events.

    `progress` comes while it is new, each `note` once, and last `done` or `failed`. Whoever asks
    for a model that is being fetched follows that pull. It goes on when nobody follows it, and
    after an interruption where it stopped. Off unless the setting `allow_model_pull` is on.
    """
    pulls = request.app[PARTS].pulls
    entry = _entry(request)
    if not pulls.are_allowed:
        raise ApiError(
            403,
            "pull_not_allowed",
            f"this server fetches no models for its clients. Run '{entry.pull_command}' on its "
            "machine, or start it with the setting 'allow_model_pull' "
            "(PAINTGRAPH_ALLOW_MODEL_PULL=1).",
        )
    response = web.StreamResponse(headers=EVENT_HEADERS)
    return await send_events(request, response, pulls.start(entry).events())


def _entry(request: web.Request) -> ModelEntry:
    try:
        return request.app[PARTS].pulls.index.catalogue.get(request.match_info["name"])
    except UnknownModelError as error:
        raise ApiError(404, error.code, str(error)) from error


def _described(finding: "Finding") -> ModelJson:
    return cast("ModelJson", {**finding.to_json(), "url": MODELS_URL + finding.entry.name})
