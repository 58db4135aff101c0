"""What ran is given back as a graph in every form, whichever door it came by."""

from itertools import combinations
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.graph.formats.writing import GRAPH_FORMATS, write_graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.tests.api.fooocus.asking import finished, inpaint
from paintgraph.tests.api.serving import Served, png, run_recipe

PROMPT = {
    "7": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}},
    "9": {"class_type": "PreviewImage", "inputs": {"images": ["7", 0]}},
}


def newest(server: Served) -> str:
    job_id: str = server.call("GET", "/v1/jobs?limit=1").json["jobs"][0]["id"]
    return job_id


def by_recipe(server: Served) -> str:
    inputs = {"image": server.upload(png()), "box": [3, 3, 10, 10]}
    job_id: str = run_recipe(server, "erase_object", inputs)["id"]
    return job_id


def by_fooocus(server: Served) -> str:
    finished(inpaint(server))
    return newest(server)


def by_prompt(server: Served, **more: Any) -> str:
    assert server.call("POST", "/prompt", json={"prompt": PROMPT, **more}).status == 200
    return newest(server)


def graph(server: Served, job_id: str, form: str = "") -> Any:
    query = f"?format={form}" if form else ""
    answer = server.call("GET", f"/v1/jobs/{job_id}/graph{query}")
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize("door", [by_recipe, by_fooocus, by_prompt])
def test_every_form_is_the_graph_that_ran(server: Served, door: Any) -> None:
    job_id = door(server)
    bound = graph(server, job_id)["graph"]

    for form in GRAPH_FORMATS:
        read, problems = graph_of(Document(graph(server, job_id, form)), form)
        specs = server.app[PARTS].catalogue.known().registry
        assert (write_native(with_names(read, specs)), problems) == (bound, [])


def test_a_graph_for_the_editor_is_laid_out(server: Served) -> None:
    drawn = graph(server, by_recipe(server), "ui")

    boxes = [(*node["pos"], *node["size"]) for node in drawn["nodes"]]
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    lefts = {node["id"]: node["pos"][0] for node in drawn["nodes"]}
    assert all(lefts[source] < lefts[target] for _, source, _, target, _, _ in drawn["links"])


def test_what_was_drawn_in_the_editor_stands_where_it_stood(server: Served) -> None:
    read, _ = graph_of(Document(PROMPT), "test")
    drawn = write_graph(read, "ui", server.app[PARTS].catalogue.known().registry)
    drawn["nodes"][0]["pos"] = [-500, 321]
    extra = {"extra_pnginfo": {"workflow": drawn}}

    for job_id in (by_prompt(server, extra_data=extra), server.job(drawn)):
        places = {node["id"]: node["pos"] for node in graph(server, job_id, "ui")["nodes"]}
        assert places == {node["id"]: node["pos"] for node in drawn["nodes"]}


def test_another_form_is_refused(server: Served) -> None:
    answer = server.call("GET", f"/v1/jobs/{by_prompt(server)}/graph?format=yaml")

    assert (answer.status, answer.codes) == (400, ["bad_parameter"])
    assert "allowed are native, api, ui" in answer.json["detail"]


@pytest.mark.parametrize("name", ["graph", "request"])
def test_a_damaged_row_hides_no_other_and_is_told(server: Served, name: str) -> None:
    job = by_prompt(server)
    server.until(job, "succeeded")
    damage = f"UPDATE jobs SET {name} = 'xx' WHERE id = ?"  # noqa: S608 - ours
    store = server.app[PARTS].store
    store._database.write(lambda c: c.execute(damage, (job,))).result()

    paths = (f"/v1/jobs/{job}", "/v1/jobs", "/history", "/queue", "/api/jobs", "/tasks")
    assert [server.call("GET", path).status for path in paths] == [200] * len(paths)
    for query in ("", "?format=ui"):
        answer = server.call("GET", f"/v1/jobs/{job}/graph{query}")
        assert (answer.status, answer.codes) == (409, ["damaged_row"])
        assert f"of its {name} is damaged. Run it again." in answer.json["detail"]
