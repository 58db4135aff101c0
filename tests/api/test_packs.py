"""A server with node packs: each of its workers loads them, none of them keeps it from starting."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from PIL import Image
from yarl import URL

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.comfy.asking import ended, error_types, node, post, posted, upload
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.serving import Served, serving

pytest.importorskip("torch")
pytestmark = pytest.mark.slow
PACKS = Path(__file__).parents[1] / "packs"


def reports(server: Served) -> dict[str, Mapping[str, Any]]:
    """What became of each pack, as the workers said last."""
    return {report["name"]: report for report in server.app[PARTS].dispatcher.ready.packs}


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("deadly")
    with serving(folder, node_packs=(str(PACKS / "deadly"),), pack_seconds=2.0) as server:
        yield server


def test_packs_that_end_a_worker_or_hang_are_left_out(deadly: Served) -> None:
    states = {name: report["state"] for name, report in reports(deadly).items()}

    assert states == {
        "crashes": "left out",
        "exits": "left out",
        "hangs": "left out",
        "survivor": "loaded",
    }
    whys = "\n".join(str(report["why"]) for report in reports(deadly).values())
    assert "it ended the process (SIGSEGV)" in whys
    assert "it ended the process (exit code 3)" in whys
    assert "it did not return within 2 s" in whys


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folders = (str(PACKS / "sound"), str(PACKS / "odd"))
    page = tmp_path_factory.mktemp("page")
    (page / "index.html").write_text("<!doctype html>")
    folder, allowed = tmp_path_factory.mktemp("packed"), ("routes",)
    with serving(folder, node_packs=folders, allow_packs=allowed, front_end_root=page) as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that allows packs nothing; one of its packs notes each process that loads it."""
    folder = tmp_path_factory.mktemp("plain")
    noting = folder / "noting.py"
    noting.write_text(
        f"import os\nopen({str(folder / 'loads')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "NODE_CLASS_MAPPINGS = {}\n"
    )
    sound = (str(PACKS / "sound" / name) for name in ("served_nodes", "mask_tools"))
    with serving(folder, node_packs=(*sound, str(noting))) as server:
        yield server


def outcome(server: Served, prompt: Any, **fields: Any) -> Any:
    """What a prompt's history tells."""
    entry = ended(server, posted(server, prompt, **fields))
    assert entry["status"]["status_str"] == "success", entry["status"]
    return entry["outputs"]


def test_nodes_of_packs_are_told_to_editors(packed: Served) -> None:
    info = packed.call("GET", "/object_info").json

    grow = info["PackGrowMask"]
    assert grow["display_name"] == "Grow Mask (Pack)"
    assert grow["python_module"] == "custom_nodes.mask_tools"
    assert grow["input"]["required"]["method"] == [["square", "cross"], {"default": "square"}]
    assert info["SchemaInvert"]["display_name"] == "Invert (Schema)"
    assert info["MixedAdd"]["output"] == ["INT"]
    assert "MixedSampler" not in info
    assert info["ImageInvert"]["python_module"] == "nodes"


def test_a_prompt_runs_through_nodes_of_several_packs(packed: Served) -> None:
    name = upload(packed, name="packs.png").json["name"]

    outputs = outcome(
        packed,
        {
            "1": node("LoadImage", image=name),
            "2": node("Pack Resize+", image=["1", 0], width=16, height=8, method="bilinear"),
            "3": node("SchemaInvert", image=["2", 0], amount=1.0, way="all"),
            "4": node("PadAndInvert", image=["3", 0], left=8),
            "5": node("PackGrowMask", mask=["4", 1], expand=1, method="square"),
            "6": node("PackFillColor", image=["4", 0], mask=["5", 0]),
            "7": node("SaveTwice", images=["6", 0], filename_prefix="packs", times=2),
            "8": node("PreviewHalf", images=["6", 0]),
        },
    )

    saved, shown = outputs["7"]["images"], outputs["8"]["images"]
    names = [each["filename"] for each in saved]
    assert names == ["packs_twice_00001_.png", "packs_twice_00002_.png"]
    view = packed.call("GET", f"/view?filename={saved[0]['filename']}&type=output").body
    with Image.open(BytesIO(view)) as file:
        assert file.size == (24, 8)
        assert json.loads(file.info["prompt"])["5"]["class_type"] == "PackGrowMask"
        pixels = np.asarray(file)
    assert (pixels[:, :9] == (255, 0, 0)).all()
    assert not (pixels[:, 9:] == (255, 0, 0)).all()
    half = packed.call("GET", f"/view?filename={shown[0]['filename']}&type=temp").body
    with Image.open(BytesIO(half)) as file:
        assert file.size == (12, 4)


