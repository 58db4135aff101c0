"""Files are known by what they hold, whatever is around it and whatever they are called."""

import json
from typing import Any

import pytest

from paintgraph.base.text.document import Document
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.reading import graph_of, read_graph
from paintgraph.engine.graph.formats.recognising import recognise
from paintgraph.tests.base.test_pictures import PIXELS, chunk, exif, png, webp
from paintgraph.tests.engine.comfy.drawing import canvas, load, save

PROMPT = {"1": {"class_type": "Load", "inputs": {"image": "a.png"}}}
EDITOR = canvas([load(), save()], [(1, 0, 9, 0)])
RECIPE = {"nodes": {"1": {"node": "Load", "image": "a.png"}}}


@pytest.mark.parametrize(
    ("value", "kind", "path"),
    [
        (RECIPE, "recipe", ()),
        ({"paintgraph": 1, "nodes": []}, "recipe", ()),
        ({"nodes": []}, "recipe", ()),
        (PROMPT, "prompt", ()),
        ({**PROMPT, "version": 1, "extra": {}}, "prompt", ()),
        (EDITOR, "editor", ()),
        ({"nodes": [], "links": []}, "editor", ()),
        ({"prompt": PROMPT, "client_id": "x", "extra_data": {}}, "prompt", ("prompt",)),
        ({"prompt": PROMPT, "workflow": EDITOR}, "prompt", ("prompt",)),
        ({"prompt": {}, "workflow": EDITOR}, "editor", ("workflow",)),
        ({"workflow": EDITOR, "output": PROMPT}, "prompt", ("output",)),
        ({"workflow": json.dumps(EDITOR)}, "editor", ("workflow",)),
        ({"extra_pnginfo": {"workflow": EDITOR}}, "editor", ("extra_pnginfo", "workflow")),
        (
            {"extra_data": {"extra_pnginfo": {"workflow": EDITOR}}},
            "editor",
            ("extra_data", "extra_pnginfo", "workflow"),
        ),
    ],
)
def test_a_graph_is_found_in_what_is_saved_around_it(
    value: Any, kind: str, path: tuple[str, ...]
) -> None:
    found = recognise(Document(value))

    assert (found.kind, found.path) == (kind, path)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "the text is a list and no graph; allowed are"),
        ({}, "the text is an empty mapping and no graph; allowed are"),
        (5, "the text is 5 and no graph; allowed are"),
        ("prose", "the text is 'prose' and no graph; allowed are"),
        ({"a": 1, "b": 2}, "the text is a mapping with a, b, but no graph; allowed are"),
        ({"workflow": {"a": 1}}, "the text is a mapping with workflow, but no graph"),
        ({"prompt": "a cat"}, "the text is a mapping with prompt, but no graph"),
        ({"prompt": "{"}, "the text is a mapping with prompt, but no graph"),
    ],
)
def test_what_holds_no_graph_is_told_in_one_line(value: Any, told: str) -> None:
    with pytest.raises(GraphError) as caught:
        graph_of(Document(value), "it")

    (problem,) = caught.value.problems
    assert (problem.code, problem.message[: len(told)]) == ("no_graph", told)


def test_a_fault_inside_a_wrapper_has_its_place_in_the_whole_text() -> None:
    text = b'{\n "client_id": "x",\n "prompt": {\n  "1": {"class_type": 5, "inputs": {}}}}'
    graph, (problem,) = read_graph(text, "it")

    assert (problem.pointer, problem.place) == ("/prompt/1", (4, 8))
    assert graph.source is not None
    assert graph.source.path_of("1", "image") == ("prompt", "1", "inputs", "image")


def test_what_is_no_node_of_a_prompt_is_left_out_by_name() -> None:
    graph, (problem,) = graph_of(Document({**PROMPT, "version": 0.4}), "it")

    assert list(graph.nodes) == ["1"]
    assert (problem.code, problem.severity, problem.pointer) == ("no_node", "warning", "/version")


@pytest.mark.parametrize("given", [{}, {"inputs": None}], ids=["missing", "null"])
def test_a_node_of_a_prompt_needs_no_inputs(given: dict[str, Any]) -> None:
    graph, problems = graph_of(Document({"1": {"class_type": "Get", **given}}), "it")

    assert (graph.nodes["1"].inputs, problems) == ({}, [])


def test_nan_is_null_in_what_comfyui_wrote_and_a_fault_in_a_recipe() -> None:
    prompt = (
        b'{"1": {"class_type": "A", "inputs": {"x": NaN, "y": "NaN"}, "is_changed": [-Infinity]}}'
    )
    graph, problems = read_graph(prompt, "it")

    assert (graph.nodes["1"].inputs, problems) == ({"x": None, "y": "NaN"}, [])
    with pytest.raises(GraphError, match="NaN is not finite"):
        read_graph(b'{"nodes": {"a": {"node": "A", "x": NaN}}}', "it")


def text(key: str, value: Any) -> bytes:
    """A PNG text chunk."""
    return chunk(b"tEXt", key.encode() + b"\0" + json.dumps(value).encode())


PICTURES = {
    "prompt": png(text("prompt", PROMPT)),
    "after the pixels": png(PIXELS, text("prompt", PROMPT)),
    "prompt beside workflow": png(text("workflow", EDITOR), text("prompt", PROMPT)),
    "broken workflow beside": png(text("prompt", PROMPT), chunk(b"tEXt", b"workflow\0{")),
    "broken prompt of ours beside": png(chunk(b"tEXt", b"paintgraph\0{"), text("prompt", PROMPT)),
    "our own": png(text("paintgraph", RECIPE)),
    "NaN": png(chunk(b"tEXt", b'prompt\0{"1": {"class_type": "Load", "inputs": {"image": "a.png"}'
                              b', "is_changed": [NaN]}}')),
    "WebP": webp(exif("<", b"workflow:" + json.dumps(EDITOR).encode() + b"\0",
                      b"Prompt:" + json.dumps(PROMPT).encode() + b"\0")),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_gives_the_graph_that_it_carries(name: str) -> None:
    graph, problems = read_graph(PICTURES[name].getvalue(), "it.png")

    assert (list(graph.nodes), problems) == (["1"], [])
    assert graph.nodes["1"].inputs == {"image": "a.png"}


def test_a_picture_may_carry_the_editors_graph_alone() -> None:
    graph, problems = read_graph(png(text("workflow", EDITOR)).getvalue(), "it.png")

    assert (list(graph.nodes), problems) == (["1", "9"], [])


@pytest.mark.parametrize(
    "data",
    [png(PIXELS).getvalue(), png(chunk(b"tEXt", b"prompt\0a cat")).getvalue(), b"\xff\xd8\xff\xe0"],
    ids=["without texts", "with prose", "JPEG"],
)
def test_a_picture_without_a_graph_is_told_in_one_line(data: bytes) -> None:
    with pytest.raises(GraphError, match="this picture carries no graph; allowed are PNG and WebP"):
        read_graph(data, "it.png")
