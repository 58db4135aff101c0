"""Schemas of what goes over the wire (JSON Schema 2020-12, as OpenAPI 3.1 has them)."""

from collections.abc import Mapping
from typing import Any

from paintgraph.api.http.requests import MOST_JOBS, MOST_WAIT_SECONDS
from paintgraph.api.native.orders import MOST_PRIORITY
from paintgraph.jobs.store.job import STATES

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_ANYTHING: Schema = {}
_OBJECT: Schema = {"type": "object"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def _parameter(where: str, name: str, about: str, schema: Schema) -> Schema:
    return {"in": where, "name": name, "description": about, "schema": schema}


WAIT = _parameter(
    "query",
    "wait",
    "Answer once the job has ended, or after so many seconds.",
    {"type": "number", "minimum": 0, "maximum": MOST_WAIT_SECONDS, "default": 0},
)
STATE = _parameter(
    "query", "state", "Jobs in this state only.", {"type": "string", "enum": list(STATES)}
)
LIMIT = _parameter(
    "query",
    "limit",
    "How many jobs a page has.",
    {"type": "integer", "minimum": 1, "maximum": MOST_JOBS, "default": 50},
)
CURSOR = _parameter(
    "query",
    "cursor",
    "Where the page begins: what the page before calls `next`.",
    {"type": "integer", "minimum": 1, "maximum": 2**53},
)
IDEMPOTENCY_KEY = _parameter(
    "header",
    "Idempotency-Key",
    "The same key and request give the same job, however often they are sent.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
)
LAST_EVENT_ID = _parameter(
    "header",
    "Last-Event-ID",
    "The last event that was seen.",
    {"type": "string", "pattern": "^[0-9]{1,15}$"},
)

_PROBLEM = _object(
    {"code": _TEXT, "detail": _TEXT},
    {
        "severity": {"enum": ["error", "warning"]},
        "pointer": {"type": "string", "description": "JSON Pointer into the request."},
        "node": _TEXT,
        "input": _TEXT,
        "outputs": _list(_TEXT),
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "element": {"type": "integer"},
        "given": {"type": "object", "additionalProperties": _TEXT},
    },
)
_PICTURE = _object(
    {
        "url": {"type": "string", "format": "uri-reference"},
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "media_type": _TEXT,
    },
    {
        "width": {"type": "integer", "minimum": 1},
        "height": {"type": "integer", "minimum": 1},
        "repaint": {
            "type": "object",
            "description": "How well a repainted picture fits, by the name of each number.",
            "additionalProperties": {"type": "number"},
        },
    },
)
_JOB = _object(
    {
        "id": _TEXT,
        "state": {"type": "string", "enum": list(STATES)},
        "progress": {"type": "number", "minimum": 0, "maximum": 1},
        "outputs": {
            "type": "object",
            "description": "Values by name; a picture is a Picture, several of them a list.",
            "additionalProperties": {"anyOf": [_ref("Picture"), _ANYTHING]},
        },
        "warnings": _list(_TEXT),
        "created": {"type": "string", "format": "date-time"},
        "started": _TIME,
        "ended": _TIME,
        "links": _object({"self": _TEXT, "events": _TEXT, "graph": _TEXT}),
    },
    {
        "position": {"type": "integer", "minimum": 0},
        "problems": _list(_ref("Problem")),
    },
)
_RECIPE = _object(
    {
        "about": _TEXT,
        "nodes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "properties": {"node": _TEXT, "recipe": _TEXT},
            },
        },
        "outputs": {"type": "object", "additionalProperties": _TEXT},
    },
    {"paintgraph": {"const": 1}, "inputs": {"type": "object", "additionalProperties": _OBJECT}},
)
_RECIPE["required"] = ["nodes"]
_RECIPE["additionalProperties"] = False
_PROMPT = {
    "type": "object",
    "minProperties": 1,
    "description": "A ComfyUI prompt in API format.",
    "additionalProperties": _object({"class_type": _TEXT, "inputs": _OBJECT}, {"_meta": _OBJECT}),
}
_GRAPH: Schema = {"anyOf": [_ref("Recipe"), _ref("ComfyPrompt")]}
_ENVELOPE = _object(
    {"graph": _GRAPH},
    {
        "inputs": {"type": ["object", "null"]},
        "priority": {
            "type": ["integer", "null"],
            "minimum": -MOST_PRIORITY,
            "maximum": MOST_PRIORITY,
        },
    },
)
_ENVELOPE["additionalProperties"] = False
_NODE_SUMMARY = dict.fromkeys(("id", "title", "category", "about", "url"), _TEXT)
_RECIPE_SUMMARY = _object(
    {
        "name": _TEXT,
        "about": _TEXT,
        "inputs": {
            "type": "object",
            "additionalProperties": _object(
                {"type": _TEXT, "required": {"type": "boolean"}, "about": _TEXT}
            ),
        },
        "outputs": _list(_TEXT),
        "url": _TEXT,
    }
)
_ERROR = _object(
    {
        "type": {"type": "string", "pattern": "^urn:paintgraph:problem:"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "errors": _list(_ref("Problem")),
    }
)

_MODEL = _object(
    {
        "name": _TEXT,
        "family": _TEXT,
        "about": _TEXT,
        "state": {"enum": ["present", "missing", "damaged"]},
        "verified": {"type": "boolean", "description": "Whether its digests were compared."},
        "size_bytes": {"type": ["integer", "null"]},
        "memory_bytes": {"type": ["integer", "null"]},
        "licence": _object(
            {
                "name": _TEXT,
                "url": _TEXT,
                "commercial": {"enum": ["free", "paid", "forbidden", "unknown"]},
            }
        ),
        "command": {"type": ["string", "null"], "description": "Gets it on the server's machine."},
        "problems": _list(_TEXT),
        "url": _TEXT,
    }
)

SCHEMAS: Mapping[str, Schema] = {
    "Error": _ERROR,
    "Problem": _PROBLEM,
    "Picture": _PICTURE,
    "Job": _JOB,
    "Jobs": _object({"jobs": _list(_ref("Job")), "next": {"type": ["string", "null"]}}),
    "JobGraph": _object({"graph": _ref("Recipe"), "request": _OBJECT}),
    "Recipe": _RECIPE,
    "ComfyPrompt": _PROMPT,
    "Submission": {"anyOf": [_ENVELOPE, _ref("Recipe"), _ref("ComfyPrompt")]},
    "AnyGraph": {
        "type": "object",
        "minProperties": 1,
        "description": "What `POST /v1/jobs` takes, with faults.",
    },
    "Validation": _object({"valid": {"type": "boolean"}, "problems": _list(_ref("Problem"))}),
    "Nodes": _object({"nodes": _list(_object(_NODE_SUMMARY))}),
    "Node": _object(
        {
            **_NODE_SUMMARY,
            "inputs": _list(_OBJECT),
            "outputs": _list(_OBJECT),
            "schema": _ref("JsonSchema"),
        }
    ),
    "Recipes": _object({"recipes": _list(_RECIPE_SUMMARY)}),
    "RecipeInputs": {"type": "object", "description": "The recipe's inputs by name."},
    "Models": _object({"models": _list(_ref("Model")), "can_be_pulled": {"type": "boolean"}}),
    "Model": _MODEL,
    "JsonSchema": _OBJECT,
    "Status": _object(
        {"status": _TEXT},
        {
            "version": _TEXT,
            "queued": {"type": "integer"},
            "running": {"type": "integer"},
            "jobs": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    ),
}
"""Schemas that several routes use, by name."""