def test_v3_nodes_show_what_they_were_asked_to(packed: Served) -> None:
    outputs = outcome(packed, {"7": node("SchemaShowText", text="hello")})

    assert outputs["7"] == {"text": ["7: hello"]}


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"mode": "plain"}, "{'mode': 'plain'} {}"),
        ({"mode": "times", "mode.amount": 3}, "{'mode': 'times', 'amount': 3} {}"),
        (
            {"mode": "plain", "values.value0": ["5", 0], "values.value1": ["5", 0]},
            "{'mode': 'plain'} {'value0': 3, 'value1': 3}",
        ),
        (
            {"mode": "more", "mode.amount": 1, "mode.inner": "some", "mode.inner.depth": 4},
            "{'mode': 'more', 'amount': 1, 'inner': {'inner': 'some', 'depth': 4}} {}",
        ),
    ],
)
def test_choices_bring_their_inputs_and_rows_grow(
    inputs: dict[str, Any], text: str, packed: Served
) -> None:
    prompt = {
        "1": node("SchemaDynamic", **inputs),
        "2": node("PreviewAny", source=["1", 0]),
        "5": node("MixedAdd", a=1, b=2),
    }

    assert outcome(packed, prompt)["2"]["text"] == [text]


def test_an_input_of_a_choice_is_held_to_what_it_declares(packed: Served) -> None:
    prompt = {
        "1": node("SchemaDynamic", mode="times", **{"mode.amount": 99}),
        "2": node("PreviewAny", source=["1", 0]),
    }

    assert error_types(post(packed, prompt))["1"] == ["value_bigger_than_max"]
    info = packed.call("GET", "/object_info/SchemaDynamic").json["SchemaDynamic"]
    kind, options = info["input"]["required"]["mode"]
    assert kind == "COMFY_DYNAMICCOMBO_V3"
    assert [option["key"] for option in options["options"]] == ["plain", "times", "more"]


def test_messages_of_a_node_reach_the_socket_of_its_client(packed: Served) -> None:
    async def story() -> Any:
        async with listening(packed, "pack-client") as client:
            await client.post({"9": node("ServedTell", text="hi")}, client_id="pack-client")
            return await client.until("served_nodes.tell")

    assert told(story()) == {"node": "9", "text": "hi"}


def test_what_is_refused_at_import_is_not_when_a_node_runs(packed: Served) -> None:
    outputs = outcome(
        packed,
        {"1": node("InstallingNode", value=5), "2": node("PreviewAny", source=["1", 0])},
    )

    assert outputs["2"]["text"] == ["5"]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_routes_of_packs_are_answered_under_both_prefixes(prefix: str, packed: Served) -> None:
    value = f"of {prefix}"

    stored = packed.call("POST", f"{prefix}/served_nodes/value", json={"value": value})
    found = packed.call("GET", f"{prefix}/served_nodes/value?x=%2F")
    pinged = packed.call("GET", f"{prefix}/served_nodes/ping")

    assert (stored.status, stored.json) == (200, {"value": value})
    assert (found.json, pinged.json) == (stored.json, stored.json)
    assert packed.call("PUT", f"{prefix}/served_nodes/value").status == 404
    assert packed.call("GET", f"{prefix}/served_nodes/other").status == 404
    assert packed.call("GET", f"{prefix}/queue").json["queue_pending"] == []


def test_packs_do_not_see_keys_and_cookies(packed: Served) -> None:
    secret = {"Authorization": "Bearer the-key", "Cookie": "key=the-key", "X-Api-Key": "the-key"}

    answer = packed.call("GET", "/served_nodes/headers", headers={**secret, "X-Own": "seen"})

    assert answer.json["X-Own"] == "seen"
    assert b"the-key" not in answer.body


