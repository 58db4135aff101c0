"""Nodes of a pack over HTTP: checks of their own, fresh choices, what came beside the graph."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import ended, error_types, node, post, posted
from paintgraph.tests.api.comfy.hearing import Heard, listening, told
from paintgraph.tests.api.serving import Served, serving

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

PACK = """
from pathlib import Path
from paintgraph.tests.packs.convention import CLASSES

class Files:
    @classmethod
    def INPUT_TYPES(cls):
        names = sorted(file.name for file in Path(__file__).parent.glob("*.txt"))
        return {"required": {"name": (names,)}}
    RETURN_TYPES = ()
    OUTPUT_NODE = True
    FUNCTION = "go"
    def go(self, name):
        return {"ui": {"text": [name]}}

class Loud:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT",)}}
    RETURN_TYPES = ("INT",)
    FUNCTION = "go"
    def go(self, value):
        from comfy_execution.graph_utils import GraphBuilder
        graph = GraphBuilder()
        graph.node("OwnShow", value=value)
        return {"result": (value,), "expand": graph.finalize()}

class Telling:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING",)}, "hidden": {"me": "UNIQUE_ID"}}
    RETURN_TYPES = ()
    OUTPUT_NODE = True
    FUNCTION = "go"
    def go(self, text, me):
        from server import BinaryEventTypes, PromptServer
        server = PromptServer.instance
        server.send_progress_text(text, me)
        server.send_progress_text(text.encode(), me)
        packed = len(me).to_bytes(4, "big") + me.encode() + text.encode()
        server.send_sync(BinaryEventTypes.TEXT, packed)
        server.send_sync("own.event", {"text": text})
        return {"ui": {"text": [text]}}

