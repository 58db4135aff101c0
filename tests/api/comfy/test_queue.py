"""The queue: what is shown, left out, interrupted; the order of numbers."""

import time
from typing import Any

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.comfy.asking import ended, node, post, posted
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.serving import OUTER_SECONDS, Served

QUICK = {"1": node("Add", a=1), "2": node("Show", value=["1", 0])}


def slow(seconds: float = 60.0) -> dict[str, Any]:
    """A prompt that looks whether it is to stop."""
    return {"1": node("Tick", seconds=seconds), "2": node("Show", value=["1", 0])}


def queue(server: Served) -> tuple[list[str], list[str]]:
    """The ids of what runs and what waits."""
    found = server.call("GET", "/queue").json
    return [i[1] for i in found["queue_running"]], [i[1] for i in found["queue_pending"]]


def running(server: Served) -> str:
    """A prompt that runs until it is stopped."""
    prompt_id = posted(server, slow())
    deadline = time.monotonic() + OUTER_SECONDS
    while queue(server)[0] != [prompt_id]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return prompt_id


def test_the_queue_shows_items_in_the_order_of_their_numbers(small: Served) -> None:
    first = running(small)
    last = posted(small, QUICK, extra_data={"a": 1})
    front = posted(small, QUICK, front=True)
    early = posted(small, QUICK, number=-1e6)

    assert queue(small) == ([first], [early, front, last])
    assert small.call("GET", "/prompt").json == {"exec_info": {"queue_remaining": 4}}
    item = small.call("GET", "/api/queue").json["queue_pending"][-1]
    assert item[1:3] == [last, QUICK]
    assert item[3]["a"] == 1
    assert item[4] == ["2"]
    small.call("POST", "/interrupt", json={"prompt_id": first})
    ends = [ended(small, name)["status"]["messages"][-1] for name in (early, front, last)]
    assert [kind for kind, _ in ends] == ["execution_success"] * 3
    times = [data["timestamp"] for _, data in ends]
    assert times == sorted(times)


def test_what_waits_is_left_out_and_what_runs_goes_on(small: Served) -> None:
    first = running(small)
    one, two, three = (posted(small, QUICK) for _ in range(3))

    assert small.call("POST", "/queue", json={"delete": [two, "none", first]}).status == 200
    assert queue(small) == ([first], [one, three])
    assert small.call("POST", "/api/queue", json={"clear": True}).status == 200
    assert queue(small) == ([first], [])
    assert small.call("GET", f"/history/{two}").json == {}
    small.call("POST", "/interrupt")
    ended(small, first)


def test_clients_hear_of_what_is_left_out(small: Served) -> None:
    first = running(small)
    two, _ = (posted(small, QUICK) for _ in range(2))

    async def story() -> None:
        async with listening(small, "me") as heard:
            for body, left in (({"delete": [two]}, 2), ({"clear": True}, 1)):
                await heard.session.post(f"{small.url}/queue", json=body)
                await heard.until("status", status={"exec_info": {"queue_remaining": left}})

    told(story())
    small.call("POST", "/interrupt", json={"prompt_id": first})


def _await_node(server: Served, prompt_id: str) -> None:
    """Wait until a node of a prompt at work has begun."""
    at_work = server.app[PARTS].dispatcher.pool.running
    deadline = time.monotonic() + OUTER_SECONDS
    while not any(each.job.name == prompt_id and each.node for each in at_work.values()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_interrupt_by_name_stops_that_prompt_only(small: Served) -> None:
    first = running(small)
    _await_node(small, first)
    waiting = posted(small, slow())

    small.call("POST", "/interrupt", json={"prompt_id": "another"})
    small.call("POST", "/interrupt", json={"prompt_id": waiting})
    assert queue(small) == ([first], [waiting])
    small.call("POST", "/api/interrupt", json={"prompt_id": first})

    entry = ended(small, first)
    kind, data = entry["status"]["messages"][-1]
    assert (kind, entry["status"]["status_str"]) == ("execution_interrupted", "error")
    assert (data["node_id"], data["node_type"]) == ("1", "Tick")
    small.call("POST", "/interrupt", data=b"no json")
    ended(small, waiting)


def test_an_id_that_waits_or_runs_is_taken(small: Served) -> None:
    first = running(small)

    answer = post(small, QUICK, prompt_id=first)

    assert (answer.status, answer.json["error"]["type"]) == (400, "duplicate_prompt_id")
    small.call("POST", "/interrupt")
    ended(small, first)


def test_by_default_nothing_runs_after_a_failure(small: Served) -> None:
    prompt = {
        "1": node("Fail"),
        "2": node("Show", value=["1", 0]),
        "3": node("Sleep", seconds=0.3),
        "4": node("Show", value=["3", 0]),
        "5": node("Add", a=["3", 0]),
        "6": node("Show", value=["5", 0]),
    }

    stopped = ended(small, posted(small, prompt))
    independent = ended(small, posted(small, prompt, node_failure_policy="continue_independent"))

    assert "6" not in stopped["outputs"]
    assert {"4", "6"} <= independent["outputs"].keys()


def test_a_prompt_that_goes_on_after_a_failure_succeeds_in_part(small: Served) -> None:
    prompt = {
        "1": node("Fail"),
        "2": node("Add", a=["1", 0]),
        "3": node("Show", value=["2", 0]),
        "5": node("Add", a=1),
        "4": node("Show", value=["5", 0]),
    }

    async def story() -> Any:
        async with listening(small, "part") as heard:
            policy = "continue_independent"
            prompt_id = await heard.post(prompt, client_id="part", node_failure_policy=policy)
            await heard.until("executing", node=None)
            return prompt_id, heard

    prompt_id, heard = told(story())
    (failed,) = heard.of("execution_node_error")
    (end,) = heard.of("execution_success")
    assert (failed["node_id"], failed["node_type"]) == ("1", "Fail")
    assert failed["exception_type"] == "RuntimeError"
    del end["prompt_id"], end["timestamp"]
    assert end == {
        "completion_status": "partial_success",
        "has_errors": True,
        "execution_error_count": 1,
        "blocked_node_ids": ["2", "3"],
        "blocked_output_node_ids": ["3"],
        "successful_output_node_ids": ["4"],
    }
    assert heard.of("execution_error") == []
    assert ended(small, prompt_id)["status"]["status_str"] == "success"
    del prompt["4"], prompt["5"]
    nothing = ended(small, posted(small, prompt, node_failure_policy="continue_independent"))
    assert nothing["status"]["status_str"] == "error"


def test_memory_can_be_freed(server: Served) -> None:
    for body in ({"unload_models": True, "free_memory": True}, {}):
        assert server.call("POST", "/free", json=body).status == 200
    prompt = {"1": node("EmptyImage", width=4), "2": node("PreviewImage", images=["1", 0])}
    assert ended(server, posted(server, prompt))["status"]["completed"]
