"""Whoever gives an address hears of the end of a task; tasks never wait for that."""

from pathlib import Path

from paintgraph.api.services.parts import FooocusChoices as Choices
from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.fooocus.asking import EVERYTHING, finished, inpaint, large, text_of
from paintgraph.tests.api.serving import Served, emptied, serving


def test_the_record_is_sent_as_an_object(server: Served, ear: Ear) -> None:
    task = finished(inpaint(server, webhook_url=ear.url))

    assert ear.next() == task
    assert task["webhook_url"] == ear.url


def test_a_task_that_nobody_waits_for_is_told_of_too(server: Served, ear: Ear) -> None:
    task = inpaint(server, webhook_url=ear.url, async_process=True).json

    told = ear.next()
    assert (told["task_id"], told["task_status"]) == (task["task_id"], "finished")


def test_a_failure_is_told(server: Served, ear: Ear) -> None:
    inpaint(server, inpaint_mask_image_upload=text_of(EVERYTHING), webhook_url=ear.url)

    told = ear.next()
    assert (told["task_status"], told["result"]) == ("error", [])
    assert told["message"]


def test_it_is_tried_again_when_it_fails(server: Served, ear: Ear) -> None:
    ear.statuses = [500]

    inpaint(server, webhook_url=ear.url)

    assert ear.next() == ear.next()


def test_the_setting_is_for_tasks_that_name_nobody(tmp_path: Path, ear: Ear) -> None:
    choices = Choices(webhook_url=ear.url)
    with serving(tmp_path / "data", fooocus=choices, allow_private_urls=True) as served:
        task = finished(inpaint(served))

        assert ear.next()["task_id"] == task["task_id"]


def test_an_address_that_could_never_be_reached_is_refused(real_nodes: Served, ear: Ear) -> None:
    served = emptied(real_nodes)
    answer = inpaint(served, webhook_url=ear.url)

    (told,) = answer.json["detail"]
    assert (answer.status, told["type"]) == (422, "address_refused")
    assert told["loc"] == ["body", "webhook_url"]
    assert "allow_private_urls" in told["msg"]
    assert served.call("GET", "/v1/jobs").json["jobs"] == []


def test_a_task_left_by_an_earlier_process_is_told_of(tmp_path: Path, ear: Ear) -> None:
    with serving(tmp_path / "data", allow_private_urls=True) as first:
        task = inpaint(first, **large(), webhook_url=ear.url).json["task_id"]
        first.until(task, "running")
    with serving(tmp_path / "data", allow_private_urls=True) as second:
        assert second.call("GET", f"/tasks/{task}").json["task_id"] == task
        second.until(task, "running")
        second.call("POST", "/v1/engine/control?action=stop")

        assert ear.next()["task_status"] == "stop"
