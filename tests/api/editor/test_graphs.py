"""The graph that an address of the page names comes as the page loads it, and leaves no job."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from paintgraph import graphs
from paintgraph.api.editor.opening import opened
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.tests import fake_nodes
from paintgraph.tests.api.serving import Served, png, run_recipe

RECIPE = (Path(graphs.FOLDER) / "grow_mask.yaml").read_bytes()
WORKFLOW = {"nodes": [{"id": 3, "type": "Note", "pos": [7, 8], "widgets_values": ["hello"]}]}
UNKNOWN = """
nodes:
  a: {node: Nobodys, size: 3}
  b: {node: PreviewImage, images: "${a.second}"}
  c: {node: PreviewImage, images: "${a.first}"}
  d: {node: PreviewImage, images: "${nowhere.image}"}
  e: {node: ImageInvert, image: "${d.no_such_output}"}
"""


def put(page: Served, data: bytes) -> str:
    """Put a graph where the command line puts it."""
    return FolderBlobs(page.data / "blobs").put(data)


def loaded(page: Served, reference: str) -> Any:
    kind = "blobs" if reference.startswith("sha256:") else "jobs"
    answer = page.call("GET", f"/editor/graphs/{kind}/{reference}")
    assert answer.status == 200, answer.body
    return answer.json


def picture(**texts: str) -> bytes:
    """A PNG file that says something."""
    said = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        said.add_text(key, text)
    file = BytesIO()
    Image.new("L", (2, 2)).save(file, "PNG", pnginfo=said)
    return file.getvalue()


def types(workflow: Any) -> list[str]:
    return [node["type"] for node in workflow["nodes"]]


def test_a_recipe_comes_ready_to_run_and_leaves_no_job(page: Served) -> None:
    before = page.call("GET", "/v1/jobs").json["jobs"]  # those of other tests
    workflow = loaded(page, put(page, RECIPE))

    assert "LoadImageMask" in types(workflow)
    assert "MaskPreview" in types(workflow)
    assert page.call("GET", "/v1/jobs").json["jobs"] == before


def test_what_somebody_drew_comes_as_it_was_drawn(page: Served) -> None:
    saved = {"prompt": {"1": {"class_type": "PreviewImage", "inputs": {}}}, "workflow": WORKFLOW}
    carried = picture(prompt=json.dumps(saved["prompt"]), workflow=json.dumps(WORKFLOW))

    for data in (json.dumps(WORKFLOW).encode(), json.dumps(saved).encode(), carried):
        assert loaded(page, put(page, data)) == WORKFLOW


def test_nodes_of_unknown_types_stay_and_links_to_nowhere_go(page: Served) -> None:
    workflow = loaded(page, put(page, UNKNOWN.encode()))

    ids = {node["properties"]["paintgraph"]["id"]: node["id"] for node in workflow["nodes"]}
    links = [tuple(link[1:4]) for link in workflow["links"]]
    assert links == [(ids["a"], 0, ids["b"]), (ids["a"], 1, ids["c"])]


def test_a_job_and_its_result_come_as_the_graph_that_ran(page: Served) -> None:
    photo = page.upload(png())
    job = run_recipe(page, "outpaint", {"image": photo, "engine": "telea"})

    ran = loaded(page, job["id"])

    assert job["links"]["editor"] == f"/editor/?graph={job['id']}"
    assert ran["nodes"][0]["widgets_values"][0] == photo
    assert types(ran) == types(loaded(page, job["outputs"]["image"]["digest"]))


def test_the_picture_that_a_graph_names_by_digest_is_shown(page: Served) -> None:
    data = png()
    query = {"filename": page.upload(data), "type": "input"}

    answer = page.call("GET", "/editor/api/view", params=query)
    preview = page.call("GET", "/editor/api/view", params={**query, "preview": "webp;90"})

    assert (answer.body, answer.headers["Content-Type"]) == (data, "image/png")
    assert preview.headers["Content-Type"] == "image/webp"
    for no_picture in (put(page, RECIPE), f"sha256:{'0' * 64}", "sha256:../secret"):
        query["filename"] = no_picture
        assert page.call("GET", "/editor/api/view", params=query).codes == ["no_such_file"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(png(), "no_graph"), (b"nodes: [1", "bad_yaml"), (b"{}", "no_graph"), (b"\xff", "not_utf8")],
)
def test_what_holds_no_graph_is_refused(page: Served, data: bytes, code: str) -> None:
    assert page.call("GET", f"/editor/graphs/blobs/{put(page, data)}").codes == [code]


@pytest.mark.parametrize("path", ["blobs/nothing", f"blobs/sha256:{'0' * 64}", "jobs/nothing"])
def test_what_is_not_there_is_named(page: Served, path: str) -> None:
    answer = page.call("GET", f"/editor/graphs/{path}")

    assert answer.status == 404
    assert answer.codes[0] in ("unknown_graph", "unknown_job")


VALUES = st.one_of(
    st.builds(Link, st.sampled_from(["a", "b", "c"]), st.sampled_from([0, 7, -1, "sum", "x", ""])),
    st.builds(InputRef, st.sampled_from(["x", "y"])),
    st.sampled_from([None, 1, 2.5, "text", True, (1, 2), {"a": 1}]),
)
NODES = st.builds(
    Node,
    st.sampled_from(["Add", "Nobodys", "Save", ""]),
    st.dictionaries(st.sampled_from(["a", "b", "c", "seed"]), VALUES, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), NODES, max_size=3),
    st.dictionaries(
        st.sampled_from(["x", "y"]),
        VALUES.filter(lambda v: isinstance(v, Link | InputRef)),
        max_size=2,
    ),
)
def test_any_graph_opens_whatever_its_faults(nodes: dict[str, Node], outputs: Any) -> None:
    registry = fake_nodes.registry()

    whole = opened(Graph(nodes, {}, outputs), registry)

    json.dumps(write_editor(whole, registry))
    assert nodes.keys() <= whole.nodes.keys()
