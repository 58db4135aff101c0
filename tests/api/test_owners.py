"""Where clients have keys of their own, none sees or changes what is another's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from paintgraph.api.guards.keyring import FILE, add_holder
from paintgraph.jobs.dispatching.quotas import Quota
from paintgraph.tests.api.comfy.asking import node
from paintgraph.tests.api.comfy.hearing import Heard, told
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving

NUMBER = {"nodes": {"n": {"node": "Number"}}, "outputs": {"n": "${n.sum}"}}
TICK = {"nodes": {"t": {"node": "Tick"}}, "outputs": {"t": "${t.sum}"}}
PROMPT = {"1": node("Number", value=1), "2": node("Show", value=["1", 0])}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("owned")
    add_holder(folder / FILE, "first", ["admin"])
    with serving(folder, SMALL_NODES, grace_seconds=0.5, allow_private_urls=True) as served:
        yield served


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "?wait=1"),
        ("GET", "/graph"),
        ("GET", "/graph?format=ui"),
        ("GET", "/events"),
        ("DELETE", ""),
    ],
)
def test_anothers_job_is_as_if_it_were_not(
    alice: Client, bob: Client, admin: Client, method: str, path: str
) -> None:
    job = alice.submit(NUMBER)["id"]

    answer = bob.call(method, f"/v1/jobs/{job}{path}")
    nobodys = bob.call(method, f"/v1/jobs/{'0' * 32}{path}")

    assert (answer.status, answer.codes) == (404, ["unknown_job"])
    assert answer.body.replace(job.encode(), b"0" * 32) == nobodys.body
    assert admin.call("GET", f"/v1/jobs/{job}").status == 200
    assert alice.call(method, f"/v1/jobs/{job}{path}").status in (200, 202)


def test_lists_hold_what_is_ones_own(alice: Client, bob: Client, admin: Client) -> None:
    ones, others = alice.submit(NUMBER)["id"], bob.submit(NUMBER)["id"]

    assert ones in alice.jobs()
    assert others not in alice.jobs()
    assert {ones, others} <= set(admin.jobs())


def test_equal_idempotency_keys_of_two_clients_are_two_jobs(alice: Client, bob: Client) -> None:
    headers = {"Idempotency-Key": "k1"}
    one = alice.submit(NUMBER, headers=headers)["id"]

    assert alice.submit(NUMBER, headers=headers)["id"] == one
    assert bob.submit(NUMBER, headers=headers)["id"] != one
    assert bob.call("POST", "/v1/jobs", json=TICK, headers=headers).codes == [
        "idempotency_key_reused"
    ]


def test_messages_about_ends_are_seen_by_the_jobs_client(alice: Client, bob: Client) -> None:
    hook = {"url": "http://127.0.0.1:59999/", "secret": ""}
    job = alice.submit({"graph": NUMBER, "webhook": hook})["id"]
    (message,) = alice.call("GET", f"/v1/webhooks?job={job}").json["webhooks"]

    assert bob.call("GET", f"/v1/webhooks?job={job}").json["webhooks"] == []
    again = bob.call("POST", f"/v1/webhooks/{message['id']}/redeliver", json={})
    assert again.codes == ["unknown_webhook"]


def _post(client: Client, **fields: Any) -> str:
    answer = client.call("POST", "/prompt", json={"prompt": PROMPT, **fields})
    assert answer.status == 200, answer.body
    return str(answer.json["prompt_id"])


def _hold(client: Client) -> str:
    """A job that keeps the worker busy."""
    return str(client.submit(TICK)["id"])


def test_queue_history_and_cancelling_of_prompts_are_ones_own(
    alice: Client, bob: Client, admin: Client
) -> None:
    busy = _hold(admin)
    ones = _post(alice)

    assert [item[1] for item in alice.call("GET", "/queue").json["queue_pending"]] == [ones]
    assert bob.call("GET", "/queue").json["queue_pending"] == []
    assert bob.call("GET", "/prompt").json["exec_info"]["queue_remaining"] == 0
    assert alice.call("GET", "/prompt").json["exec_info"]["queue_remaining"] == 1
    bob.call("POST", "/queue", json={"clear": True})
    bob.call("POST", "/queue", json={"delete": [ones]})
    bob.call("POST", f"/jobs/{ones}/cancel", json={})
    bob.call("POST", "/interrupt", json={"prompt_id": ones})
    assert len(alice.call("GET", "/queue").json["queue_pending"]) == 1
    admin.call("DELETE", f"/v1/jobs/{busy}")
    _until_ended(alice, ones)
    assert bob.call("GET", f"/history/{ones}").json == {}
    assert bob.call("GET", "/history").json == {}
    assert bob.call("GET", f"/jobs/{ones}").status == 404
    assert bob.call("GET", "/jobs").json["jobs"] == []
    bob.call("POST", "/history", json={"clear": True})
    bob.call("POST", "/history", json={"delete": [ones]})
    assert ones in alice.call("GET", "/history").json
    assert ones in admin.call("GET", "/history").json


def _until_ended(client: Client, prompt_id: str) -> None:
    while prompt_id not in client.call("GET", f"/history/{prompt_id}").json:
        pass


def test_a_socket_hears_of_its_clients_prompts_alone(
    server: Served, alice: Client, bob: Client
) -> None:
    """Another that calls itself the same hears nothing; not even how long the queue is."""

    async def story() -> tuple[Heard, Heard]:
        async with aiohttp.ClientSession() as session:
            url = f"{server.url}/ws?clientId=same"
            async with (
                session.ws_connect(url, headers=alice.headers) as hearing,
                session.ws_connect(url, headers=bob.headers) as deaf,  # the newest of this name
            ):
                others, own = Heard(deaf, session), Heard(hearing, session)
                body = {"prompt": PROMPT, "client_id": "same"}
                async with session.post(
                    f"{server.url}/prompt", json=body, headers=alice.headers
                ) as answer:
                    prompt_id = (await answer.json())["prompt_id"]
                await own.until("executing", node=None, prompt_id=prompt_id)
                await deaf.send_json({"type": "feature_flags", "data": {}})
                await others.until("feature_flags")
                return own, others

    own, others = told(story())

    assert "executed" in {kind for kind, _ in own.messages}
    assert {kind for kind, _ in others.messages} == {"status", "feature_flags"}
    lengths = [data["status"]["exec_info"]["queue_remaining"] for data in others.of("status")]
    assert set(lengths) == {0}


def test_only_so_many_jobs_of_a_client_wait(server: Served, admin: Client, bob: Client) -> None:
    busy = _hold(admin)
    client = Client(server, "carol", quota=Quota(queued=2))
    jobs = [client.submit(NUMBER)["id"] for _ in range(2)]

    refused = client.call("POST", "/v1/jobs", json=NUMBER)

    assert (refused.status, refused.codes) == (429, ["quota_reached"])
    assert "has 2 jobs of together" in refused.json["detail"]
    assert int(refused.headers["Retry-After"]) >= 1
    bob.submit(NUMBER)
    admin.call("DELETE", f"/v1/jobs/{busy}")
    ended = [client.call("GET", f"/v1/jobs/{job}?wait=60").json["state"] for job in jobs]
    assert ended == ["succeeded", "succeeded"]
    client.submit(NUMBER)


def test_only_so_many_jobs_of_a_client_run_while_others_go_on(tmp_path: Path) -> None:
    add_holder(tmp_path / FILE, "first", ["admin"])
    with serving(tmp_path, SMALL_NODES, light_workers=2, grace_seconds=0.5) as served:
        greedy = Client(served, "greedy", quota=Quota(running=1))
        modest = Client(served, "modest")
        long, waiting = greedy.submit(TICK)["id"], greedy.submit(NUMBER)["id"]
        other = modest.submit(NUMBER)["id"]

        assert modest.call("GET", f"/v1/jobs/{other}?wait=60").json["state"] == "succeeded"
        assert greedy.call("GET", f"/v1/jobs/{waiting}").json["state"] == "queued"
        greedy.call("DELETE", f"/v1/jobs/{long}")
        assert greedy.call("GET", f"/v1/jobs/{waiting}?wait=60").json["state"] == "succeeded"


def test_clients_of_a_server_without_keys_share_all(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("open"), SMALL_NODES) as served:
        headers = {"Idempotency-Key": "k1"}
        first = served.submit(NUMBER, headers=headers).json["id"]

        assert served.submit(NUMBER, headers=headers).json["id"] == first
        assert served.call("GET", f"/v1/jobs/{first}").status == 200
