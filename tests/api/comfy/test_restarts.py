"""The queue and the history are complete after the server was killed."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from paintgraph.tests.api.comfy.asking import node
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.hostile.processes import SMALL_NODES, Child, running, wait_for
from paintgraph.tests.api.serving import Served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"),
]
QUICK = {"1": node("Add", a=1), "2": node("Show", value=["1", 0])}
FAILING = {"1": node("Fail"), "2": node("Show", value=["1", 0])}
SLOW = {"1": node("Tick", seconds=60), "2": node("Show", value=["1", 0])}


def posted(server: Child, prompt: Any, name: str) -> None:
    body = {"prompt": prompt, "prompt_id": name, "client_id": "me", "extra_data": {"kept": name}}
    answer = server.call("POST", "/prompt", body)
    assert answer.status == 200, answer.text


def queue(server: Child) -> list[Any]:
    """What runs, then what waits."""
    found = server.call("GET", "/queue").json
    return [*found["queue_running"], *found["queue_pending"]]


def history(server: Child) -> Any:
    return server.call("GET", "/history").json


def jobs(server: Child) -> list[Any]:
    """As newer pages list them, but for when the one that runs began."""
    found: list[Any] = server.call("GET", "/api/jobs").json["jobs"]
    return [
        {k: v for k, v in job.items() if job["status"] != "in_progress" or "start" not in k}
        for job in found
    ]


def until_runs(server: Child, name: str) -> None:
    def is_running() -> bool:
        return name in [item[1] for item in server.call("GET", "/queue").json["queue_running"]]

    wait_for(is_running, f"{name} runs")


async def _followed(server: Child, name: str) -> Any:
    """Follow a prompt that an earlier server took, and stop it; gives the id that is told."""
    url = f"http://127.0.0.1:{server.port}"
    async with listening(Served(url, server.data, web.Application()), "me") as heard:
        await heard.until("progress")
        await heard.session.post(f"{url}/interrupt", json={"prompt_id": name})
        return (await heard.until("executing", node=None))["prompt_id"]


def test_queue_and_history_are_complete_after_a_kill(tmp_path: Path) -> None:
    with running(tmp_path, SMALL_NODES) as server:
        server.until_ready()
        assert history(server) == {}
        posted(server, QUICK, "done")
        posted(server, FAILING, "failed")
        posted(server, SLOW, "stopped")
        until_runs(server, "stopped")
        server.call("POST", "/interrupt", {"prompt_id": "stopped"})
        ends = ["done", "failed", "stopped"]
        wait_for(lambda: list(history(server)) == ends, "the first prompts have ended")
        names = ["first", "second", "third"]
        for name in names:
            posted(server, SLOW, name)
        until_runs(server, names[0])
        before, entries, listed = queue(server), history(server), jobs(server)
        server.kill()

    with running(tmp_path, SMALL_NODES, server.port) as server:  # at once, on the same port
        server.until_ready()
        until_runs(server, names[0])
        assert queue(server) == before
        assert history(server) == entries
        assert jobs(server) == listed
        assert told(_followed(server, names[0])) == names[0]
        for name in names[1:]:
            until_runs(server, name)
            server.call("POST", "/interrupt", {"prompt_id": name})
            wait_for(lambda wanted=name: wanted in history(server), f"{name} has ended")  # type: ignore[misc] # mypy knows no such lambdas
        posted(server, QUICK, "later")
        wait_for(lambda: "later" in history(server), "the last prompt has ended")
        assert list(history(server)) == [*ends, *names, "later"]
        numbers = [entry["prompt"][0] for entry in history(server).values()]
        assert numbers == [1, 2, 3, 4, 5, 6, 7]
