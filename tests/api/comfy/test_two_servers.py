"""A page behind a balancer: two servers, one database, one bucket, and either may be asked.

Where a job runs is for the servers to say, so a client listens at both, and one of them hears of
what the other one's worker does.
"""

import asyncio
import errno
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.dispatching.neighbours import Neighbours
from paintgraph.jobs.sources import bucket_trees
from paintgraph.tests import buckets
from paintgraph.tests.api.comfy.asking import ended, inverted, node, posted, upload
from paintgraph.tests.api.comfy.hearing import Heard, listening, told, unpacked
from paintgraph.tests.api.serving import Served, encoded, png, serving
from paintgraph.tests.jobs.postgresql import PostgresqlServer

Pair = tuple[Served, Served]
SKETCH = b"\\x89PNG a sketch of more bytes than a message between servers holds" * 200
NODES = '''
import os
import time

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import node
from paintgraph.nodes.sockets import Image


@node(title="Sketched", category="test")
def sketched(context: Context, image: Image, go: str) -> Image:
    """Show how far it is until a file is there."""
    done = 0
    while not os.path.exists(go):
        done += 1
        context.progress(done, 1000)
        context.preview({sketch!r}, "image/png")
        time.sleep(0.05)
    return 1 - image
'''


@pytest.fixture(scope="module")
def pair(
    postgresql: PostgresqlServer, s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two servers that share all but their folders."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "nodes.py").write_text(NODES.replace("{sketch!r}", repr(SKETCH)), encoding="utf-8")
    more: dict[str, Any] = {
        "jobs": postgresql.new_database(),
        "objects": f"s3://{buckets.NAME}/two",
        "nodes": [str(folder / "nodes.py")],
        "light_workers": 1,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": s3_endpoint}).items():
            environment.setenv(name, value)
        with serving(folder / "a", **more) as one, serving(folder / "b", **more) as other:
            yield one, other


def viewed(server: Served, name: str, kind: str = "output") -> bytes:
    answer = server.call("GET", f"/view?filename={name}&type={kind}")
    assert answer.status == 200, answer.body
    return answer.body


def test_a_client_is_told_wherever_it_listens(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    name = upload(one, png(), "told.png").json["name"]
    go = tmp_path / "go"
    prompt = {
        "1": node("LoadImage", image=name),
        "2": node("Sketched", image=["1", 0], go=str(go)),
        "3": node("SaveImage", images=["2", 0], filename_prefix="told"),
    }

    async def story() -> tuple[str, list[Heard]]:
        async with listening(one, "page") as here, listening(other, "page") as there:
            prompt_id = await there.post(prompt, client_id="page")

            async def hear(heard: Heard) -> None:
                await heard.until("executing", node="2", prompt_id=prompt_id)
                await heard.until("progress", node="2", max=1000)
                while not heard.frames:
                    await heard.next()

            await asyncio.gather(hear(here), hear(there))
            go.touch()
            for heard in (here, there):
                await heard.until("executed", node="3", prompt_id=prompt_id)
                await heard.until("execution_success", prompt_id=prompt_id)
                await heard.until("executing", node=None, prompt_id=prompt_id)
            return prompt_id, [here, there]

    prompt_id, listeners = told(story())

    for heard in listeners:
        assert [data["node"] for data in heard.of("executing")][-3:] == ["2", "3", None]
        assert {unpacked(frame)[-1] for frame in heard.frames} == {SKETCH}
    entries = [server.call("GET", f"/history/{prompt_id}").json for server in pair]
    assert entries[0] == entries[1]
    [image] = entries[0][prompt_id]["outputs"]["3"]["images"]
    assert viewed(one, image["filename"]) == viewed(other, image["filename"])


def test_a_client_that_comes_to_the_other_server_is_told_what_it_missed(
    pair: Pair, tmp_path: Path
) -> None:
    name = upload(pair[0], png(7), "late.png").json["name"]
    go = tmp_path / "go"
    prompt = {
        "1": node("LoadImage", image=name),
        "2": node("Sketched", image=["1", 0], go=str(go)),
        "3": node("SaveImage", images=["2", 0], filename_prefix="late"),
    }

    async def story() -> list[dict[str, str]]:
        async with listening(pair[0], "late") as first:
            prompt_id = await first.post(prompt, client_id="late")
            await first.until("progress", node="2")
        states = []
        for server in pair:
            async with listening(server, "late") as again:
                await again.until("progress", node="2", prompt_id=prompt_id)
                nodes: dict[str, Any] = {}
                for data in again.of("progress_state"):
                    nodes |= data["nodes"]
                states.append({id_: state["state"] for id_, state in nodes.items()})
        go.touch()
        return states

    assert told(story()) == [{"1": "finished", "2": "running"}] * 2


def test_a_prompt_that_nothing_was_heard_of_is_told_afterwards(
    pair: Pair, postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came, ran and ended while messages did not reach the server that its client listens at."""
    one, other = pair
    name = upload(one, png(9), "unheard.png").json["name"]
    deaf = other.app[PARTS].subscriptions
    take = Neighbours._take

    async def lose(neighbours: Neighbours, text: str) -> None:
        if neighbours._subscriptions is not deaf:
            await take(neighbours, text)

    async def story() -> Heard:
        async with listening(other, "unheard") as heard:
            with monkeypatch.context() as patch:
                patch.setattr(Neighbours, "_take", lose)
                ids = [
                    await asyncio.to_thread(
                        posted, one, inverted(name, f"unheard{shade}"), client_id="unheard"
                    )
                    for shade in "ab"
                ]
                for prompt_id in ids:
                    await asyncio.to_thread(ended, one, prompt_id)
            listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            postgresql.run(f"{listeners} WHERE query LIKE 'LISTEN %'")
            for _ in ids:
                await heard.until("executing", node=None)
            return heard

    heard = told(story())

    starts = heard.of("execution_start")
    ends = [*heard.of("execution_success"), *heard.of("execution_error")]
    assert len(starts) == len(ends) == 2
    assert len({told["prompt_id"] for told in (*starts, *ends)}) == 2
    assert len(heard.of("executed")) == 2


def test_a_painted_mask_is_where_the_prompt_is(pair: Pair) -> None:
    one, other = pair
    samples = np.zeros((24, 32, 4), np.uint8)
    samples[8:16, 10:20, 3] = 255
    upload(one, png(), "whole.png")
    reference = json.dumps({"filename": "whole.png", "type": "input"})
    answer = upload(
        other,
        encoded(samples),
        "painted.png",
        "/upload/mask",
        original_ref=reference,
        subfolder="clip",
    )
    assert answer.json == {"name": "painted.png", "subfolder": "clip", "type": "input"}

    ids = [posted(server, inverted("clip/painted.png [input]", "masked")) for server in pair]

    names = [ended(one, id_)["outputs"]["3"]["images"][0]["filename"] for id_ in ids]
    assert viewed(one, names[0]) == viewed(other, names[0]) == viewed(one, names[1])
    both = [server.call("GET", "/internal/files/input").json for server in pair]
    assert "whole.png" in both[0]
    assert sorted(both[0]) == sorted(both[1])
    again = inverted(f"{names[0]} [output]", "again")
    assert ended(other, posted(one, again))["status"]["completed"]


def test_an_upload_takes_no_name_that_is_taken_at_the_other_server(pair: Pair) -> None:
    names = [
        upload(server, png(shade), "same.png").json["name"]
        for server, shade in zip((*pair, *pair), (1, 2, 2, 1), strict=True)
    ]

    assert names == ["same.png", "same (1).png", "same (1).png", "same.png"]


def test_what_the_page_keeps_is_at_both(pair: Pair) -> None:
    one, other = pair
    path = "/userdata/workflows%2Fmine.json"
    assert one.call("POST", path, data=b"{}").status == 200
    assert other.call("POST", f"{path}?overwrite=false", data=b"[]").status == 409
    assert other.call("GET", path).body == b"{}"
    assert other.call("POST", path, data=b"[]").status == 200
    assert one.call("GET", path).body == b"[]"
    assert one.call("POST", f"{path}/move/workflows%2Fyours.json").status == 200
    assert other.call("GET", "/userdata?dir=workflows").json == ["yours.json"]
    assert other.call("DELETE", "/userdata/workflows%2Fyours.json").status == 204
    assert one.call("GET", "/userdata/workflows%2Fyours.json").status == 404


def test_settings_that_are_set_at_once_are_all_kept(pair: Pair) -> None:
    def set_one(number: int) -> None:
        server = pair[number % 2]
        assert server.call("POST", f"/settings/of.{number}", json=number).status == 200

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(set_one, range(16)))

    expected = {f"of.{number}": number for number in range(16)}
    for server in pair:
        assert server.call("GET", "/settings").json.items() >= expected.items()


def test_settings_are_kept_whatever_room_there_is_for_copies(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    one, other = pair
    assert one.call("POST", "/settings/kept", json=1).status == 200
    with monkeypatch.context() as patch:
        patch.setattr(bucket_trees, "write_whole", is_full)
        assert other.call("POST", "/settings/also", json=2).status == 200

    assert one.call("GET", "/settings").json.items() >= {"kept": 1, "also": 2}.items()


def test_a_name_has_one_spelling_at_both(pair: Pair) -> None:
    """As macOS sends it, with letters and accents apart, and as all others do."""
    one, other = pair
    apart, together = "cafe\u0301.png", "caf\u00e9.png"
    assert upload(one, png(3), apart).json["name"] == together

    ids = [posted(other, inverted(name, name)) for name in (apart, together)]

    names = [ended(other, id_)["outputs"]["3"]["images"][0]["filename"] for id_ in ids]
    assert sorted(names) == ["caf\u00e9.png_00001_.png", "caf\u00e9.png_00002_.png"]
    for name in (*names, names[0].replace(together, apart)):
        assert viewed(one, quote(name)) == viewed(other, quote(name))
