"""Jobs over HTTP, from handing in to cancelling."""

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.workers.handle import Ready
from paintgraph.tests.api.serving import Answer, Served, pixels, png

ADD = {
    "paintgraph": 1,
    "nodes": {"sum": {"node": "Add", "a": 2, "b": 3}},
    "outputs": {"sum": "${sum.sum}"},
}


def tick(seconds: float) -> dict[str, Any]:
    return {
        "nodes": {"long": {"node": "Tick", "seconds": seconds}},
        "outputs": {"steps": "${long.sum}"},
    }


@pytest.mark.parametrize(
    "body",
    [
        {"graph": ADD},
        ADD,
        {"graph": ADD, "inputs": {}, "priority": 5},
        {"graph": ADD, "inputs": None, "priority": None},
    ],
)
def test_a_job_that_is_waited_for_gives_its_outputs(small: Served, body: Any) -> None:
    answer = small.submit(body, wait=60)

    assert answer.status == 200
    job = answer.json
    assert (job["state"], job["progress"], job["outputs"]) == ("succeeded", 1.0, {"sum": 5})
    assert job["created"] <= job["started"] <= job["ended"]
    assert "problems" not in job
    assert small.call("GET", job["links"]["self"]).json == job


def test_a_job_that_is_not_waited_for_is_accepted_with_its_address(small: Served) -> None:
    answer = small.submit(ADD)

    assert answer.status == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json['id']}"
    assert small.until(answer.json["id"], "succeeded")["outputs"] == {"sum": 5}


def test_waiting_ends_in_time_with_the_job_as_it_is(small: Served) -> None:
    answer = small.submit(tick(60), wait=0.05)

    assert answer.status == 202
    assert answer.json["state"] in ("queued", "running")
    looked = small.call("GET", f"/v1/jobs/{answer.json['id']}?wait=0.05")
    assert (looked.status, looked.json["ended"]) == (200, None)
    small.call("DELETE", f"/v1/jobs/{answer.json['id']}")
    small.until(answer.json["id"], "cancelled")


def test_of_waiting_jobs_that_of_the_higher_priority_runs_first(small: Served) -> None:
    busy = small.job(tick(60))
    low = small.submit({"graph": ADD}).json["id"]
    high = small.submit({"graph": tick(0), "priority": 5}).json["id"]
    small.call("DELETE", f"/v1/jobs/{busy}")

    begun = [small.until(job, "succeeded")["started"] for job in (high, low)]
    assert begun[0] < begun[1]


def test_who_waits_for_a_job_waits_for_the_start_of_the_workers(small: Served) -> None:
    dispatcher = small.app[PARTS].dispatcher
    started, dispatcher.pool.ready = (
        dispatcher.ready,
        Ready(),
    )  # as before the first worker has started
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(small.submit, ADD, wait=60)
        at_once = small.submit(ADD)
        a_moment = small.submit(ADD, wait=0.1)
        dispatcher.pool.ready = started

        assert waiting.result().json["outputs"] == {"sum": 5}
    for answer in (at_once, a_moment):
        assert (answer.status, answer.codes) == (503, ["starting"])
        assert answer.headers["Retry-After"]


def test_declared_inputs_come_beside_the_graph(small: Served) -> None:
    graph = {
        "inputs": {"a": {"type": "int"}, "b": {"type": "int", "default": 10}},
        "nodes": {"sum": {"node": "Add", "a": "${inputs.a}", "b": "${inputs.b}"}},
        "outputs": {"sum": "${sum.sum}"},
    }

    answer = small.submit({"graph": graph, "inputs": {"a": 1}}, wait=60)

    assert answer.json["outputs"] == {"sum": 11}


def test_a_comfyui_prompt_is_a_graph(server: Served) -> None:
    digest = server.upload(png())
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": digest}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
    }

    bare = server.submit(prompt, wait=60).json
    wrapped = server.submit({"graph": prompt}, wait=60).json

    assert (bare["state"], wrapped["state"]) == ("succeeded", "succeeded")
    assert bare["outputs"]["2"]["width"] == 32
    assert bare["outputs"]["2"]["media_type"] == "image/png"
    assert wrapped["outputs"]["2"]["digest"] == bare["outputs"]["2"]["digest"]
    saved = sorted(path.name for path in (server.data / "outputs").iterdir())
    assert saved == ["a_00001_.png", "a_00002_.png"]


def test_yaml_is_a_recipe_by_itself(small: Served) -> None:
    body = 'nodes:\n  sum: {node: Add, a: 1}\noutputs:\n  sum: "${sum.sum}"\n'

    answer = small.call(
        "POST", "/v1/jobs?wait=60", data=body, headers={"Content-Type": "application/yaml"}
    )

    assert (answer.status, answer.json["outputs"]) == (200, {"sum": 2})


def test_a_fault_in_yaml_has_line_and_column(small: Served) -> None:
    body = "nodes:\n  sum:\n    node: Add\n    c: 1\noutputs:\n  sum: '${sum.sum}'\n"

    answer = small.call("POST", "/v1/jobs", data=body, headers={"Content-Type": "application/yaml"})

    assert answer.status == 422
    (error,) = answer.json["errors"]
    assert (error["code"], error["line"], error["column"]) == ("unknown_input", 4, 8)
    assert error["pointer"] == "/nodes/sum/c"


def test_every_problem_is_told_at_once_with_pointers_into_the_request(small: Served) -> None:
    graph = {
        "inputs": {"a": {"type": "int"}},
        "nodes": {"one": {"node": "Add", "a": "x"}, "two": {"node": "Ad"}},
        "outputs": {"sum": "${one.sum}"},
    }

    answer = small.submit({"graph": graph, "inputs": {}})

    assert answer.status == 422
    assert {(e["code"], e["pointer"]) for e in answer.json["errors"]} == {
        ("wrong_type", "/graph/nodes/one/a"),
        ("unknown_node", "/graph/nodes/two"),
        ("unreachable", "/graph/nodes/two"),
    }


