"""What clients wish of descriptions in results: by parameters, or by fields beside inputs."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from paintgraph.api.http.requests import bad_parameter
from paintgraph.api.http.routes import parameter
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.descriptions import SPECS, read_descriptions
from paintgraph.engine.graph.graph import METADATA, Descriptions
from paintgraph.engine.recipes.schema import inputs_schema

FIELDS: Mapping[str, Any] = inputs_schema(SPECS.values())["properties"]
"""The fields as JSON Schema."""

WISHES = (
    parameter("query", "metadata", SPECS["metadata"].about, {"enum": list(METADATA)}),
    parameter("query", "graph", SPECS["graph"].about, {"type": "boolean"}),
)
_TRUTH = {"true": True, "false": False}


def wishes_of(request: web.Request) -> Descriptions:
    """What the parameters say; raises ApiError for one that cannot be read."""
    given: dict[str, object] = {n: request.query[n] for n in SPECS if n in request.query}
    if "graph" in given:
        given["graph"] = _TRUTH.get(request.query["graph"], given["graph"])
    wished, wrong = read_descriptions(given)
    for name in wrong:
        allowed = f"are {', '.join(METADATA if name == 'metadata' else _TRUTH)}"
        raise bad_parameter(name, request.query[name], allowed)
    return wished


def wished_beside(
    sent: Mapping[str, Any], declared: Mapping[str, object]
) -> tuple[Descriptions, dict[str, Any]]:
    """What is wished beside the inputs of a recipe, and the inputs; raises GraphError.

    What the recipe itself declares is an input.
    """
    fields = SPECS.keys() - declared.keys()
    wished, wrong = read_descriptions({n: value for n, value in sent.items() if n in fields})
    if wrong:
        problems = [
            Problem(fault.code, f"the request: {fault.message} Change it.", path=(name,))
            for name, fault in wrong.items()
        ]
        raise GraphError(problems)
    return wished, {name: value for name, value in sent.items() if name not in fields}
