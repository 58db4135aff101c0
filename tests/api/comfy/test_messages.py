"""What clients hear of their prompts over a socket, and in which order."""

import asyncio
import contextlib
from typing import Any

import pytest

from paintgraph.jobs.dispatching.outcomes import Outcomes
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.store.database import UnreachableStoreError
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.api.comfy.asking import ended, node, posted
from paintgraph.tests.api.comfy.hearing import Heard, listening, told, unpacked
from paintgraph.tests.api.serving import Served

SMALL = {
    "1": node("Tick", seconds=0.1),
    "2": node("Add", a=["1", 0]),
    "3": node("Show", value=["2", 0]),
}
CLIENT = "me"


def heard_of(server: Served, prompt: Any, *, path: str = "/ws", **fields: Any) -> Heard:
    """All messages from the start of a socket to the end of a prompt."""

    async def story() -> Heard:
        async with listening(server, CLIENT, path) as heard:
            prompt_id = await heard.post(prompt, **{"client_id": CLIENT, **fields})
            await heard.until("executing", node=None, prompt_id=prompt_id)
            return heard

    return told(story())


def states(heard: Heard) -> dict[str, Any]:
    """The state of each node as a client has it that puts all increments together."""
    found: dict[str, Any] = {}
    for data in heard.of("progress_state"):
        found.update(data["nodes"])
    return found


def remaining(data: Any) -> int:
    """The length of the queue in a status."""
    count: int = data["status"]["exec_info"]["queue_remaining"]
    return count


@pytest.mark.parametrize("path", ["/ws", "/api/ws"])
def test_messages_come_in_their_order(small: Served, path: str) -> None:
    heard = heard_of(small, SMALL, path=path)

    kinds = [kind for kind, _ in heard.messages]
    assert kinds[:4] == ["status", "status", "status", "execution_start"]
    assert [remaining(data) for data in heard.of("status")] == [0, 1, 1, 0]
    assert heard.messages[0][1]["sid"] == CLIENT
    assert kinds[-3:] == ["execution_success", "status", "executing"]
    assert kinds.index("execution_cached") < kinds.index("executing")
    assert [data["node"] for data in heard.of("executing")] == ["1", "2", "3", None]
    assert [data["node"] for data in heard.of("executed")] == ["3"]  # nodes that show nothing: none
    assert [data["output"] for data in heard.of("executed")] == [{"text": ["6"]}]
    steps = [data["value"] for data in heard.of("progress")]
    assert steps == sorted(steps)
    assert {data["max"] for data in heard.of("progress")} == {5}
    assert {id_: node["state"] for id_, node in states(heard).items()} == dict.fromkeys(
        "123", "finished"
    )
    (prompt_id,) = {data["prompt_id"] for _, data in heard.messages if "prompt_id" in data}
    assert prompt_id in small.call("GET", "/history").json


