"""Golden tests of each thing that ComfyUI's page does before it sends a prompt."""

from typing import Any

import pytest

from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.comfy.to_prompt import Converted, to_prompt
from paintgraph.tests.engine.comfy.drawing import canvas, load, node, passing, save, slot

CONTROLS = ["fixed", "increment", "decrement", "randomize", True, False]


def converted(nodes: list[dict[str, Any]], links: list[Any], **more: Any) -> Converted:
    """What becomes of a file."""
    return to_prompt(Document(canvas(nodes, links, **more)))


def inputs(nodes: list[dict[str, Any]], links: list[Any], **more: Any) -> dict[str, Any]:
    """The inputs of each node that would be sent; the file has no fault."""
    found = converted(nodes, links, **more)
    assert found.problems == []
    return {id_: use["inputs"] for id_, use in found.prompt.items()}


def test_a_plain_graph_has_widgets_by_name_and_links_by_position() -> None:
    found = converted([load(), save()], [(1, 0, 9, 0)])

    assert found.prompt == {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "9": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    assert found.places["9"] == ("nodes", 1)


def test_a_muted_node_goes_with_the_links_from_it() -> None:
    assert inputs([load(), passing(2, mode=2), save()], [(1, 0, 2, 0), (2, 0, 9, 0)]) == {
        "1": {"image": "a.png"},
        "9": {},
    }


def test_a_widget_that_a_muted_node_would_feed_is_not_sent() -> None:
    number = node(1, "Number", [], ["INT"], mode=2)
    image = node(2, "EmptyImage", [slot("width", "INT", "width")], [], [64, 32, 1, 0])

    assert "width" not in inputs([number, image], [(1, 0, 2, 0)])["2"]
    assert inputs([{**number, "mode": 4}, image], [(1, 0, 2, 0)])["2"]["width"] == 64


def test_a_bypassed_node_passes_on_what_it_gets() -> None:
    assert inputs([load(), passing(2, mode=4), save()], [(1, 0, 2, 0), (2, 0, 9, 0)])["9"] == {
        "images": ["1", 0]
    }


def test_a_bypassed_node_passes_on_by_place_then_by_type() -> None:
    two = [slot("positive", "C"), slot("negative", "C"), slot("image")]
    nodes = [
        node(1, "One", [], ["C"]),
        node(2, "Two", [], ["C"]),
        load(3),
        node(4, "Apply", two, ["C", "C", "X", "IMAGE"], mode=4),
        node(5, "Take", [slot("a", "C"), slot("b", "C"), slot("c", "X"), slot("d")]),
    ]
    links = [(1, 0, 4, 0), (2, 0, 4, 1), (3, 0, 4, 2)]
    links += [(4, place, 5, place) for place in range(4)]

    assert inputs(nodes, links)["5"] == {"a": ["1", 0], "b": ["2", 0], "d": ["3", 0]}


def test_reroutes_notes_and_labels_are_never_sent() -> None:
    nodes = [
        load(),
        node(2, "Reroute", [slot("", "*")], ["*"]),
        node(3, "Reroute", [slot("", "*")], ["*"]),
        node(4, "Note", values=["see"]),
        node(5, "MarkdownNote", values=["# see"]),
        node(6, "Label (rgthree)"),
        save(),
    ]

    assert inputs(nodes, [(1, 0, 2, 0), (2, 0, 3, 0), (3, 0, 9, 0)]) == {
        "1": {"image": "a.png"},
        "9": {"images": ["1", 0]},
    }


def test_a_primitive_gives_its_value_to_the_widget_also_through_a_reroute() -> None:
    size = [slot("width", "INT", "width"), slot("height", "INT", "height")]
    nodes = [
        node(1, "PrimitiveNode", [], ["INT"], [64, "fixed"]),
        node(2, "Reroute", [slot("", "*")], ["*"]),
        node(3, "EmptyImage", size, ["IMAGE"], [512, 512, 1, 7]),
    ]

    found = inputs(nodes, [(1, 0, 3, 0), (1, 0, 2, 0), (2, 0, 3, 1)])["3"]
    assert found == {"width": 64, "height": 64, "batch_size": 1, "color": 7}


def test_a_muted_reroute_still_passes_on() -> None:
    reroute = node(2, "Reroute", [slot("", "*")], ["*"], mode=2)

    assert inputs([load(), reroute, save()], [(1, 0, 2, 0), (2, 0, 9, 0)])["9"] == {
        "images": ["1", 0]
    }


@pytest.mark.parametrize("prefix", ["", "easy "])
def test_what_is_set_is_got_by_its_name(prefix: str) -> None:
    setter, getter = (f"{prefix}{kind}" for kind in (("set", "get") if prefix else ("Set", "Get")))
    nodes = [
        load(),
        node(2, f"{setter}Node", [slot("IMAGE")], ["*"], ["picture"]),
        node(3, f"{getter}Node", [], ["IMAGE"], ["picture"]),
        node(4, f"{getter}Node", [], ["IMAGE"], ["nothing"]),
        save(),
        save(10),
    ]

    found = inputs(nodes, [(1, 0, 2, 0), (3, 0, 9, 0), (4, 0, 10, 0)])
    assert (found["9"], found["10"]) == ({"images": ["1", 0]}, {})


def everywhere(id_: int, kind: str = "Anything Everywhere", **more: Any) -> dict[str, Any]:
    """A node that gives what it gets to every open input."""
    return node(id_, kind, [slot("anything", "*")], **more)


def test_what_is_given_everywhere_reaches_open_inputs_of_its_type_only() -> None:
    take = [slot("image"), slot("mask", "MASK"), slot("other")]
    nodes = [load(), everywhere(2), load(3), node(4, "Take", take)]

    assert inputs(nodes, [(1, 0, 2, 0), (3, 0, 4, 0)])["4"] == {
        "image": ["3", 0],
        "other": ["1", 0],
    }


def test_two_that_give_the_same_type_everywhere_are_told_of() -> None:
    nodes = [load(), load(3), everywhere(2), everywhere(4), save()]
    found = converted(nodes, [(1, 0, 2, 0), (3, 0, 4, 0)])

    assert found.prompt["9"]["inputs"] == {}
    assert [(p.code, p.severity, p.node, p.input) for p in found.problems] == [
        ("unsure_link", "warning", "9", "images")
    ]


def test_patterns_and_the_list_in_the_file_say_who_is_given_to() -> None:
    named = everywhere(2, "Anything Everywhere?", values=["Keep", "images"])
    nodes = [load(), named, {**save(), "title": "Keep"}, save(10)]
    listed = {"downstream": 10, "downstream_slot": 0, "upstream": "1", "upstream_slot": 1}

    by_pattern = inputs(nodes, [(1, 0, 2, 0)])
    by_list = inputs(nodes, [(1, 0, 2, 0)], extra={"ue_links": [listed]})
    assert (by_pattern["9"], by_pattern["10"]) == ({"images": ["1", 0]}, {})
    assert (by_list["9"], by_list["10"]) == ({}, {"images": ["1", 1]})


def test_older_pages_send_the_mark_of_the_button_that_uploads() -> None:
    value = canvas([load()], [])
    value["extra"] = {}

    assert to_prompt(Document(value)).prompt["1"]["inputs"] == {"image": "a.png", "upload": "image"}


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_a_seeds_control_takes_a_place_of_its_own(control: object) -> None:
    values = [5, control, 20, 8, "euler", "normal", 0.5]

    assert inputs([node(1, "KSampler", values=values)], [])["1"] == {
        "seed": 5,
        "steps": 20,
        "cfg": 8,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 0.5,
    }


def test_a_widget_that_became_a_socket_keeps_its_place() -> None:
    nodes = [
        node(1, "Number", [], ["INT"]),
        node(2, "ImageScale", [slot("image"), slot("width", "INT", "width")], ["IMAGE"],
             ["bicubic", 1, 2, "center"]),
    ]  # fmt: skip

    assert inputs(nodes, [(1, 0, 2, 1)])["2"] == {
        "upscale_method": "bicubic",
        "width": ["1", 0],
        "height": 2,
        "crop": "center",
    }


def test_missing_values_are_defaults_and_surplus_ones_are_told_of() -> None:
    few = node(1, "ImageScale", values=["bicubic"])
    many = node(2, "ImageScaleBy", values=["area", 2.0, 77])
    found = converted([few, many], [])

    assert found.prompt["1"]["inputs"] == {
        "upscale_method": "bicubic", "width": 512, "height": 512, "crop": "disabled"
    }  # fmt: skip
    assert found.prompt["2"]["inputs"] == {"upscale_method": "area", "scale_by": 2.0}
    assert [(p.code, p.severity, p.node) for p in found.problems] == [
        ("surplus_values", "warning", "2")
    ]


def test_values_may_have_names() -> None:
    mapping = node(1, "Video", values={"rate": 8, "loop": True, "videopreview": {"hidden": 0}})
    named = node(2, "Other", values=[3, "fixed"],
                 widgets_values_named={"seed": 3, "control_after_generate": "fixed"})  # fmt: skip
    other = node(4, "Fourth", values=[3, "fixed"], widgets_values_named={"n": 3, "fixed": "fixed"})
    slots = [slot("text", "STRING", "text"), slot("seed", "INT", "seed")]
    by_slot = node(3, "Third", slots, [], ["hello", 4, "randomize"])

    assert inputs([mapping, named, by_slot, other], []) == {
        "1": {"rate": 8, "loop": True},
        "2": {"seed": 3},
        "3": {"text": "hello", "seed": 4},
        "4": {"n": 3},
    }


def test_values_without_names_are_kept_and_the_pack_is_told() -> None:
    nodes = [node(1, "Nobody", [], ["X"], [1, "b"], properties={"cnr_id": "some-pack"})]
    found = converted(nodes, [])

    assert found.prompt["1"]["inputs"] == {}
    assert found.prompt["1"]["_meta"]["paintgraph"]["editor"]["widgets_values"] == [1, "b"]
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("nameless_values", "warning")
    assert "its 2 values have no names in the file; its pack is some-pack" in problem.message


def test_a_list_is_a_value_and_no_link() -> None:
    points = node(1, "Points", [slot("points", "LIST", "points")], [], [["1", 0]])

    assert inputs([points], [])["1"] == {"points": {"__value__": ["1", 0]}}


def test_names_of_files_are_put_together_from_other_widgets() -> None:
    prefix = [slot("filename_prefix", "STRING", "filename_prefix")]
    nodes = [
        node(1, "Named", [slot("path", "STRING", "path")], [], ["a/b"],
             properties={"Node name for S&R": "Title"}),
        node(2, "SaveImage", prefix, [], ["%Title.path%-%date:yyyy%"]),
    ]  # fmt: skip

    assert inputs(nodes, [])["2"] == {"filename_prefix": "a_b-%date:yyyy%"}
