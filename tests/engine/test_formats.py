"""Graphs as text and back: recipes in YAML and JSON, ComfyUI's prompts."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.text.writers import write_json, write_yaml
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.graph.formats.comfy.prompt import is_comfy, read_comfy, write_comfy
from paintgraph.engine.graph.formats.native import read_native, write_native
from paintgraph.engine.graph.formats.reading import graph_of, read_graph
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.structure import position, with_names
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.engine.recipes.schema import node_schema
from paintgraph.tests import fake_nodes
from paintgraph.tests.strategies import recipes, texts

REGISTRY = fake_nodes.registry()


def read(value: object) -> tuple[Graph, list[Problem]]:
    """The graph of a document."""
    return graph_of(Document(value), "test")


def plain(graph: Graph) -> Graph:
    """The graph as formats keep it: lists as lists."""
    nodes = {
        id_: Node(
            node.kind,
            {n: list(v) if isinstance(v, tuple) else v for n, v in node.inputs.items()},
            node.title,
        )
        for id_, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes, source=None)


@given(recipes())
def test_a_recipe_survives_its_native_form(graph: Graph) -> None:
    assert (plain(graph), []) == read(write_native(graph))


@given(recipes())
def test_a_recipe_survives_yaml_and_json(graph: Graph) -> None:
    written = write_native(graph)

    assert (plain(graph), []) == graph_of(read_yaml(write_yaml(written)), "test")
    assert (plain(graph), []) == graph_of(read_json(write_json(written)), "test")
    assert (plain(graph), []) == read_graph(write_yaml(written).encode(), "test")
    assert (plain(graph), []) == read_graph(write_json(written).encode(), "test")


@given(recipes())
def test_a_recipe_survives_comfyui(graph: Graph) -> None:
    written = write_comfy(graph, lambda link: position(graph, REGISTRY, link))
    back, problems = graph_of(read_json(write_json(written)), "test")

    assert problems == []
    assert is_comfy(written)
    assert plain(graph) == plain(with_names(back, REGISTRY))
    assert check(graph, REGISTRY).graph == check(back, REGISTRY).graph


@given(recipes())
def test_a_checked_recipe_survives_both_formats_by_name(graph: Graph) -> None:
    sound = check(graph, REGISTRY).graph
    named = with_names(sound, REGISTRY)

    assert sound == check(read(write_native(named))[0], REGISTRY).graph
    prompt = write_comfy(named, lambda link: position(sound, REGISTRY, link))
    assert sound == check(read(prompt)[0], REGISTRY).graph


@given(texts)
@example("${a.b}")
@example("$${a.b}")
@example("$$$${a.b}")
@example("${inputs.x}")
@example("${}")
@example("${a}")
@example("before ${a.b} after")
@example("$")
def test_any_text_may_be_an_input(text: str) -> None:
    for value in (text, [text, "x"]):
        graph = Graph({"a": Node("Anything", {"text": value})})

        assert (graph, []) == read(write_native(graph))
        assert (graph, []) == read(write_comfy(graph, lambda _: 0))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${a.b}", Link("a", "b")),
        ("${a b.c d}", Link("a b", "c d")),
        ("${a.b.c}", Link("a.b", "c")),
        ("${inputs.b}", InputRef("b")),
        ("$${a.b}", "${a.b}"),
        ("$$${a.b}", "$${a.b}"),
        ("x${a.b}", "x${a.b}"),
        ("${a.b} ", "${a.b} "),
        ("$a.b", "$a.b"),
        ("$$", "$$"),
    ],
)
def test_a_reference_is_a_whole_text(written: str, meant: object) -> None:
    graph, problems = read({"nodes": {"n": {"node": "Anything", "x": written}}})

    assert {"x": meant} == graph.nodes["n"].inputs
    assert problems == []


DECLARED: Mapping[str, tuple[dict[str, Any], InputSpec]] = {
    "image": (
        {"type": "image", "about": "The picture."},
        InputSpec("image", "image|text", resource="picture", about="The picture."),
    ),
    "mask": ({"type": "mask"}, InputSpec("mask", "mask|image|text", resource="picture")),
    "text": (
        {"type": "text", "default": ""},
        InputSpec("text", "text", required=False, default=""),
    ),
    "choice": (
        {"type": "text", "choices": ["a", "b"], "default": "a"},
        InputSpec("choice", "text", required=False, default="a", choices=("a", "b")),
    ),
    "int": (
        {"type": "int", "min": 0, "max": 9, "unit": "px"},
        InputSpec("int", "int", minimum=0, maximum=9, unit="px"),
    ),
    "float": (
        {"type": "float", "default": 0.5},
        InputSpec("float", "float", required=False, default=0.5),
    ),
    "bool": (
        {"type": "bool", "default": False},
        InputSpec("bool", "bool", required=False, default=False),
    ),
    "seed": (
        {"type": "seed", "default": -1},
        InputSpec(
            "seed",
            "int",
            required=False,
            default=-1,
            minimum=-1,
            maximum=2**53 - 1,
            resource="seed",
        ),
    ),
    "sides": (
        {"type": "list", "items": ["left", "right"], "default": ["left"]},
        InputSpec(
            "sides",
            "list",
            required=False,
            default=["left"],
            choices=("left", "right"),
            items="text",
        ),
    ),
    "numbers": ({"type": "list", "items": "int"}, InputSpec("numbers", "list", items="int")),
    "list": ({"type": "list"}, InputSpec("list", "list")),
    "nothing": ({"type": "text", "default": None}, InputSpec("nothing", "text", required=False)),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_input_is_read_and_written(name: str) -> None:
    written, spec = DECLARED[name]
    graph, problems = read({"inputs": {name: written}, "nodes": {}})

    assert ({name: spec}, []) == (graph.inputs, problems)
    again = write_native(graph)["inputs"][name]
    assert written == again
    assert list(written) == [key for key in again if key in written]


def test_a_node_may_use_a_recipe_and_have_a_title() -> None:
    document = {
        "paintgraph": 1,
        "nodes": {"a": {"recipe": "inpaint", "_title": "Paint", "image": "x.png"}},
        "outputs": {"image": "${a.image}"},
    }
    graph, problems = read(document)

    assert problems == []
    assert {"a": Node("recipe/inpaint", {"image": "x.png"}, "Paint")} == graph.nodes
    assert document == write_native(graph)


FIELDS = st.from_regex(r"\$*(node|recipe|_title|nodes|type)", fullmatch=True)
CLASHING = FIELDS | st.text(min_size=1)


@given(inputs=st.dictionaries(CLASHING, st.integers() | st.text(), min_size=1))
@example(inputs={"node": 1, "$node": 2, "$$node": 3, "recipe": 4, "_title": "5", "$": 6})
def test_an_input_may_be_called_like_a_field_of_the_node(inputs: dict[str, object]) -> None:
    graph = Graph({"a": Node("Pack: it", inputs, "Its title"), "b": Node("recipe/it", inputs)})
    written = write_native(graph)
    prompt = write_comfy(graph, lambda link: int(link.output))

    assert read(written)[0].nodes == graph.nodes
    assert (written["nodes"]["a"]["node"], written["nodes"]["b"]["recipe"]) == ("Pack: it", "it")
    assert read(prompt)[0].nodes == graph.nodes


def test_faults_of_such_an_input_are_found_by_its_name_and_place() -> None:
    text = "nodes:\n  a: {node: Pack, $node: 1, $_title: '${b.c}'}\noutputs: {it: '${a.it}'}\n"
    spec = NodeSpec(
        "Pack", "Pack", "test", "It.", (InputSpec("node", "text"), InputSpec("_title", "text")), ()
    )
    registry = Registry()
    registry.add(Declaration(spec, lambda *_: None))
    graph, problems = read_graph(text.encode(), "it.yaml")

    found = check(graph, registry, problems).problems

    nowhere = "but there is no such node. Add the node or change the link."
    assert [(p.input, p.pointer, p.place, p.message) for p in found][:2] == [
        ("node", "/nodes/a/$node", (2, 26),
         "node 'a' (Pack): node is 1; allowed is text. Quote it."),
        ("_title", "/nodes/a/$_title", (2, 38),
         f"node 'a' (Pack): _title links to 'b', {nowhere}"),
    ]  # fmt: skip
    validator = Draft7Validator(node_schema(spec))
    assert validator.is_valid({"node": "Pack", "$node": "x", "$_title": "x", "_title": "Mine"})
    assert not validator.is_valid({"node": "Pack", "_title": "x"})


def test_null_is_a_literal() -> None:
    graph, problems = read({"nodes": {"a": {"node": "Choose", "when_true": None}}})

    assert (graph.nodes["a"].inputs, problems) == ({"when_true": None}, [])
    assert graph == read(write_native(graph))[0]


def test_a_comfyui_prompt_is_read() -> None:
    graph, problems = read(
        {
            "3": {
                "class_type": "Add",
                "inputs": {"a": ["7", 0], "b": {"__value__": ["7", 0]}, "c": [1, 2]},
                "_meta": {"title": "Sum"},
            },
            "7": {"class_type": "Number", "inputs": {"value": 5}},
        }
    )

    assert problems == []
    inputs = {"a": Link("7", 0), "b": ["7", 0], "c": [1, 2]}
    assert {"3": Node("Add", inputs, "Sum"), "7": Node("Number", {"value": 5})} == graph.nodes


@pytest.mark.parametrize(
    "value",
    [["7", 0.5], ["7", float("inf")], ["7", float("nan")], ["7", True], ["7"], ["7", 0, 0], [7, 0]],
)
def test_a_list_that_is_no_pair_of_node_and_position_is_a_list(value: list[Any]) -> None:
    graph, _ = read({"3": {"class_type": "Add", "inputs": {"a": value}}})

    assert value is graph.nodes["3"].inputs["a"]


def test_a_literal_list_is_wrapped_in_a_prompt_so_that_it_is_no_link() -> None:
    graph = Graph({"3": Node("Add", {"a": ["7", 0]})})
    written = write_comfy(graph, lambda _: 0)

    assert written["3"]["inputs"] == {"a": {"__value__": ["7", 0]}}
    assert read(written) == (graph, [])


@pytest.mark.parametrize(
    "meta",
    [
        5,
        {},
        {"title": 5},
        {"paintgraph": 5},
        {"paintgraph": {"references": 5}},
        {"paintgraph": {"references": {"a": 5}}},
        {"paintgraph": {"references": {"a": "no reference"}}},
        {"paintgraph": {"references": {"other": "${inputs.x}"}}},
        {"paintgraph": {"references": {"a": "${7.sum}"}}},
        {"paintgraph": {"recipe": 5}},
    ],
)
def test_what_others_write_into_meta_does_no_harm(meta: object) -> None:
    prompt = {"3": {"class_type": "Add", "inputs": {"a": 4}, "_meta": meta}}

    assert (Graph({"3": Node("Add", {"a": 4})}), []) == read(prompt)


def test_a_native_recipe_is_told_from_a_prompt_by_its_content() -> None:
    assert is_comfy({"1": {"class_type": "Add", "inputs": {}}})
    assert not is_comfy({"paintgraph": 1, "nodes": {"class_type": {"node": "Add"}}})
    assert not is_comfy({"nodes": {"a": {"node": "Add"}}})
    assert not is_comfy([])
    assert not is_comfy({})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"nodes: {a: {node: Add}}", "Add"),
        (b'{"nodes": {"a": {"node": "Add"}}}', "Add"),
        (b'\xef\xbb\xbf {"a": {"class_type": "Add", "inputs": {}}}', "Add"),
        (b"a: {class_type: Add, inputs: {}}", "Add"),
    ],
)
def test_the_form_of_a_text_is_recognised_by_its_content(text: bytes, kind: str) -> None:
    graph, problems = read_graph(text, "test")

    assert ([], kind) == (problems, graph.nodes["a"].kind)


def test_readers_do_not_mind_any_document() -> None:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
    names = st.sampled_from(
        ["nodes", "inputs", "outputs", "node", "recipe", "class_type", "_meta", "type", "a"]
    )
    trees = st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=12
    )

    @given(st.dictionaries(names | texts, trees))
    def reads(value: dict[str, Any]) -> None:
        for reader in (read_native, read_comfy):
            graph, problems = reader(Document(value), "test")
            check(graph, REGISTRY, problems)

    reads()


def test_texts_are_compared_by_what_they_look_like() -> None:
    apart = unicodedata.normalize("NFD", "é")
    graph = check(Graph({"a": Node("Length", {"text": apart})}), REGISTRY).graph

    assert {"text": unicodedata.normalize("NFC", "é")} == graph.nodes["a"].inputs


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{type: text, choices: abc}", "'inputs.a.choices' is 'abc'; allowed is a list of texts"),
        ("{type: list, items: integer}", "'inputs.a.items' is 'integer'; allowed is one of text"),
    ],
)
def test_a_wrong_field_of_a_declared_input_is_never_passed_over(
    declared: str, message: str
) -> None:
    _, problems = read_graph(f"inputs: {{a: {declared}}}\nnodes: {{}}".encode(), "recipe")

    (problem,) = problems
    assert problem.code == "wrong_shape"
    assert problem.message.startswith(message)
