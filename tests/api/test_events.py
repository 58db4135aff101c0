"""A job's events: each fact once and in order, however often the connection breaks."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from paintgraph.api.native import jobs as api_events
from paintgraph.tests.api.serving import OUTER_SECONDS, Event, Served, png

CHAIN = {
    "nodes": {
        "first": {"node": "Add", "a": 1},
        "second": {"node": "Add", "a": "${first.sum}"},
        "third": {"node": "Add", "a": "${second.sum}"},
    },
    "outputs": {"sum": "${third.sum}"},
}


def tick(seconds: float) -> dict[str, Any]:
    return {
        "nodes": {"long": {"node": "Tick", "seconds": seconds}},
        "outputs": {"steps": "${long.sum}"},
    }


def facts(events: list[Event]) -> list[Event]:
    return [event for event in events if event.id is not None]


def test_an_ended_job_tells_everything_and_ends_the_stream(small: Served) -> None:
    job = small.submit(CHAIN, wait=60).json

    events = small.followed(job["id"])

    assert [event.id for event in events] == list(range(1, len(events) + 1))
    finished = [event.data["node"] for event in events if event.type == "node_finished"]
    assert finished == ["first", "second", "third"]
    assert (events[-1].type, events[-1].data["state"]) == ("state", "succeeded")


def test_the_stream_is_what_browsers_expect(small: Served) -> None:
    job = small.submit(CHAIN, wait=60).json

    answer = small.call("GET", job["links"]["events"])

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"


def test_head_does_not_follow(small: Served) -> None:
    job_id = small.job(tick(60))

    answer = small.call("HEAD", f"/v1/jobs/{job_id}/events")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
    small.call("DELETE", f"/v1/jobs/{job_id}")
    small.until(job_id, "cancelled")


@pytest.mark.parametrize("last", range(5))
def test_coming_back_goes_on_after_the_last_event(small: Served, last: int) -> None:
    job = small.submit(CHAIN, wait=60).json
    everything = small.followed(job["id"])

    assert small.followed(job["id"], last) == everything[last:]


def test_coming_back_after_the_end_gives_nothing_and_ends_reconnecting(small: Served) -> None:
    job = small.submit(CHAIN, wait=60).json
    last = small.followed(job["id"])[-1].id

    answer = small.call("GET", job["links"]["events"], headers={"Last-Event-ID": str(last)})

    assert (answer.status, answer.body) == (204, b"")


def test_coming_back_with_a_number_that_no_event_has_ends_with_the_job(small: Served) -> None:
    assert all(event.id is None for event in small.followed(small.job(tick(0.2)), 999))


def test_a_running_job_is_followed_to_its_end_with_progress(small: Served) -> None:
    job_id = small.job(tick(0.5))

    events = small.followed(job_id)

    progress = [event.data["done"] for event in events if event.type == "progress"]
    assert progress
    assert progress == sorted(progress)
    assert all(event.id is None for event in events if event.type == "progress")
    assert events[-1].data == {"type": "state", "state": "succeeded"}


def test_a_follower_that_is_cut_again_and_again_misses_nothing(small: Served) -> None:
    graph = {
        "nodes": {
            **{f"t{n}": {"node": "Tick", "seconds": 0.06} for n in range(8)},
        },
        "outputs": {f"o{n}": f"${{t{n}.sum}}" for n in range(8)},
    }
    job_id = small.job(graph)

    async def follow_in_pieces() -> list[Event]:
        seen: list[Event] = []
        while not seen or seen[-1].type != "state":
            last = seen[-1].id if seen else None
            async with small.events(job_id, last) as stream:
                async for event in stream:
                    if event.id is not None:
                        seen.append(event)
                        break  # and come back
        return seen

    pieces = asyncio.run(asyncio.wait_for(follow_in_pieces(), OUTER_SECONDS))

    assert pieces == facts(small.followed(job_id))


def test_a_queued_job_tells_its_place_then_how_far_it_is(small: Served) -> None:
    first = small.job(tick(60))
    second = small.job(tick(60))
    third = small.job(tick(60))
    began = time.monotonic()
    job_id = small.job(tick(1.0))

    async def follow() -> list[dict[str, Any]]:
        before = [third, second, first]
        told = []
        async with small.events(job_id) as stream:
            async for event in stream:
                if event.type == "status":
                    told.append(event.data)
                    if len(told) == 1:  # what stays as it is is not told again
                        await asyncio.sleep(2.5 * api_events.STATUS_SECONDS)
                    if event.data["state"] == "queued":  # each time one less is before it
                        path = f"/v1/jobs/{before.pop(0)}"
                        await asyncio.to_thread(small.call, "DELETE", path)
        return told

    told = asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))

    positions = [each["position"] for each in told if each["state"] == "queued"]
    running = [each["progress"] for each in told if each["state"] == "running"]
    assert positions == [2, 1, 0]
    assert [each["state"] for each in told] == ["queued"] * 3 + ["running"] * len(running)
    assert running == sorted(running)
    assert any(0 < each < 1 for each in running)
    assert len(told) <= (time.monotonic() - began) / api_events.STATUS_SECONDS + 1


def test_many_followers_all_see_the_same(small: Served) -> None:
    job_id = small.job(tick(0.3))

    async def follow() -> list[Event]:
        async with small.events(job_id) as stream:
            return [event async for event in stream]

    async def all_of_them() -> list[list[Event]]:
        return await asyncio.gather(*(follow() for _ in range(20)))

    seen = asyncio.run(asyncio.wait_for(all_of_them(), OUTER_SECONDS))

    assert all(facts(events) == facts(seen[0]) for events in seen)


def test_a_cancelled_job_ends_the_stream(small: Served) -> None:
    job_id = small.job(tick(60))

    async def follow() -> list[Event]:
        async with small.events(job_id) as stream:
            events: list[Event] = []
            async for event in stream:
                if not events:
                    await asyncio.to_thread(small.call, "DELETE", f"/v1/jobs/{job_id}")
                events.append(event)
            return events

    events = asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))

    assert events[-1].data["state"] == "cancelled"


def test_a_quiet_stream_says_that_it_is_there(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_events, "HEARTBEAT_SECONDS", 0.05)
    graph = {"nodes": {"stuck": {"node": "Hang", "seconds": 0.5}}, "outputs": {"n": "${stuck.sum}"}}
    job_id = small.job(graph)

    answer = small.call("GET", f"/v1/jobs/{job_id}/events")

    assert b"\n: still here\n" in answer.body


def every_kind(folder: Path, digest: str) -> dict[str, Any]:
    """A graph that causes every type of event there is; `kept` when it runs again."""
    log = folder / "log"
    deadly = {"node": "Die", "until": str(folder / "deaths"), "times": 1}
    nodes = {
        "dear": {"node": "WriteLine", "path": str(log), "seconds": 0.3},
        "odd": {"node": "WarnIfOdd", "value": 1},
        "bad": {"node": "Fail"},
        "file": {"node": "SaveBlob", "blob": digest},
        "slow": {"node": "Tick", "seconds": 0.1},
        "drawn": {"node": "Sketch"},
        "said": {"node": "Say"},
        "deadly": {**deadly, "after": "${dear.sum}", "stored": str(folder / "results")},
    }
    return {"nodes": nodes, "outputs": {id_: f"${{{id_}.sum}}" for id_ in nodes if id_ != "file"}}


def test_every_event_is_as_the_document_says(small: Served) -> None:
    document = small.call("GET", "/openapi.json").json
    answers = document["paths"]["/v1/jobs/{id}/events"]["get"]["responses"]
    schema = answers["200"]["content"]["text/event-stream"]["schema"]["anyOf"][1]["properties"][
        "data"
    ]["contentSchema"]
    documented = Draft202012Validator({**schema, "components": document["components"]})
    named = [
        each["$ref"].split("/")[-1]
        for each in document["components"]["schemas"]["JobEvent"]["anyOf"]
    ]
    types = {
        document["components"]["schemas"][name]["properties"]["type"]["const"] for name in named
    }
    graph = every_kind(small.data, small.upload(png()))
    blocker = small.job(tick(60))
    job_id = small.job(graph)

    async def follow() -> list[Event]:
        async with small.events(job_id) as stream:
            await asyncio.to_thread(small.call, "DELETE", f"/v1/jobs/{blocker}")
            return [event async for event in stream]

    events = asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))
    events += small.followed(small.submit(graph, wait=60).json["id"])

    for event in events:
        documented.validate(event.data)
    assert {event.type for event in events} == types


def test_files_in_events_have_addresses_and_no_paths(server: Served) -> None:
    digest = server.upload(png())
    graph = {
        "nodes": {
            "photo": {"node": "LoadImage", "image": digest},
            "saved": {"node": "SaveImage", "images": "${photo.image}"},
        },
    }
    job = server.submit({"graph": graph}, wait=60).json

    (executed,) = [e for e in server.followed(job["id"]) if e.type == "executed"]

    (file,) = executed.data["files"]
    assert file["url"].startswith("/v1/images/sha256:")
    assert str(server.data) not in str(executed.data)