OWN = {"OwnFiles": Files, "OwnLoud": Loud, "OwnTelling": Telling}
NODE_CLASS_MAPPINGS = OWN | {"Own" + cls.__name__: cls for cls in CLASSES}
NODE_DISPLAY_NAME_MAPPINGS = {"OwnGray": "A Gray Picture"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    (folder / "convention_pack.py").write_text(PACK)
    (folder / "a.txt").touch()
    return folder


@pytest.fixture(scope="module")
def packed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = str(folder / "convention_pack.py")
    with serving(tmp_path_factory.mktemp("data"), node_packs=(file,)) as server:
        yield server


def shown(server: Served, prompt: dict[str, Any], id_: str, **fields: Any) -> Any:
    """What a node shows."""
    entry = ended(server, posted(server, prompt, **fields))
    assert entry["status"]["status_str"] == "success", entry["status"]
    return entry["outputs"][id_]["text"]


def test_object_info_is_the_class_s_own(packed: Served) -> None:
    info = packed.call("GET", "/object_info/OwnGray").json["OwnGray"]

    assert info["input"]["required"]["size"] == [[2, 4, 8], {"default": 4}]
    assert info["display_name"] == "A Gray Picture"


def test_a_prompt_runs_on_classes_and_our_nodes(packed: Served) -> None:
    prompt = {
        "1": node("OwnGray", level=0.5, size=4, unknown="dropped"),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("OwnShow", value=["2", 0]),
    }

    assert shown(packed, prompt, "3") == ["3: (1, 4, 4, 3)"]


def test_what_a_class_refuses_is_told_when_the_prompt_is_posted(packed: Served) -> None:
    prompt = {"1": node("OwnStrict", a=13, b=1), "2": node("OwnShow", value=["1", 0])}
    answer = post(packed, prompt)

    assert answer.status == 400
    assert error_types(answer) == {
        "": ["prompt_outputs_failed_validation"],
        "1": ["custom_validation_failed"],
    }
    (error,) = answer.json["node_errors"]["1"]["errors"]
    assert "13 brings bad luck" in error["message"]
    assert error["extra_info"]["input_name"] == "a"


def test_outputs_that_no_class_refuses_run_all_the_same(packed: Served) -> None:
    prompt = {
        "1": node("OwnStrict", a=13, b=1),
        "2": node("OwnShow", value=["1", 0]),
        "3": node("OwnShow", value=5),
    }
    answer = post(packed, prompt)

    assert answer.status == 200
    assert list(answer.json["node_errors"]) == ["1"]
    assert list(ended(packed, answer.json["prompt_id"])["outputs"]) == ["3"]


def test_what_came_beside_the_graph_reaches_classes(packed: Served) -> None:
    prompt = {"7": node("OwnHidden", number=3), "8": node("OwnShow", value=["7", 0])}
    workflow = {"extra_pnginfo": {"workflow": {"id": "w"}}}

    (text,) = shown(packed, prompt, "8", extra_data=workflow)

    assert "'png': {'workflow': {'id': 'w'}}" in text
    assert f"'prompt': {prompt}" in text
    assert "'me': '7'" in text


def test_choices_are_looked_up_anew(packed: Served, folder: Path) -> None:
    prompt = {"1": node("OwnFiles", name="b.txt")}
    assert post(packed, prompt).status == 400

    (folder / "b.txt").touch()

    listed = packed.call("GET", "/object_info").json["OwnFiles"]["input"]["required"]["name"]
    assert listed == [["a.txt", "b.txt"]]
    assert shown(packed, prompt, "1") == ["b.txt"]


def test_a_loop_of_classes_and_engine_nodes_runs(packed: Served) -> None:
    prompt = {
        "1": node("OwnWhileOpen", value=0),
        "2": node("ComfyMathExpression", expression="a + 2", **{"values.a": ["1", 1]}),
        "3": node("OwnWhileClose", flow=["1", 0], value=["2", 1], end=5),
        "4": node("OwnShow", value=["3", 0]),
    }

    assert shown(packed, prompt, "4") == ["4: 6"]


def test_a_blocker_with_a_message_is_told_as_an_error_and_the_prompt_succeeds(
    packed: Served,
) -> None:
    prompt = {
        "1": node("OwnBlock", value=1, why="not today"),
        "2": node("OwnShow", value=["1", 0]),
        "3": node("OwnShow", value=["1", 1]),
    }

    async def story() -> Any:
        async with listening(packed, "blocked") as heard:
            prompt_id = await heard.post(prompt, client_id="blocked")
            await heard.until("executing", node=None)
            return prompt_id, heard

    prompt_id, heard = told(story())
    (error,) = heard.of("execution_error")
    assert (error["node_id"], error["node_type"]) == ("2", "OwnShow")
    assert error["exception_type"] == "ExecutionBlocked"
    assert error["exception_message"] == "Execution Blocked: not today"
    assert len(heard.of("execution_success")) == 1
    entry = ended(packed, prompt_id)
    assert entry["status"]["status_str"] == "success"
    assert list(entry["outputs"]) == ["3"]


def test_nodes_of_an_expansion_are_told_with_their_place(packed: Served) -> None:
    prompt = {"1": node("OwnLoud", value=3), "2": node("OwnShow", value=["1", 0])}

    async def story() -> Any:
        async with listening(packed, "expands") as heard:
            prompt_id = await heard.post(prompt, client_id="expands")
            await heard.until("executing", node=None)
            return prompt_id, heard

    prompt_id, heard = told(story())
    (inner,) = [data for data in heard.of("executed") if data["node"].startswith("1.")]
    assert (inner["node"], inner["display_node"]) == ("1.0.0.1", "1")
    entry = ended(packed, prompt_id)
    assert entry["outputs"]["1.0.0.1"] == {"text": ["1.0.0.1: 3"]}
    assert entry["meta"]["1.0.0.1"] == {
        "node_id": "1.0.0.1",
        "display_node": "1",
        "parent_node": "1",
        "real_node_id": "1",
    }


def test_a_choice_that_is_new_is_taken_at_once(packed: Served, folder: Path) -> None:
    prompt = {"1": node("OwnFiles", name="new.txt")}

    (folder / "new.txt").touch()

    assert shown(packed, prompt, "1") == ["new.txt"]


def test_a_graph_that_is_only_checked_is_checked_by_its_nodes_too(packed: Served) -> None:
    strict = {"node": "OwnStrict", "a": 13, "b": 1}
    graph = {"nodes": {"s": strict, "o": {"node": "OwnShow", "value": "${s.int}"}}}

    answer = packed.call("POST", "/v1/graphs/validate", json={"graph": graph})

    assert not answer.json["valid"]
    (problem,) = answer.json["problems"]
    assert (problem["code"], problem["pointer"]) == ("refused_inputs", "/graph/nodes/s/a")


def test_lines_that_a_node_shows_come_as_frames_and_its_messages_as_they_are(
    packed: Served,
) -> None:
    async def story() -> Heard:
        async with listening(packed, "reader") as heard:
            await heard.post({"77": node("OwnTelling", text="Zeile 1 ü")}, client_id="reader")
            await heard.until("executing", node=None)
            return heard

    heard = told(story())

    text = "Zeile 1 ü".encode()
    assert heard.frames == [struct.pack(">II", 3, 2) + b"77" + text] * 3
    assert heard.of("own.event") == [{"text": "Zeile 1 ü"}]
