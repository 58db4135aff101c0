"""Node types as editors know them."""

import re
from typing import Any

import pytest

from paintgraph.api.comfy.node_types.wire import input_config, object_info
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.graph import Graph, Node
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.nodes import build_registry
from paintgraph.tests.api.comfy.asking import upload
from paintgraph.tests.api.serving import Served, png

FIELDS = {
    *("input", "input_order", "is_input_list", "output", "output_is_list", "output_name"),
    *("output_tooltips", "name", "display_name", "description", "python_module", "category"),
    *("output_node", "search_aliases"),
}
_NAMES = re.compile(r"[A-Z0-9_*]+(?:,[A-Z0-9_*]+)*")


@pytest.fixture(scope="module")
def info(server: Served) -> dict[str, Any]:
    """All of it."""
    found: dict[str, Any] = server.call("GET", "/object_info").json
    return found


def test_every_node_has_every_field(info: dict[str, Any]) -> None:
    for name, entry in info.items():
        assert entry.keys() - {"output_matchtypes"} == FIELDS
        assert entry["name"] == name
        for group, inputs in entry["input"].items():
            assert list(inputs) == entry["input_order"][group]
            for type_, options in inputs.values():
                assert isinstance(options, dict)
                assert isinstance(type_, list) or _NAMES.fullmatch(type_)
        assert len(entry["output"]) == len(entry["output_name"]) == len(entry["output_is_list"])


def test_one_node_is_given_alone_and_an_unknown_one_is_nothing(
    server: Served, info: dict[str, Any]
) -> None:
    assert server.call("GET", "/api/object_info/SaveImage").json == {"SaveImage": info["SaveImage"]}
    assert server.call("GET", "/object_info/recipe/outpaint").json == {
        "recipe/outpaint": info["recipe/outpaint"]
    }
    for name in ("Nope", "a b", "{x}", "a/b"):
        answer = server.call("GET", f"/object_info/{name}")
        assert (answer.status, answer.json) == (200, {})


def test_widgets_have_their_bounds(info: dict[str, Any]) -> None:
    width = info["EmptyImage"]["input"]["optional"]["width"]
    sampler = info["InpaintSampler"]["input"]["optional"]

    assert width[0] == "INT"
    assert {"default": 512, "min": 1, "max": 16384}.items() <= width[1].items()
    assert sampler["seed"][1]["control_after_generate"] is True
    assert sampler["seed"][1]["max"] <= 2**53
    assert isinstance(sampler["engine"][0], list)
    assert info["SaveImage"]["output_node"] is True
    assert info["ImageCompositeMasked"]["input"]["optional"]["mask"][0] == "MASK"


def test_widgets_say_which_links_they_take_and_what_one_points_at(info: dict[str, Any]) -> None:
    boxes = info["SegmentBoxes"]["input"]["required"]["boxes"]
    points = info["SegmentPoints"]["input"]["optional"]
    recipe = info["recipe/erase_object"]["input"]["required"]

    assert boxes[0] == recipe["box"][0] == "STRING"
    assert (boxes[1]["also"], boxes[1]["most_rows"]) == ("BOXES,LIST", None)
    assert boxes[1]["columns"] == recipe["box"][1]["columns"] == ["left", "top", "right", "bottom"]
    assert recipe["box"][1]["most_rows"] == points["box"][1]["most_rows"] == 1
    assert points["points"][1]["columns"] == points["avoid"][1]["columns"] == ["x", "y"]
    assert recipe["image"][1]["also"] == "IMAGE,STRING"
    assert "also" not in points["model"][1]


def test_only_what_a_prompt_must_give_is_required(info: dict[str, Any]) -> None:
    """comfy-cli refuses prompts that leave out what is required, before it posts them."""
    assert list(info["LoadImage"]["input"]["required"]) == ["image"]
    assert list(info["SaveImage"]["input"]["required"]) == ["images"]
    assert list(info["EmptyImage"]["input"]["required"]) == []


def test_a_choice_holds_the_inputs_that_it_brings(info: dict[str, Any]) -> None:
    entry = info["ResizeImageMaskNode"]
    needed = entry["input"]["required"]
    type_, options = needed["resize_type"]
    brought = {one["key"]: one["inputs"] for one in options["options"]}

    assert list(needed) == ["input", "resize_type"]
    assert list(entry["input"]["optional"]) == ["scale_method"]
    assert type_ == "COMFY_DYNAMICCOMBO_V3"
    assert list(brought["scale dimensions"]["required"]) == ["width", "height", "crop"]
    assert brought["scale width"]["required"]["width"][1]["max"] == 8192
    assert list(brought["match size"]["required"]) == ["crop", "match"]
    assert brought["match size"]["required"]["match"][0] == "IMAGE,MASK"


def test_a_row_is_told_once(info: dict[str, Any]) -> None:
    needed = info["ComfyMathExpression"]["input"]["required"]
    type_, options = needed["values"]

    assert list(needed) == ["expression", "values"]
    assert type_ == "COMFY_AUTOGROW_V3"
    assert options["template"]["input"]["required"]["value"][0] == "INT,FLOAT,BOOLEAN"
    assert "".join(options["template"]["names"]) == "abcdefghijklmnopqrstuvwxyz"
    assert options["template"]["min"] == 1


