"""The routes of this API, each in both spellings: with and without a slash at the end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paintgraph.api.fooocus import control, generate, masks, pictures, tasks
from paintgraph.api.fooocus.tasks import DETECTIONS, ERROR, JOB, WARNING
from paintgraph.api.http.requests import JSON
from paintgraph.api.http.routes import Answer, Route, json_answer, ref

GENERATE, MASK = "/v1/engine/generate", "/v1/tools/generate_mask"
FORBIDDING = ("/v1/engine", "/v1/tools/", "/tasks", "/outputs/", "/inputs/")
"""Paths whose clients know 403 as the answer without a key."""

ANY_TYPE = (GENERATE, MASK, "/v1/engine/control")
"""Paths whose bodies need no type; web pages of others are kept off by other guards."""

_TEXT = {"type": "string"}
_HEADERS: Mapping[str, Any] = dict.fromkeys((JOB, WARNING, ERROR), _TEXT)
_BINARY = {"type": "string", "format": "binary"}
_REFUSED = {422: json_answer("Fields that cannot be used, as FastAPI tells it.", "FooocusFaults")}
_SUBMIT = (408, 413, 415, 424, 429, 503, 507)
_IMAGES = {f"image/{kind}": _BINARY for kind in ("png", "jpeg", "webp")}


def _query(name: str, about: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"in": "query", "name": name, "description": about, "schema": schema}


_PLAIN = (
    Route(
        "POST",
        MASK,
        masks.generate_mask,
        "fooocus",
        {
            200: Answer("The base64 of a PNG.", {JSON: _TEXT}, {**_HEADERS, DETECTIONS: _TEXT}),
            **_REFUSED,
        },
        (*_SUBMIT, 409),
        body={JSON: ref("FooocusMask")},
    ),
    Route(
        "POST",
        GENERATE,
        generate.generate,
        "fooocus",
        {
            200: Answer(
                "The task, its events, or the picture.",
                {JSON: ref("FooocusTask"), "text/event-stream": {}, **_IMAGES},
                _HEADERS,
            ),
            204: Answer("There is no picture; a header says why.", headers=_HEADERS),
            **_REFUSED,
        },
        _SUBMIT,
        body={JSON: ref("FooocusGenerate")},
    ),
    Route(
        "POST",
        "/v1/engine/control",
        control.control,
        "fooocus",
        {200: json_answer("What was done.", "FooocusMessage")},
        (507,),
        (_query("action", "stop or skip.", {"type": "string"}),),
    ),
    Route(
        "GET",
        "/v1/engines/all-models",
        control.models,
        "fooocus",
        {200: json_answer("Names.", "FooocusModels")},
    ),
    Route(
        "GET",
        "/v1/engines/styles",
        control.styles,
        "fooocus",
        {200: Answer("Names.", {JSON: {"type": "array", "items": _TEXT}})},
    ),
    Route(
        "GET",
        "/tasks",
        tasks.index,
        "fooocus",
        {200: json_answer("Three lists.", "FooocusTasks"), **_REFUSED},
        (),
        (
            _query("query", "Which list.", {"enum": ["all", "history", "current", "pending"]}),
            _query("page", "Of the history.", {"type": "integer", "minimum": 0}),
            _query("page_size", "Of the history.", {"type": "integer", "minimum": 1}),
            _query("start_at", "Accepted from then on.", {"type": "string"}),
            _query("end_at", "Accepted until then.", {"type": "string"}),
        ),
    ),
    Route(
        "GET",
        "/tasks/{id}",
        tasks.show,
        "fooocus",
        {
            200: Answer(
                "The task, or an empty list.",
                {JSON: {"anyOf": [ref("FooocusTask"), {"type": "array", "maxItems": 0}]}},
            )
        },
    ),
)
_FILES = (
    Route(
        "GET",
        "/outputs/{date}/{file}",
        pictures.output,
        "fooocus",
        {200: Answer("The picture.", _IMAGES)},
        (404, 422),
    ),
    Route(
        "GET",
        "/inputs/{file}",
        pictures.given,
        "fooocus",
        {200: Answer("The picture.", _IMAGES)},
        (404, 422),
    ),
)
ROUTES = (*(replace(route, aliases=(f"{route.path}/",)) for route in _PLAIN), *_FILES)

_NUMBER, _TEXTS = {"type": "integer"}, {"type": "array", "items": _TEXT}
_TASK: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "id": _NUMBER,
        "task_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "req_params": {"type": "object"},
        "in_queue_mills": _NUMBER,
        "start_mills": _NUMBER,
        "finish_mills": _NUMBER,
        "task_status": {"enum": ["pending", "running", "finished", "stop", "error", None]},
        "progress": _NUMBER,
        "preview": _TEXT,
        "webhook_url": _TEXT,
        "result": _TEXTS,
        "base64": _TEXTS,
        "warnings": _TEXTS,
        "message": _TEXT,
        "job": _TEXT,
    },
    "required": ["id", "task_id", "req_params", "task_status", "progress", "result"],
}
_TASKS = {"type": "array", "items": ref("FooocusTask")}
_FAULT = {
    "type": "object",
    "properties": {"type": _TEXT, "loc": {"type": "array"}, "msg": _TEXT, "input": {}},
    "required": ["type", "loc", "msg", "input"],
}


def schemas() -> Mapping[str, Any]:
    """Schemas of bodies and answers, by name."""
    from paintgraph.api.fooocus import fields

    lists = dict.fromkeys(("history", "current", "pending"), _TASKS)
    return {
        **fields.schemas(),
        "FooocusTask": _TASK,
        "FooocusTasks": {"type": "object", "properties": lists, "required": [*lists]},
        "FooocusMessage": {
            "type": "object",
            "properties": {"message": _TEXT},
            "required": ["message"],
        },
        "FooocusModels": {
            "type": "object",
            "properties": {"model_filenames": _TEXTS, "lora_filenames": _TEXTS},
            "required": ["model_filenames", "lora_filenames"],
        },
        "FooocusFaults": {
            "type": "object",
            "properties": {
                "detail": {"type": "array", "minItems": 1, "items": _FAULT},
                "errors": {"type": "array", "items": ref("Problem")},
                "code": _TEXT,
            },
            "required": ["detail", "errors", "code"],
        },
    }
