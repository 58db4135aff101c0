"""Checking graphs over HTTP, and what they can be made of."""

from typing import Any

import jsonschema
import pytest

from paintgraph.tests.api.serving import Served

SOUND = {
    "nodes": {"photo": {"node": "LoadImage", "image": "not looked for"}},
    "outputs": {"image": "${photo.image}"},
}
YAML = {"Content-Type": "application/yaml"}


def validate(server: Served, body: Any) -> Any:
    answer = server.call("POST", "/v1/graphs/validate", json=body)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_sound_graph_is_valid_before_its_pictures_are_there(server: Served) -> None:
    assert validate(server, {"graph": SOUND}) == {"valid": True, "problems": []}


def test_a_warning_leaves_a_graph_valid(server: Served) -> None:
    nodes = {**SOUND["nodes"], "idle": {"node": "LoadImage", "image": "a"}}  # type: ignore[dict-item]

    told = validate(server, {**SOUND, "nodes": nodes})

    assert told["valid"]
    (problem,) = told["problems"]
    assert (problem["code"], problem["severity"]) == ("unreachable", "warning")


def test_every_problem_is_told_with_its_place(server: Served) -> None:
    text = (
        "nodes:\n"
        "  photo: {node: LoadImag, image: a}\n"
        "  grown: {node: ErodeDilateMask, mask: '${photo.mask}', amount: 9999, size: 3}\n"
        "outputs:\n"
        "  mask: '${grown.mask}'\n"
    )

    answer = server.call("POST", "/v1/graphs/validate", data=text, headers=YAML)

    assert answer.status == 200
    assert not answer.json["valid"]
    places = {(p["code"], p["line"], p["column"]) for p in answer.json["problems"]}
    assert places == {("unknown_node", 2, 10), ("out_of_range", 3, 65), ("unknown_input", 3, 77)}


def test_yaml_that_cannot_be_read_is_a_graph_with_a_fault(server: Served) -> None:
    answer = server.call("POST", "/v1/graphs/validate", data="nodes: [1\n", headers=YAML)

    assert (answer.status, answer.json["valid"]) == (200, False)
    assert answer.json["problems"][0]["line"] >= 1


def test_nodes_of_other_tools_are_refused_with_what_to_use(server: Served) -> None:
    prompt = {"1": {"class_type": "CLIPAttentionMultiply", "inputs": {}}}

    told = validate(server, prompt)

    replaced = [p for p in told["problems"] if p["code"] == "replaced_node"]
    assert "InpaintSampler" in replaced[0]["detail"]
    assert replaced[0]["pointer"] == "/1"


def test_node_types_are_listed_without_recipes(server: Served) -> None:
    nodes = server.call("GET", "/v1/nodes").json["nodes"]

    ids = [node["id"] for node in nodes]
    assert {"LoadImage", "InpaintSampler", "ErodeDilateMask"} <= set(ids)
    assert not [id_ for id_ in ids if id_.startswith("recipe/")]
    assert all(node["about"] and node["title"] and node["category"] for node in nodes)


def test_a_node_type_is_described_with_its_schema(server: Served) -> None:
    told = server.call("GET", "/v1/nodes/ErodeDilateMask").json

    assert [each["name"] for each in told["inputs"]][:2] == ["mask", "amount"]
    use = {"node": "ErodeDilateMask", "mask": "${a.mask}", "amount": 3}
    jsonschema.validate(use, told["schema"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**use, "size": 3}, told["schema"])


def test_an_unknown_node_type_is_named_with_the_nearest(server: Served) -> None:
    answer = server.call("GET", "/v1/nodes/LoadImag")

    assert (answer.status, answer.codes) == (404, ["unknown_node"])
    assert "'LoadImage'" in answer.json["detail"]


def test_what_paints_is_heavy_and_so_are_recipes_that_paint(server: Served) -> None:
    sampler = server.call("GET", "/v1/nodes/InpaintSampler").json
    mask = server.call("GET", "/v1/nodes/InvertMask").json

    assert (sampler["heavy"], mask["heavy"]) == (True, False)
    known = server.call("GET", "/v1/nodes/recipe%2Foutpaint").json
    assert known["heavy"]


def test_of_very_many_problems_the_first_are_listed(small: Served) -> None:
    nodes = {f"n{number}": {"node": "Nope"} for number in range(1200)}
    graph = {"nodes": nodes, "outputs": {"o": "${n0.sum}"}}

    refused = small.submit(graph)
    told = small.call("POST", "/v1/graphs/validate", json=graph).json

    assert refused.status == 422
    assert " problems; the first: " in refused.json["detail"]
    assert len(refused.json["errors"]) == len(told["problems"]) == 1000