def test_outputs_share_a_template_with_what_they_follow(info: dict[str, Any]) -> None:
    switch, resized = info["ComfySwitchNode"], info["ResizeImageMaskNode"]
    type_, options = switch["input"]["optional"]["on_true"]

    assert (type_, options["lazy"]) == ("COMFY_MATCHTYPE_V3", True)
    assert options["template"] == {"template_id": "output", "allowed_types": "*"}
    assert list(switch["input"]["required"]) == ["switch"]
    assert switch["output_matchtypes"] == ["output"]
    assert resized["output_matchtypes"] == ["resized"]
    assert resized["input"]["required"]["input"][1]["template"]["allowed_types"] == "IMAGE,MASK"
    assert "output_matchtypes" not in info["LoadImage"]


def test_what_the_page_draws_itself_has_its_own_widgets(info: dict[str, Any]) -> None:
    needed = {name: entry["input"]["required"] for name, entry in info.items()}

    assert needed["ImageCompare"] == {"compare_view": ["IMAGECOMPARE", {}]}
    assert list(info["ImageCompare"]["input"]["optional"]) == ["image_a", "image_b"]
    assert list(needed["Painter"]) == ["mask", "width", "height", "bg_color"]
    assert needed["Painter"]["mask"][1]["widgetType"] == "PAINTER"
    assert needed["Painter"]["bg_color"][0] == "COLOR"
    assert needed["LoadImageOutput"]["image"][1]["image_folder"] == "output"


def test_loaders_list_the_files(server: Served) -> None:
    upload(server, png(), "zebra.png")
    upload(server, png(), "apple.png")
    (server.data / "inputs" / "notes.txt").write_text("no picture")

    names, options = server.call("GET", "/object_info/LoadImage").json["LoadImage"]["input"][
        "required"
    ]["image"]

    assert [name for name in names if name in ("apple.png", "zebra.png", "notes.txt")] == [
        "apple.png",
        "zebra.png",
    ]
    assert options["image_upload"] is True


def test_a_list_is_written_as_a_text_and_read_as_a_list(
    server: Served, info: dict[str, Any]
) -> None:
    type_, options = info["MaskFromBox"]["input"]["required"]["box"]
    name = upload(server, png()).json["name"]

    assert (type_, options["default"]) == ("STRING", "")
    for box in ("2, 3, 8, 9", "2,3,8,9", {"__value__": [2, 3, 8, 9]}):
        prompt: dict[str, Any] = {
            "1": {"class_type": "LoadImage", "inputs": {"image": name, "alpha": "keep"}},
            "2": {
                "class_type": "MaskFromBox",
                "inputs": {"image": ["1", 0], "box": box, "select": "box"},
            },
            "3": {"class_type": "MaskPreview", "inputs": {"mask": ["2", 0]}},
        }
        assert server.call("POST", "/prompt", json={"prompt": prompt}).status == 200
    prompt["2"]["inputs"]["box"] = "2, 3, x"
    answer = server.call("POST", "/prompt", json={"prompt": prompt})
    assert answer.status == 400
    assert "box" in answer.body.decode()


def test_a_picture_that_may_be_left_out_can_be_none(server: Served, info: dict[str, Any]) -> None:
    choices, _ = info["LoadMaskIfAny"]["input"]["optional"]["image"]
    needed, _ = info["LoadImage"]["input"]["required"]["image"]
    name = upload(server, png()).json["name"]

    assert choices[0] == "none"
    assert "none" not in needed
    prompt: dict[str, Any] = {
        "1": {"class_type": "LoadImage", "inputs": {"image": name, "alpha": "keep"}},
        "2": {"class_type": "LoadMaskIfAny", "inputs": {"size_of": ["1", 0], "image": "none"}},
        "3": {"class_type": "MaskPreview", "inputs": {"mask": ["2", 0]}},
    }
    assert server.call("POST", "/prompt", json={"prompt": prompt}).status == 200
    prompt["1"]["inputs"]["image"] = "none"
    assert server.call("POST", "/prompt", json={"prompt": prompt}).status == 400


def test_numbers_are_those_that_javascript_holds() -> None:
    declared = InputSpec("n", "int", required=False, default=1, minimum=-(2**63), maximum=2**64 - 1)

    _, options = input_config(declared)

    assert (options["min"], options["max"]) == (-(2**53), 2**53)


REGISTRY = build_registry()


@pytest.mark.parametrize("kind", REGISTRY.ids())
def test_files_for_the_editor_call_types_as_it_was_told(kind: str) -> None:
    spec = REGISTRY.spec(kind)
    assert spec is not None
    slots = Slots(Graph({"it": Node(kind, {})}), REGISTRY)

    assert [slot.type for slot in slots.outputs("it")] == object_info(spec)["output"]