def test_a_route_that_fails_is_the_packs_fault(packed: Served) -> None:
    answer = packed.call("POST", "/served_nodes/value", data=b"no JSON")

    assert answer.codes == ["pack_failed"]


def test_a_route_that_streams_is_passed_on_piece_by_piece(packed: Served) -> None:
    packed.call("POST", "/served_nodes/value", json={"value": "wait"})

    async def story() -> Any:
        async with (
            aiohttp.ClientSession(packed.url) as session,
            session.get("/served_nodes/stream") as answer,
        ):
            first = await asyncio.wait_for(answer.content.readany(), 300)
            async with session.post("/served_nodes/value", json={"value": "go on"}):
                return first, await asyncio.wait_for(answer.content.read(), 300)

    assert told(story()) == (b"first,", b"second")


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_socket_of_a_pack_is_joined_to_its_client(prefix: str, packed: Served) -> None:
    async def story() -> Any:
        async with (
            aiohttp.ClientSession(packed.url) as session,
            session.ws_connect(f"{prefix}/served_nodes/echo", protocols=("own",)) as socket,
        ):
            await socket.send_str("ab")
            await socket.send_bytes(b"cd")
            heard = [await socket.receive_str(timeout=300), await socket.receive_bytes(timeout=300)]
            await socket.send_str("bye")
            await socket.receive(timeout=300)
            return heard, socket.protocol, socket.close_code

    assert told(story()) == (["abab", b"cdcd"], "own", 4000)


def test_what_is_no_socket_of_a_pack_is_not_joined(packed: Served) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}

    answer = packed.call("GET", "/served_nodes/ping", headers={**upgrade, **key})

    assert answer.codes == ["pack_failed"]


def test_paths_of_packs_are_those_that_they_wrote(packed: Served) -> None:
    found = packed.call("GET", "/served_nodes/rest/a/b%2Fc")
    file = packed.call("GET", "/served_nodes/files/a%20b.txt")

    assert found.json == "a/b/c"
    assert file.body == b"a file\n"
    assert packed.call("HEAD", "/served_nodes/files/a%20b.txt").status == 200
    assert packed.call("GET", "/served_nodes/files/../__init__.py").status == 404


def test_a_path_that_looks_like_another_host_is_asked_of_the_worker(packed: Served) -> None:
    url = URL(f"{packed.url}//elsewhere.invalid/served_nodes_tail", encoded=True)

    async def answered() -> Any:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.json(content_type=None)

    assert asyncio.run(answered()) == (200, ["/elsewhere.invalid", "127.0.0.1"])


def test_packs_change_prompts_as_they_come_and_see_no_tokens(packed: Served) -> None:
    prompt = {"1": node("ServedTell", text="wildcard")}
    extra = {"auth_token_comfy_org": "the-token", "extra_pnginfo": {}}

    assert outcome(packed, prompt, extra_data=extra)["1"] == {
        "text": ["wildcard of ['extra_data', 'prompt'] with ['extra_pnginfo']"]
    }


def test_what_packs_tell_of_a_prompt_that_comes_reaches_its_client_alone(packed: Served) -> None:
    async def story() -> Any:
        async with listening(packed, "asker") as client, listening(packed, "other") as other:
            await client.post({"1": node("ServedTell", text="wildcard")}, client_id="asker")
            heard = await client.until("served_nodes.changed")
            await other.post({"1": node("ServedTell", text="plain")}, client_id="other")
            await other.until("served_nodes.tell")
            return heard, other.of("served_nodes.changed")

    assert told(story()) == ({"nodes": 1}, [])


def test_workers_of_light_jobs_spare_themselves_the_packs(plain: Served) -> None:
    loads = (plain.data / "loads").read_text().split()

    assert (len(loads), len(set(loads))) == (1, 1)


