"""Each recipe is an operation of its own in the OpenAPI document, with typed inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import validate
from pydantic import SecretStr

from paintgraph import graphs
from paintgraph.api.services.parts import PARTS
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.tests.api.serving import Served, png, serving

NAMES = {path.stem for path in Path(graphs.FOLDER).glob("*.yaml")}
OWN = """
about: Passes a picture on.
inputs: {image: {type: image}, prompt: {type: text, choices: [a, b], default: b}}
nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}
outputs: {image: "${photo.image}"}
"""


def recipes(server: Served) -> tuple[Any, set[str]]:
    """The document of a server, and the recipes that it tells of."""
    document = server.call("GET", "/openapi.json").json
    start = "/v1/recipes/"
    paths = {path.removeprefix(start) for path in document["paths"] if path.startswith(start)}
    return document, paths - {"{name}"}


def test_who_asks_while_the_recipes_are_read_gets_all_of_them(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads may ask at the same time; here the second one asks amid the first one's turn."""
    known = replace(server.app[PARTS].catalogue.known(), _sound={})
    paths = {name: known.recipes.path(name) for name in known.recipes.names()}
    told: list[int] = []

    def path(_: RecipeBook, name: str) -> Path | None:
        if name == max(paths) and not told:
            told.append(0)
            told.append(len(known.sound_recipes()))
        return paths[name]

    monkeypatch.setattr(RecipeBook, "path", path)

    assert known.sound_recipes().keys() == NAMES
    assert told == [0, len(NAMES)]


def test_every_recipe_is_an_operation_with_inputs_for_json_and_forms(server: Served) -> None:
    document, told = recipes(server)

    validate(document)
    assert told == NAMES
    for name in NAMES:
        operation = document["paths"][f"/v1/recipes/{name}"]["post"]
        assert operation["summary"].endswith(".")
        schema = server.call("GET", f"/v1/recipes/{name}").json
        content = operation["requestBody"]["content"]
        for kind in ("application/json", "multipart/form-data"):
            reference = content[kind]["schema"]["$ref"].rpartition("/")[2]
            named = document["components"]["schemas"][reference]
            assert named["properties"].keys() == schema["properties"].keys()
            assert named["required"] == schema["required"]


def test_an_input_tells_its_type_bounds_choices_and_an_example(server: Served) -> None:
    schemas = recipes(server)[0]["components"]["schemas"]
    inputs, form = (schemas[f"EraseObject{of}"]["properties"] for of in ("Inputs", "Form"))

    assert form["image"] == {"type": "string", "format": "binary", "description": "The picture."}
    assert inputs["image"]["type"] == "string"
    assert inputs["image"]["examples"]
    assert (inputs["box"]["type"], inputs["box"]["maxItems"]) == ("array", 4)
    assert inputs["select"]["enum"] == ["object", "box"]
    assert (inputs["grow"]["minimum"], inputs["grow"]["maximum"]) == (-1024, 1024)
    assert inputs["grow"]["default"] == 8


def test_a_list_may_come_as_parts_one_by_one(server: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("image", png(), filename="photo.png")
    for number in (3, 3, 10, 10):
        form.add_field("box", str(number))
    form.add_field("engine", "telea")

    answer = server.call("POST", "/v1/recipes/erase_object?wait=60", data=form)

    assert answer.json["state"] == "succeeded", answer.body


def test_a_form_has_no_null_and_no_object(server: Served) -> None:
    schemas = recipes(server)[0]["components"]["schemas"]

    for name in (name for name in schemas if name.endswith("Form")):
        for field, schema in schemas[name]["properties"].items():
            assert schema["type"] in ("string", "integer", "number", "boolean", "array"), field
            assert None not in schema.get("enum", ()), field
            assert schema.get("default", 0) is not None, field
    form = schemas["OutpaintForm"]["properties"]
    assert (form["metadata"]["enum"][0], form["metadata"]["default"]) == ("", "")
    assert form["webhook"]["default"] == ""
    assert (form["graph"]["enum"], form["graph"]["default"]) == (["", "true", "false"], "")


def test_fields_that_are_left_empty_have_their_defaults(server: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("image", png(), filename="photo.png")
    form.add_field("engine", "telea")
    form.add_field("avoid", b"", filename="", content_type="application/octet-stream")
    for name in ("sides", "fraction", "left", "match", "seed", "prompt"):
        form.add_field(name, "")
    for name in ("metadata", "graph", "webhook"):
        form.add_field(name, "")

    job = server.call("POST", "/v1/recipes/outpaint?wait=60", data=form).json

    assert job["state"] == "succeeded", job
    assert job["outputs"]["image"]["width"] > 32


def test_a_picture_that_is_left_empty_is_missing(server: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("image", b"", filename="", content_type="application/octet-stream")

    answer = server.call("POST", "/v1/recipes/outpaint", data=form)

    assert (answer.status, answer.codes) == (422, ["missing_input"])


@pytest.mark.parametrize("keys", [(), (SecretStr("a-key"),)])
def test_own_recipes_are_told_of_where_no_key_keeps_them(tmp_path: Path, keys: Any) -> None:
    (tmp_path / "recipes").mkdir()
    with serving(tmp_path, api_keys=keys) as served:
        before = recipes(served)[1]
        (tmp_path / "recipes" / "mine.yaml").write_text(OWN)
        (tmp_path / "recipes" / "not one.yaml").write_text(OWN)
        document, after = recipes(served)

    assert before == NAMES
    assert after == (NAMES if keys else NAMES | {"mine"})
    if not keys:
        assert document["components"]["schemas"]["MineForm"]["properties"]["prompt"]["enum"]