def test_problems_of_inputs_point_at_the_inputs(small: Served) -> None:
    graph = {
        "inputs": {"a": {"type": "int"}, "b": {"type": "int"}},
        "nodes": {"sum": {"node": "Add", "a": "${inputs.a}", "b": "${inputs.b}"}},
        "outputs": {"sum": "${sum.sum}"},
    }

    answer = small.submit({"graph": graph, "inputs": {"a": "x", "c": 1}})

    assert {(e["code"], e["pointer"]) for e in answer.json["errors"]} == {
        ("wrong_type", "/inputs/a"),
        ("missing_input", "/inputs/b"),
        ("unknown_input", "/inputs/c"),
    }


def test_a_failed_job_says_which_node_failed_and_why(small: Served) -> None:
    graph = {
        "nodes": {"bad": {"node": "Fail", "value": 7}},
        "outputs": {"sum": "${bad.sum}"},
    }

    job = small.submit(graph, wait=60).json

    assert job["state"] == "failed"
    (problem,) = job["problems"]
    assert (problem["code"], problem["node"]) == ("node_failed", "bad")
    assert "no luck with 7" in problem["detail"]


def test_the_bound_graph_and_the_request_can_be_read_back(server: Served) -> None:
    digest = server.upload(png())
    inputs = {"image": digest, "box": [4, 4, 12, 12], "seed": -1, "engine": "telea"}
    job = server.call("POST", "/v1/recipes/erase_object?wait=60", json=inputs).json

    read = server.call("GET", job["links"]["graph"]).json

    assert read["request"] == {"recipe": "erase_object", "inputs": inputs}
    assert read["graph"]["nodes"]["photo"]["image"] == digest
    assert read["graph"]["nodes"]["filled"]["seed"] >= 0
    again = server.submit(read["graph"], wait=60).json
    made = [
        {name: pixels(server, each) for name, each in one["outputs"].items()}
        for one in (job, again)
    ]
    assert made[0] == made[1]


def test_auto_is_kept_as_the_engine_that_it_stood_for(server: Served) -> None:
    inputs = {"image": server.upload(png()), "box": [4, 4, 12, 12]}
    job = server.call("POST", "/v1/recipes/erase_object", json=inputs).json

    graph = server.call("GET", job["links"]["graph"]).json["graph"]

    assert graph["nodes"]["filled"]["painter"] == ["surroundings"]


def test_jobs_are_listed_page_by_page_from_the_newest(small: Served) -> None:
    made = [small.job(ADD) for _ in range(5)]
    for job_id in made:
        small.until(job_id, "succeeded")

    first = small.call("GET", "/v1/jobs?limit=2").json
    second = small.call("GET", f"/v1/jobs?limit=2&cursor={first['next']}").json

    ids = [job["id"] for page in (first, second) for job in page["jobs"]]
    assert ids == made[::-1][:4]


def test_the_last_page_has_no_next(small: Served) -> None:
    small.submit(ADD, wait=60)

    assert small.call("GET", "/v1/jobs?limit=200").json["next"] is None


def test_jobs_are_listed_by_state(small: Served) -> None:
    small.submit(ADD, wait=60)

    assert {j["state"] for j in small.call("GET", "/v1/jobs?state=succeeded").json["jobs"]} == {
        "succeeded"
    }
    assert small.call("GET", "/v1/jobs?state=queued").json["jobs"] == []


def test_the_same_idempotency_key_gives_the_same_job(small: Served) -> None:
    headers = {"Idempotency-Key": "one"}

    first = small.submit(ADD, headers=headers)
    again = small.submit(ADD, headers=headers, wait=60)

    assert (first.status, again.status) == (202, 200)
    assert first.json["id"] == again.json["id"]


def test_a_key_that_is_reused_for_another_request_is_refused(small: Served) -> None:
    headers = {"Idempotency-Key": "two"}
    small.submit(ADD, headers=headers)

    answer = small.submit(tick(0.1), headers=headers)

    assert (answer.status, answer.codes) == (422, ["idempotency_key_reused"])


def test_fifty_equal_requests_at_once_are_one_job(small: Served) -> None:
    async def all_at_once() -> list[Answer]:
        calls = [
            asyncio.to_thread(small.submit, ADD, headers={"Idempotency-Key": "many"})
            for _ in range(50)
        ]
        return await asyncio.gather(*calls)

    answers = asyncio.run(all_at_once())

    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1


def test_a_picture_inside_the_request_is_kept_once_and_not_with_the_request(
    server: Served,
) -> None:
    text = base64.b64encode(png(width=64, height=64)).decode()
    inputs = {"image": f"data:image/png;base64,{text}", "box": [4, 4, 12, 12]}

    job = server.call("POST", "/v1/recipes/erase_object", json=inputs).json
    request = server.call("GET", job["links"]["graph"]).json["request"]

    assert request["inputs"]["image"].startswith("sha256:")


def test_a_client_that_leaves_while_it_waits_leaves_the_job(small: Served) -> None:
    async def leave() -> None:
        host, port = small.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps(tick(0.3)).encode()
        head = (
            f"POST /v1/jobs?wait=60 HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()

    asyncio.run(leave())
    newest = small.call("GET", "/v1/jobs?limit=1").json["jobs"][0]["id"]

    assert small.until(newest, "succeeded")["outputs"] == {"steps": 15}
