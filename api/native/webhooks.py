"""Messages about the ends of jobs: wished with a job, listed, sent again."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.guards.keys import owner_of
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.paging import PAGED, page_of
from paintgraph.api.http.requests import bad_parameter, json_response
from paintgraph.api.http.routes import JsonSchema, Routes, closed, json_answer, parameter
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.serializers import JOBS_URL, time_of
from paintgraph.base.errors import Problem
from paintgraph.base.words import shorten
from paintgraph.engine.graph.sockets import shown
from paintgraph.jobs.sources.addresses import parse_url
from paintgraph.jobs.sources.addresses import shown as shown_url
from paintgraph.jobs.store.deliveries import DELIVERY_STATES, Delivery, DeliveryState
from paintgraph.jobs.store.job import Webhook

FIELD = "webhook"
"""Under this name requests wish to be told."""

WEBHOOKS_URL = "/v1/webhooks"
_LONGEST_URL = 2048
_LEAST_SECRET, _MOST_SECRET = 24, 64
_PREFIX = "whsec_"


@closed
class WebhookJson(TypedDict):
    """Where the end of the job is sent, signed after Standard Webhooks where there is a secret."""

    url: Annotated[str, JsonSchema(format="uri", maxLength=_LONGEST_URL)]
    secret: NotRequired[
        Annotated[str, JsonSchema(description="Base64 of 24 to 64 bytes, after whsec_ or not.")]
    ]


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": WebhookJson.__doc__,
    "properties": {
        "url": {"type": "string", "format": "uri", "maxLength": _LONGEST_URL},
        "secret": {"type": "string"},
    },
    "required": ["url"],
    "additionalProperties": False,
}
"""The field as JSON Schema, where it stands beside the inputs of a recipe."""


class DeliveryJson(TypedDict):
    """One message. `next` is when it is tried next; `status` and `message` are of the last try."""

    id: str
    job: Annotated[str, JsonSchema(format="uri-reference")]
    url: str
    state: DeliveryState
    attempts: Annotated[int, JsonSchema(minimum=0)]
    next: Annotated[str | None, JsonSchema(format="date-time")]
    ended: Annotated[str | None, JsonSchema(format="date-time")]
    status: int | None
    message: str


class DeliveriesJson(TypedDict):
    """One page of messages; `next` is the cursor of the page after it."""

    webhooks: list[DeliveryJson]
    next: str | None


ROUTES = Routes("webhooks")
_LISTED = (
    parameter("query", "job", "Those of this job only.", {"type": "string"}),
    parameter(
        "query",
        "state",
        "Those in this state only.",
        {"type": "string", "enum": list(DELIVERY_STATES)},
    ),
    *PAGED,
)


def read_webhook(value: object) -> tuple[Webhook | None, list[Problem]]:
    """Who is to be told, and what is wrong with it; nobody where the value is None."""
    if value is None:
        return None, []
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        message = f"webhook is {shown(value)}; allowed is a mapping of url and secret to texts."
        return None, [_problem("wrong_type", message, ())]
    problems = [
        _problem("unknown_field", f"there is no field '{shorten(name)}'; allowed: url, secret.", ())
        for name in value
        if name not in ("url", "secret")
    ]
    url, secret = value.get("url", ""), value.get("secret", "")
    if not url or len(url) > _LONGEST_URL:
        message = f"webhook's url has {len(url)} characters; allowed are 1 to {_LONGEST_URL}."
        problems.append(_problem("out_of_range", message, ("url",)))
    if secret and not _is_secret(secret):
        message = (
            f"webhook's secret is not what Standard Webhooks has; allowed is the base64 of "
            f"{_LEAST_SECRET} to {_MOST_SECRET} bytes, after {_PREFIX} or not."
        )
        problems.append(_problem("bad_secret", message, ("secret",)))
    return Webhook(url, secret), problems


def without_secret(fields: Mapping[str, Any], webhook: Webhook | None) -> Mapping[str, Any]:
    """A request as it is kept and can be read back."""
    return fields if webhook is None else {**fields, FIELD: {"url": webhook.url}}


def _problem(code: str, message: str, path: tuple[str, ...]) -> Problem:
    return Problem(code, f"the request: {message} Change it.", path=(FIELD, *path))


def _is_secret(text: str) -> bool:
    plain = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return _LEAST_SECRET <= len(key) <= _MOST_SECRET


@ROUTES.add(
    "GET",
    WEBHOOKS_URL,
    {200: json_answer("One page of messages.", DeliveriesJson)},
    (400,),
    parameters=_LISTED,
)
async def index(request: web.Request) -> web.Response:
    """List messages about the ends of jobs, from newest to oldest, page by page."""
    state = request.query.get("state")
    if state is not None and state not in DELIVERY_STATES:
        raise bad_parameter("state", state, f"are {', '.join(DELIVERY_STATES)}")
    asked = page_of(request)
    store = request.app[PARTS].store
    found = await store.offload(
        store.deliveries.page,
        owner=owner_of(request),
        job=request.query.get("job"),
        state=state,
        before=asked.before,
        limit=asked.limit + 1,
    )
    shown_here, more = asked.of(found)
    page: DeliveriesJson = {"webhooks": [_json(each) for each in shown_here], "next": more}
    return json_response(page)


@ROUTES.add(
    "POST",
    WEBHOOKS_URL + "/{id}/redeliver",
    {202: json_answer("It is sent now.", DeliveryJson)},
    (404, 409, 415, 507),
)
async def redeliver(request: web.Request) -> web.Response:
    """Send a message again, whatever came of it: now, and if need be for another day."""
    id_ = request.match_info["id"]
    parts = request.app[PARTS]
    jobs, deliveries = jobs_of(request), parts.store.deliveries
    delivery = await jobs.offload(deliveries.get, id_)
    is_own = delivery is not None and await jobs.offload(jobs.get, delivery.job) is not None
    delivery = await parts.webhooks.again(id_) if is_own else None
    if delivery is None:
        message = f"there is no message '{shorten(id_)}'. They are listed at {WEBHOOKS_URL}."
        raise ApiError(404, "unknown_webhook", message)
    if delivery.state == "waiting":
        message = "the job has not ended, so there is nothing to send yet. Wait for its end."
        raise ApiError(409, "not_ended", message)
    return json_response(_json(delivery), 202)


def _json(delivery: Delivery) -> DeliveryJson:
    """A message as clients see it; what may be secret in its address is left out."""
    return {
        "id": delivery.id,
        "job": JOBS_URL + delivery.job,
        "url": shown_url(parse_url(delivery.url)),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next": None if delivery.due is None else time_of(delivery.due),
        "ended": None if delivery.ended is None else time_of(delivery.ended),
        "status": delivery.status,
        "message": delivery.message,
    }
