"""The OpenAPI document is valid and complete; test_schema_conformance asks whether it is kept."""

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from paintgraph.api.comfy.routes import served as comfy_routes
from paintgraph.api.editor.files import PREFIX
from paintgraph.server import ROUTES
from paintgraph.tests.api.serving import Served

PAGES = {"/", "/login", "/docs", "/docs/start.js", "/docs/{name}", "/assets/{path}", "/page/{path}"}


@pytest.fixture(scope="module")
def document(small: Served) -> Any:
    answer = small.call("GET", "/openapi.json")
    assert answer.status == 200
    return answer.json


def test_the_document_is_openapi(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_the_types_of_the_page_are_those_of_the_document(document: Any) -> None:
    root = Path(__file__).parents[2]
    command = (sys.executable, str(root / "scripts" / "page_types.py"))
    sent = json.dumps(document)
    made = subprocess.run(command, input=sent, capture_output=True, text=True, check=True)

    assert made.stdout == (root / "api" / "page" / "web" / "wire.d.ts").read_text()


def test_every_route_is_told_of(small: Served, document: Any) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in small.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    told = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }

    aliases = {(route.method, alias) for route in ROUTES for alias in route.aliases}
    canonical = partial(re.sub, r":[^}]+}", "}")
    comfy = {(method, canonical(path)) for method, path, _ in comfy_routes()}  # told by ComfyUI
    aliases |= comfy | {("OPTIONS", path) for _, path in comfy}
    others = {each for each in served - aliases if not each[1].startswith(PREFIX.rstrip("/"))}
    assert {(method, path) for method, path in others if path not in PAGES} == told
    assert aliases <= served
    assert told == {(r.method, r.path) for r in ROUTES} | {("GET", "/openapi.json")}


def test_every_operation_is_described_with_its_errors(document: Any) -> None:
    names = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.add(operation["operationId"])
            summary = operation["summary"]
            assert summary.endswith(".")
            answers = operation["responses"]
            assert any(status < "400" for status in answers) or summary.startswith("Refused: ")
            for status, answer in answers.items():
                is_as_fastapi = status == "422" and operation["tags"][0] in (
                    "fooocus",
                    "generation",
                )
                if is_as_fastapi and "FooocusFaults" in str(answer):
                    assert list(answer["content"]) == ["application/json"]
                elif status >= "400" and path not in ("/readyz", "/healthz"):
                    assert list(answer["content"]) == ["application/problem+json"]
    assert len(names) == sum(len(operations) for operations in document["paths"].values())


def test_every_reference_leads_somewhere(document: Any) -> None:
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))

    assert named <= document["components"]["schemas"].keys()
    assert document["components"]["schemas"].keys() - named == set()