def test_what_cannot_be_read_for_a_moment_is_told_once_and_whole(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    offload = JobStore.offload
    asked: list[str] = []

    async def every_other(store: JobStore, read: Any, *values: Any) -> Any:
        name = getattr(read, "__name__", "")
        if name in ("facts", "reported"):  # nothing but following asks for these
            asked.append(name)
            if asked.count(name) % 2:
                raise UnreachableStoreError("the store is away. Try again soon.")
        return await offload(store, read, *values)

    monkeypatch.setattr(JobStore, "offload", every_other)

    heard = heard_of(small, SMALL)

    assert [data["node"] for data in heard.of("executing")] == ["1", "2", "3", None]
    assert [data["node"] for data in heard.of("executed")] == ["3"]
    assert len(heard.of("execution_start")) == len(heard.of("execution_success")) == 1


def test_a_state_has_what_editors_need(small: Served) -> None:
    state = states(heard_of(small, SMALL))["2"]

    assert state.pop("prompt_id")
    assert state == {
        "value": 1.0,
        "max": 1.0,
        "state": "finished",
        "node_id": "2",
        "display_node_id": "2",
        "parent_node_id": None,
        "real_node_id": "2",
    }


def test_a_failure_is_told_with_its_node(small: Served) -> None:
    prompt = {
        "1": node("Add"),
        "2": node("Fail", value=["1", 0]),
        "3": node("Show", value=["2", 0]),
    }

    heard = heard_of(small, prompt)

    kinds = [kind for kind, _ in heard.messages]
    assert kinds[-4:] == ["progress_state", "execution_error", "status", "executing"]
    (error,) = heard.of("execution_error")
    assert (error["node_id"], error["node_type"], error["executed"]) == ("2", "Fail", ["1"])
    assert "no luck with 1" in error["exception_message"]
    assert error["current_inputs"] == {"value": ["1"]}
    assert error["exception_type"] == "RuntimeError"
    assert error["traceback"] == []
    assert states(heard)["2"]["state"] == "error"
    entry = small.call("GET", f"/history/{error['prompt_id']}").json[error["prompt_id"]]
    assert entry["status"]["messages"][-1] == ["execution_error", error]


def test_an_interrupt_is_told(small: Served) -> None:
    async def story() -> Any:
        async with listening(small, CLIENT) as heard:
            prompt = {"1": node("Tick"), "2": node("Show", value=["1", 0])}
            prompt_id = await heard.post(prompt, client_id=CLIENT)
            await heard.until("progress")
            await heard.session.post(f"{small.url}/interrupt", json={"prompt_id": prompt_id})
            await heard.until("executing", node=None)
            return heard.of("execution_interrupted")

    (data,) = told(story())

    assert (data["node_id"], data["node_type"]) == ("1", "Tick")


def test_nodes_that_need_not_run_are_told_and_what_they_show_too(server: Served) -> None:
    prompt = {
        "1": node("EmptyImage", width=31, height=7),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("PreviewImage", images=["2", 0]),
    }
    first = heard_of(server, prompt)
    second = heard_of(server, prompt)
    prompt["4"] = node("ImageInvert", image=["2", 0])
    prompt["5"] = node("PreviewImage", images=["4", 0])
    third = heard_of(server, prompt)

    assert [data["nodes"] for data in first.of("execution_cached")] == [[]]
    assert [data["nodes"] for data in second.of("execution_cached")] == [["1", "2", "3"]]
    assert [data["node"] for data in second.of("executing")] == [None]
    assert [d["output"]["images"][0]["type"] for d in second.of("executed")] == ["temp"]
    assert {"1", "2", "3"} == set(third.of("execution_cached")[0]["nodes"])
    assert [data["node"] for data in third.of("executing")] == ["4", "5", None]
    kinds = [kind for kind, _ in second.messages]
    assert kinds.index("execution_cached") < kinds.index("executed")
    history = server.call("GET", "/history").json[second.of("execution_cached")[0]["prompt_id"]]
    assert history["status"]["messages"][1][1]["nodes"] == ["1", "2", "3"]
    assert list(history["outputs"]) == ["3"]


def test_a_socket_without_an_id_gets_one(small: Served) -> None:
    async def story() -> Any:
        async with listening(small) as heard:
            return await heard.until("status")

    data = told(story())

    assert len(data["sid"]) == 32


def test_a_socket_that_opens_after_the_end_hears_that_nothing_is_left(small: Served) -> None:
    ended(small, posted(small, SMALL, client_id=CLIENT))

    async def story() -> Any:
        async with listening(small, CLIENT) as heard:
            return await heard.next()

    kind, data = told(story())

    assert (kind, remaining(data)) == ("status", 0)


def test_of_two_sockets_of_a_client_the_newer_hears(small: Served) -> None:
    prompt = {**SMALL, "1": node("Tick", seconds=1)}

    async def story() -> tuple[Heard, Heard]:
        async with listening(small, "twice") as older, listening(small, "twice") as newer:
            await newer.until("status")
            await older.post(prompt, client_id="twice")
            await newer.until("executing", node=None)
            await older.socket.ping()
            await older.until("status")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await older.until("executing")
            assert not older.socket.closed
        async with listening(small, "twice") as last:  # the older one's end is not the newer one's
            await last.until("status")
        return older, newer

    older, newer = told(story())

    assert {kind for kind, _ in older.messages} == {"status"}
    assert newer.of("execution_success")


def test_the_end_of_an_older_socket_does_not_end_the_newer(small: Served) -> None:
    async def story() -> Heard:
        async with listening(small, "again") as older:
            await older.until("status")
            async with listening(small, "again") as newer:
                await newer.until("status")
                await older.socket.close()
                await newer.post(SMALL, client_id="again")
                await newer.until("executing", node=None)
                return newer

    assert told(story()).of("execution_success")


def test_a_client_that_comes_back_has_the_whole_state(small: Served) -> None:
    prompt = {
        "1": node("Add"),
        "2": node("Tick", seconds=1.5),
        "3": node("Show", value=["2", 0]),
        "4": node("Show", value=["1", 0]),
    }

    async def story() -> Heard:
        async with listening(small, "back") as first:
            await first.post(prompt, client_id="back")
            while not first.of("progress") or "4" not in states(first):
                await first.next()
        async with listening(small, "back") as second:
            await second.until("executing", node=None)
            return second

    heard = told(story())

    kinds = [kind for kind, _ in heard.messages]
    assert kinds[:3] == ["status", "progress_state", "executing"]
    assert set(heard.of("progress_state")[0]["nodes"]) == {"1", "2", "4"}
    assert heard.of("executing")[0]["node"] == "2"
    assert kinds[-3:] == ["execution_success", "status", "executing"]


def test_what_others_do_is_not_heard(small: Served) -> None:
    async def story() -> Heard:
        async with listening(small, "other") as heard:
            for fields in ({"client_id": "somebody"}, {}):
                await heard.post(SMALL, **fields)
                while remaining(await heard.until("status")) == 0:
                    pass
                while remaining(await heard.until("status")) > 0:
                    pass
            return heard

    heard = told(story())

    assert {kind for kind, _ in heard.messages} == {"status"}


def test_a_thousand_nodes_cost_less_than_a_megabyte(small: Served) -> None:
    prompt = {str(n): node("Add", a=[str(n - 1), 0] if n else 0) for n in range(1000)}
    prompt["end"] = node("Show", value=["999", 0])

    heard = heard_of(small, prompt)

    assert heard.bytes < 1 << 20
    assert len(states(heard)) == 1001
    *increments, whole = heard.of("progress_state")
    told_of = [
        id_ for data in increments for id_, s in data["nodes"].items() if s["state"] == "finished"
    ]
    assert len(told_of) == len(set(told_of)) == 1001
    assert len(whole["nodes"]) == 1001
    assert len(heard.of("executing")) == 1001 + 1


@pytest.mark.parametrize("with_metadata", [True, False])
def test_previews_come_as_frames_of_both_kinds(small: Served, with_metadata: bool) -> None:  # noqa: FBT001 - a case
    prompt = {"7": node("Sketch", pictures=4, seconds=0.1), "8": node("Show", value=["7", 0])}

    async def story() -> Heard:
        async with listening(small, CLIENT) as heard:
            flags = {"supports_preview_metadata": with_metadata}
            await heard.socket.send_json({"type": "feature_flags", "data": flags})
            answer = await heard.until("feature_flags")
            assert answer["supports_preview_metadata"] is True
            await heard.post(prompt, client_id=CLIENT)
            await heard.until("executing", node=None)
            return heard

    heard = told(story())

    frames = [unpacked(frame) for frame in heard.frames]
    assert frames[-1][2] == b"picture 3"
    if with_metadata:
        assert {kind for kind, _, _ in frames} == {4}
        assert frames[-1][1].pop("prompt_id")
        assert frames[-1][1] == {
            "node_id": "7",
            "display_node_id": "7",
            "parent_node_id": None,
            "real_node_id": "7",
            "image_type": "image/jpeg",
        }
    else:
        assert {kind for kind, _, _ in frames} == {1}
        assert frames[-1][1] == 1


def test_previews_come_over_the_native_stream_as_links(small: Served) -> None:
    graph = {
        "nodes": {"a": {"node": "Sketch", "pictures": 3, "seconds": 0.1}},
        "outputs": {"sum": "${a.sum}"},
    }

    events = small.followed(small.job(graph))

    (*_, last) = [event.data for event in events if event.type == "preview"]
    assert last["image"] == "data:image/png;base64,cGljdHVyZSAy"
    assert "data" not in last


GARBAGE = ["", "{", "[]", "7", '"feature_flags"', '{"type": "feature_flags"}', "\0", "{}" * 500]


def test_garbage_is_passed_over(small: Served) -> None:
    async def story() -> Heard:
        async with listening(small, CLIENT) as heard:
            for text in GARBAGE:
                await heard.socket.send_str(text)
            await heard.socket.send_bytes(b"\xff" * 1000)
            await heard.socket.send_json({"type": "feature_flags", "data": [1]})
            await heard.post(SMALL, client_id=CLIENT)
            await heard.until("executing", node=None)
            return heard

    assert told(story()).of("execution_success")


def test_a_plain_request_is_told_to_be_a_socket(small: Served) -> None:
    answer = small.call("GET", "/ws")

    assert (answer.status, answer.codes) == (426, ["no_socket"])


def test_the_last_length_of_the_queue_leaves_out_what_has_ended(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Outcomes.take

    async def slowly(outcomes: Outcomes, running: Running, message: Any) -> bool:
        """As if the dispatcher let go of a job long after its end was on disk."""
        has_ended = await take(outcomes, running, message)
        if has_ended:
            outcomes._subscriptions.publish(running.job.id)
            await asyncio.sleep(0.2)
        return has_ended

    monkeypatch.setattr(Outcomes, "take", slowly)

    heard = heard_of(small, SMALL)

    kinds = [kind for kind, _ in heard.messages]
    assert kinds[-3:] == ["execution_success", "status", "executing"]
    assert remaining(heard.of("status")[-1]) == 0