@pytest.mark.parametrize("prefix", ["", "/editor"])
def test_scripts_of_packs_are_listed_and_served_to_the_page(prefix: str, packed: Served) -> None:
    name = "tools.js"
    script = f"/extensions/mask_tools/{name}"

    listed = packed.call("GET", f"{prefix}/api/extensions").json
    answer = packed.call("GET", f"{prefix}{script}")

    assert script in listed
    assert (answer.status, answer.body) == (
        200,
        (PACKS / f"sound/mask_tools/js/{name}").read_bytes(),
    )
    assert answer.headers["Content-Type"] == "text/javascript"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        *("mask_tools/../nodes.py", "mask_tools/%2e%2e/nodes.py", "mask_tools/..%2fnodes.py"),
        *("mask_tools//etc/passwd", "mask_tools/%00", "mask_tools/none.js", "mask_tools/"),
        *("served_nodes/__init__.py", "nobody/tools.js", "..%2f/tools.js"),
    ],
)
def test_no_other_file_of_a_pack_is_served(path: str, packed: Served) -> None:
    url = URL(f"{packed.url}/extensions/{path}", encoded=True)

    async def status() -> int:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status

    assert asyncio.run(status()) == 404


def test_the_page_s_scripts_are_found_where_scripts_of_packs_look(packed: Served) -> None:
    answer = packed.call("GET", "/scripts/app.js")

    assert (answer.status, answer.headers["Location"]) == (307, "/editor/scripts/app.js")


def test_routes_of_packs_are_answered_below_the_page(packed: Served) -> None:
    stored = packed.call("POST", "/editor/api/served_nodes/value", json={"value": "page"})

    assert stored.json == {"value": "page"}
    assert packed.call("GET", "/editor/served_nodes/ping").json == {"value": "page"}
    assert packed.call("GET", "/editor/api/object_info/ServedTell").json["ServedTell"]
    assert packed.call("GET", "/editor/").status == 200
    assert packed.call("PUT", "/editor/api/queue").status == 405


def test_scripts_are_not_served_unless_that_is_allowed(plain: Served) -> None:
    assert plain.call("GET", "/extensions").json == []
    assert plain.call("GET", "/extensions/mask_tools/tools.js").status == 404
    assert plain.call("GET", "/scripts/app.js").status == 404


def test_prompts_are_not_changed_unless_that_is_allowed(plain: Served) -> None:
    prompt = {"1": node("ServedTell", text="wildcard")}

    assert outcome(plain, prompt)["1"] == {"text": ["wildcard"]}
    (refused,) = reports(plain)["served_nodes"]["refused"]
    assert "add_on_prompt_handler" in refused


def test_nobody_but_the_server_reaches_the_routes_in_a_worker(packed: Served) -> None:
    door = packed.app[PARTS].dispatcher.ready.door
    there = Served(f"http://127.0.0.1:{door['port']}", packed.data, packed.app)

    assert there.call("GET", "/served_nodes/value").status == 403


def test_routes_are_not_answered_unless_that_is_allowed(deadly: Served) -> None:
    assert not deadly.app[PARTS].dispatcher.ready.door
    assert deadly.call("GET", "/served_nodes/value").status == 404


def test_a_placeholder_says_what_it_needs_when_it_is_used(packed: Served) -> None:
    prompt = {"1": node("ReplacingPatch"), "2": node("PreviewAny", source=["1", 0])}

    entry = ended(packed, posted(packed, prompt))

    assert entry["status"]["status_str"] == "error"
    assert "needs ComfyUI's model objects" in json.dumps(entry["status"])


def test_a_node_that_is_left_out_is_refused_with_the_reason(packed: Served) -> None:
    graph = {"nodes": {"a": {"node": "MixedSampler"}}}

    answer = packed.submit({"graph": graph})

    assert "node_left_out" in answer.codes
    assert "it needs ComfyUI's model objects (CLIP_VISION, STYLE_MODEL)" in answer.body.decode()


def test_a_node_that_ends_its_process_fails_its_job_only(deadly: Served) -> None:
    dies = posted(deadly, {"1": node("Survivor", dies=True)})

    assert ended(deadly, dies)["status"]["status_str"] == "error"
    assert outcome(deadly, {"1": node("Survivor", dies=False)})["1"] == {"text": ["alive"]}
