"""Whatever ComfyUI saves may be sent: it is checked and run for what it is."""

import json
from typing import Any

import pytest

from paintgraph.tests.api.serving import Served, png
from paintgraph.tests.base.test_pictures import chunk
from paintgraph.tests.engine.comfy.drawing import canvas, load, node, passing, slot


def saving(name: str) -> dict[str, Any]:
    """A workflow of the editor that inverts an uploaded picture, past a reroute, and shows it."""
    nodes = [
        {**load(), "widgets_values": [name, "image"]},
        node(2, "Reroute", [slot("", "*")], ["*"]),
        passing(3),
        passing(4, mode=4),
        node(5, "SaveImage", [slot("images")], [], ["inverted"]),
    ]
    return canvas(nodes, [(1, 0, 2, 0), (2, 0, 3, 0), (3, 0, 4, 0), (4, 0, 5, 0)])


PROMPT = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png", "upload": "image"}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
}
SENT = {
    "workflow": saving("a.png"),
    "wrapped": {"workflow": saving("a.png")},
    "saved request": {"prompt": PROMPT, "client_id": "x", "extra_data": {}},
    "envelope": {"graph": saving("a.png"), "inputs": {}},
    "envelope around a request": {"graph": {"prompt": PROMPT}},
}


@pytest.mark.parametrize("name", SENT)
def test_each_form_is_valid(server: Served, name: str) -> None:
    answer = server.call("POST", "/v1/graphs/validate", json=SENT[name])

    form = "prompt" if "request" in name else "workflow"
    assert (answer.status, answer.json) == (200, {"valid": True, "form": form, "problems": []})


@pytest.mark.parametrize("key", [b"prompt", b"workflow"])
def test_a_picture_that_carries_a_graph_is_valid(server: Served, key: bytes) -> None:
    graph = {b"prompt": PROMPT, b"workflow": saving("a.png")}[key]
    data = png()
    picture = data[:33] + chunk(b"tEXt", key + b"\0" + json.dumps(graph).encode()) + data[33:]
    told = server.call(
        "POST", "/v1/graphs/validate", data=picture, headers={"Content-Type": "image/png"}
    )

    form = key.decode()
    assert (told.status, told.json) == (200, {"valid": True, "form": form, "problems": []})


@pytest.mark.parametrize("path", ["/v1/graphs/validate", "/v1/jobs"])
def test_a_picture_without_a_graph_is_told_in_one_line(server: Served, path: str) -> None:
    told = server.call("POST", path, data=png(), headers={"Content-Type": "image/png"})

    assert (told.status, told.codes) == (422, ["no_graph"])
    assert "this picture carries no graph" in told.json["errors"][0]["detail"]


def test_a_workflow_runs(server: Served) -> None:
    digest = server.upload(png(0))

    job = server.submit(saving(digest), wait=60)
    answer = server.call("GET", f"/v1/jobs/{job.json['id']}/graph").json

    assert (job.status, job.json["state"]) == (200, "succeeded")
    assert set(answer["graph"]["nodes"]) == {"1", "3", "5"}
    assert answer["request"]["graph"]["nodes"][1]["type"] == "Reroute"


def test_a_fault_points_into_what_was_sent(server: Served) -> None:
    value = saving("a.png")
    value["nodes"][2]["type"] = "Nobodys"
    told = server.call("POST", "/v1/graphs/validate", json={"graph": value}).json

    (problem,) = [p for p in told["problems"] if p["severity"] == "error"]
    assert (problem["code"], problem["node"]) == ("unknown_node", "3")
    assert problem["pointer"] == "/graph/nodes/2"


def test_a_family_is_one_problem_with_all_its_nodes(server: Served) -> None:
    prompt = {str(n): {"class_type": "CLIPAttentionMultiply", "inputs": {}} for n in range(7)}
    told = server.call("POST", "/v1/graphs/validate", json=prompt).json

    (problem,) = told["problems"]
    assert (problem["code"], problem["nodes"]) == ("replaced_node", list(prompt))


def test_values_that_cannot_be_read_are_no_fault_of_the_server(server: Served) -> None:
    for value in ({"nodes": [{"type": "A"}], "links": {}}, {"nodes": [5, {"type": []}]}):
        assert server.call("POST", "/v1/jobs", json=value).status in (202, 422)
