"""Graphs that need models, over HTTP: what is missing is named before anything is accepted."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.tests import tiny_onnx
from paintgraph.tests.api.serving import OUTER_SECONDS, Served, serving
from paintgraph.tests.nodes.bench import noise, png, samples_of

PHOTO = f"data:image/png;base64,{base64.b64encode(png(noise(20, 30))).decode()}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with one tiny model."""
    folder: Path = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        tiny_onnx.install(folder, {"u2net": tiny_onnx.middle_network(320)}, patch)
        with serving(folder / "data") as served:
            yield served


def graph(model: str, *, other: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "paintgraph": 1,
        "nodes": {
            "photo": {"node": "LoadImage", "image": PHOTO},
            "found": {"node": "MaskFromModel", "image": "${photo.image}", "model": model},
            **(other or {}),
        },
        "outputs": {"mask": "${found.mask}"},
    }


def test_a_mask_is_made_and_the_memory_of_its_model_is_told(server: Served) -> None:
    answer = server.submit({"graph": graph("u2net")}, wait=60)

    assert answer.status == 200
    assert answer.json["state"] == "succeeded", answer.json
    mask = samples_of(server.call("GET", answer.json["outputs"]["mask"]["url"]).body)
    assert mask.shape[:2] == (20, 30)
    assert mask[10, 15, 0] == 255
    metrics = server.call("GET", "/metrics").body.decode().splitlines()
    assert 'paintgraph_model_bytes{device="cpu"} 1e+06' in metrics
    assert "paintgraph_models_loaded 1.0" in metrics
    loaded = b'paintgraph_loads_total{model="u2net"} 1.0'
    deadline = time.monotonic() + OUTER_SECONDS  # its worker tells when it asks for the next job
    while loaded not in server.call("GET", "/metrics").body and time.monotonic() < deadline:
        time.sleep(0.1)
    assert loaded in server.call("GET", "/metrics").body
    held = "SELECT models FROM holdings"
    rows = server.app[PARTS].store._database.read(lambda c: c.execute(held).fetchall())
    assert [b"u2net@sha256:" in row[0] for row in rows] == [True]


def test_the_job_keeps_the_digest_of_the_file(server: Served) -> None:
    job = server.submit({"graph": graph("u2net")}, wait=60).json

    bound = server.call("GET", f"{job['links']['graph']}").json
    assert '"u2net@sha256:' in str(bound).replace("'", '"')


def test_a_missing_model_is_a_failed_dependency(server: Served) -> None:
    answer = server.submit({"graph": graph("bria-rmbg")})

    assert answer.status == 424
    assert answer.codes == ["model_missing"]
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/graph/nodes/found/model"
    assert "(1.0 GB) is not on this machine" in error["detail"]
    assert "commercial use has to be paid for" in error["detail"]
    assert error["detail"].endswith("paintgraph models pull bria-rmbg")


def test_beside_another_fault_it_is_one_fault_of_many(server: Served) -> None:
    other = {"grown": {"node": "ErodeDilateMask", "mask": "${found.mask}", "amount": 99999}}
    answer = server.submit({"graph": graph("bria-rmbg", other=other)})

    assert answer.status == 422
    assert sorted(answer.codes) == ["model_missing", "out_of_range", "unreachable"]


def test_a_missing_model_of_a_recipe_is_named_by_its_input(server: Served) -> None:
    inputs = {"image": PHOTO, "model": "silueta"}
    answer = server.call("POST", "/v1/recipes/generate_mask", json=inputs)

    assert answer.status == 424
    assert answer.json["errors"][0]["pointer"] == "/model"
    assert answer.json["detail"].startswith("input 'model': 'silueta' (44 MB) is not on")


def test_validation_names_it_without_running(server: Served) -> None:
    declared = graph("${inputs.model}") | {
        "inputs": {"model": {"type": "text", "default": "silueta"}}
    }
    for inputs, valid in (({}, False), ({"model": "u2net"}, True)):
        answer = server.call(
            "POST", "/v1/graphs/validate", json={"graph": declared, "inputs": inputs}
        )
        assert answer.json["valid"] is valid, answer.json


def test_sessions_that_upload_pictures_are_refused(server: Served) -> None:
    answer = server.submit({"graph": graph("withoutbg")})

    assert answer.status == 422
    assert answer.codes == ["model_refused"]
    assert "sends the picture to a company" in answer.json["detail"]


def test_schema_and_openapi_list_the_models(server: Served) -> None:
    node = server.call("GET", "/v1/nodes/MaskFromModel").json
    (model,) = [spec for spec in node["inputs"] if spec["name"] == "model"]
    assert {"u2net", "isnet-general-use", "birefnet-general"} <= set(model["choices"])
    assert "withoutbg" not in model["choices"]
    recipe = server.call("GET", "/v1/recipes/generate_mask").json
    assert recipe["properties"]["model"]["enum"] == model["choices"]
