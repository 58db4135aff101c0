"""The end of a job is sent to whoever is named for it, until it has arrived."""

import json
import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from paintgraph.api.services import webhooks
from paintgraph.api.services.webhooks import _fault, pause_after
from paintgraph.jobs.sources.fetching import Reply
from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.api.serving import SMALL_NODES, Answer, Served, png, serving

SECRET = "whsec_" + "c2VjcmV0" * 4
NUMBER = {"nodes": {"n": {"node": "Number"}}, "outputs": {"n": "${n.sum}"}}
TICK = {"nodes": {"t": {"node": "Tick", "seconds": 1.0}}, "outputs": {"t": "${t.sum}"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with small nodes that may send to this machine."""
    folder: Path = tmp_path_factory.mktemp("data")
    with serving(folder, SMALL_NODES, allow_private_urls=True) as served:
        yield served


def told_of(server: Served | Child, job_id: str) -> dict[str, Any]:
    """The one message about a job."""
    (told,) = server.call("GET", f"/v1/webhooks?job={job_id}").json["webhooks"]
    return dict(told)


def settled(server: Served | Child, job_id: str, state: str) -> dict[str, Any]:
    """The one message about a job, once it is in a state and was tried."""
    wait_for(lambda: told_of(server, job_id)["state"] == state, f"the message is {state}")
    return told_of(server, job_id)


def failed_once(server: Served | Child, job_id: str) -> dict[str, Any]:
    wait_for(lambda: told_of(server, job_id)["message"], "a try has failed")
    return told_of(server, job_id)


def redelivered(server: Served, id_: str) -> Answer:
    return server.call("POST", f"/v1/webhooks/{id_}/redeliver", json={})


def test_what_is_sent_is_signed_and_says_what_the_job_says(server: Served, ear: Ear) -> None:
    hook = {"url": f"{ear.url}?token=hidden", "secret": SECRET}
    job = server.submit({"graph": NUMBER, "webhook": hook}, wait=60).json
    headers, body = ear.raw()

    said = Webhook(SECRET).verify(body, headers)
    assert (said["type"], said["timestamp"], said["data"]) == ("job.succeeded", job["ended"], job)
    told = settled(server, job["id"], "delivered")
    assert (told["id"], told["url"], told["attempts"]) == (headers["webhook-id"], ear.url, 1)
    kept = server.call("GET", f"/v1/jobs/{job['id']}/graph")
    assert kept.json["request"]["webhook"] == {"url": hook["url"]}
    assert SECRET.encode() not in kept.body


def test_a_cancelled_job_is_told_of_too_and_without_a_secret_unsigned(
    server: Served, ear: Ear
) -> None:
    job = server.submit({"graph": TICK, "webhook": {"url": ear.url}}).json["id"]
    server.until(job, "running")
    assert told_of(server, job)["state"] == "waiting"
    again = redelivered(server, told_of(server, job)["id"])
    assert (again.status, again.codes) == (409, ["not_ended"])
    server.call("DELETE", f"/v1/jobs/{job}")
    headers, body = ear.raw()

    assert json.loads(body)["type"] == "job.cancelled"
    assert "webhook-signature" not in headers


def test_a_redirect_is_no_delivery_and_what_failed_can_be_sent_again(
    server: Served, ear: Ear
) -> None:
    ear.statuses = [307, 410]
    job = server.submit({"graph": NUMBER, "webhook": {"url": ear.url}}).json["id"]
    first, _ = ear.raw()
    told = failed_once(server, job)

    assert (told["state"], told["status"]) == ("pending", 307)
    assert told["message"] == (
        "it answers with status 307 and would send the message on to '/other'; redirects are not "
        "followed. Give the address at which it really is."
    )
    gone = settled(server, job, "failed")
    assert (gone["status"], gone["next"]) == (410, None)
    assert redelivered(server, gone["id"]).status == 202
    assert settled(server, job, "delivered")["attempts"] == 3
    assert [ear.raw()[0]["webhook-id"] for _ in range(2)] == [first["webhook-id"]] * 2
    assert redelivered(server, "msg_none").status == 404


def test_a_receiver_that_is_away_for_too_long_is_given_up(
    server: Served, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "GIVEN_UP_SECONDS", 0.0)
    ear.statuses = [503]
    job = server.submit({"graph": NUMBER, "webhook": {"url": ear.url}}).json["id"]

    told = settled(server, job, "failed")
    assert (told["attempts"], told["status"], told["next"]) == (1, 503, None)


def test_a_name_that_comes_to_lead_to_a_private_address_is_given_up(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = {"url": "https://not-yet.invalid/hook"}
    job = small.submit({"graph": TICK, "webhook": hook}).json["id"]
    private = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: private)

    told = settled(small, job, "failed")
    assert (told["attempts"], told["status"], told["next"]) == (1, None, None)
    assert "private" in told["message"]


def test_only_what_says_that_it_has_arrived_has_arrived() -> None:
    arrived = [status for status in range(100, 600) if not _fault(Reply(status))]

    assert arrived == [*range(200, 300)]


def test_tries_go_on_for_a_day_ever_more_rarely() -> None:
    times = [0.0]
    while times[-1] < 24 * 3600:
        times.append(times[-1] + pause_after(times[-1]))

    pauses = [after - before for before, after in pairwise(times)]
    assert pauses == sorted(pauses)
    assert (pauses[0], 15 < len(times) < 30) == (1.0, True)


@pytest.mark.parametrize(
    ("webhook", "code", "pointer"),
    [
        ("http://example.com", "wrong_type", "/webhook"),
        ({}, "out_of_range", "/webhook/url"),
        ({"url": "ftp://example.com"}, "bad_url", "/webhook/url"),
        ({"url": "http://10.0.0.1/"}, "address_refused", "/webhook/url"),
        ({"url": "http://localhost:7866/"}, "address_refused", "/webhook/url"),
        ({"url": "http://8.8.8.8/", "secret": "short"}, "bad_secret", "/webhook/secret"),
        ({"url": "http://8.8.8.8/", "key": "k"}, "unknown_field", "/webhook"),
    ],
)
def test_what_could_never_be_sent_is_refused(
    small: Served, webhook: object, code: str, pointer: str
) -> None:
    answer = small.submit({"graph": NUMBER, "webhook": webhook})

    (error,) = answer.json["errors"]
    assert (answer.status, error["code"], error["pointer"]) == (422, code, pointer)
    if code == "address_refused":
        assert "PAINTGRAPH_ALLOW_PRIVATE_URLS=true" in error["detail"]


def test_where_no_connection_is_wanted_none_is_made(
    server: Served, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear.statuses = [500]
    job = server.submit({"graph": NUMBER, "webhook": {"url": ear.url}}).json["id"]
    assert failed_once(server, job)["status"] == 500
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused = server.submit({"graph": NUMBER, "webhook": {"url": ear.url}})

    assert (refused.status, refused.codes) == (422, ["offline"])
    wait_for(lambda: "--offline" in told_of(server, job)["message"], "it is told why")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    settled(server, job, "delivered")
    assert ear.heard.qsize() == 2


def test_recipes_take_it_beside_their_inputs(telling: Served, ear: Ear) -> None:
    inputs = {"image": telling.upload(png()), "box": "8,8,8,8", "webhook": {"url": ear.url}}
    form = _multipart({**inputs, "webhook": json.dumps(inputs["webhook"])})
    answers = [
        telling.call("POST", "/v1/recipes/erase_object?wait=60", **body)
        for body in ({"json": {**inputs, "box": [8, 8, 8, 8]}}, {"data": form})
    ]

    assert [answer.status for answer in answers] == [200, 200], answers
    assert [ear.next()["data"]["id"] for _ in answers] == [a.json["id"] for a in answers]


def _multipart(fields: dict[str, Any]) -> Any:
    from aiohttp import MultipartWriter

    writer = MultipartWriter("form-data")
    for name, text in fields.items():
        writer.append(text).set_content_disposition("form-data", name=name)
    return writer


def test_neither_a_crash_nor_the_end_of_the_server_loses_a_message(
    tmp_path: Path, ear: Ear
) -> None:
    """Killed between two tries; asked to end between two tries, and while the job is at work."""
    data = tmp_path / "data"
    ear.statuses = [500] * 3
    with running(data, SMALL_NODES, allow_private_urls=True) as first:
        first.until_ready()
        job = first.submit({"graph": NUMBER, "webhook": {"url": ear.url}})
        assert failed_once(first, job)["status"] == 500
        first.kill()
    ids = {ear.raw()[0]["webhook-id"]}
    with running(data, SMALL_NODES, allow_private_urls=True) as second:
        wait_for(lambda: told_of(second, job)["attempts"] > 1, "it is tried again")
        second.until_ready()
        at_work = second.submit({"graph": TICK, "webhook": {"url": ear.url}})
        second.until_state(at_work, "running")
        assert second.end() == 0
    with running(data, SMALL_NODES, allow_private_urls=True) as third:
        delivered = [settled(third, each, "delivered") for each in (job, at_work)]

        assert {each["id"] for each in delivered} >= ids
