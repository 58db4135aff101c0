"""What each API tells of its jobs after a restart is what it told before."""

from pathlib import Path

from paintgraph.tests.api.comfy.asking import ended as run_to_its_end
from paintgraph.tests.api.comfy.asking import posted
from paintgraph.tests.api.comfy.test_history import PROMPT
from paintgraph.tests.api.fooocus.asking import fetched, finished, inpaint
from paintgraph.tests.api.generation.asking import INPAINT, ended, post
from paintgraph.tests.api.serving import Served, serving


def test_tasks_jobs_and_history_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as first:
        task = finished(inpaint(first))
        prompt = posted(first, PROMPT)
        before = run_to_its_end(first, prompt)
        job = post(first, **INPAINT, async_process=True).json()["job_id"]
    with serving(tmp_path / "data") as second:
        _task_is_finished(second, task["task_id"])
        _job_is_done(second, job)
        assert second.call("GET", "/history").json == {prompt: before}
        assert posted(second, PROMPT) != prompt
        assert list(second.call("GET", "/prompt").json) == ["exec_info"]
        again = run_to_its_end(second, posted(second, PROMPT))
        assert again["prompt"][0] == before["prompt"][0] + 2


def _task_is_finished(server: Served, id_: str) -> None:
    task = server.call("GET", f"/tasks/{id_}").json
    assert task["task_status"] == "finished"
    assert fetched(server, task["result"][0])


def _job_is_done(server: Served, id_: str) -> None:
    job = ended(server, id_)
    assert job["job_stage"] == "SUCCESS"
    (result,) = job["job_result"]
    assert result["seed"] == "7"
    assert result["url"].startswith(server.url)
    assert fetched(server, result["url"])
