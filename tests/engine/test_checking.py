"""Every fault of a graph: what is said of it, and where it is said to be."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from paintgraph.base.errors import Place, Problem
from paintgraph.base.text.writers import write_json
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import accepts
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import within_time

REGISTRY = Registry(fake_nodes.FUNCTIONS, {"KSampler": "InpaintSampler"})


class Fault(NamedTuple):
    """A graph in YAML with one fault, and the whole of what is said of it."""

    text: str
    code: str
    message: str
    pointer: str
    place: tuple[int, int]
    node: str | None = None
    input: str | None = None
    outputs: tuple[str, ...] = ("x",)


FAULTS = {
    "a required input is missing": Fault(
        "nodes:\n  h: {node: Half}\noutputs: {x: '${h.half}'}\n",
        "missing_input",
        "node 'h' (Half): value is missing; it needs a number. Add it.",
        "/nodes/h",
        (2, 6),
        "h",
        "value",
    ),
    "a misspelt node type": Fault(
        "nodes:\n  h: {node: Numbr}\noutputs: {x: '${h.sum}'}\n",
        "unknown_node",
        "node 'h' (Numbr): there is no node type 'Numbr'. Did you mean 'Number'?",
        "/nodes/h",
        (2, 6),
        "h",
    ),
    "an unknown node type": Fault(
        "nodes:\n  h: {node: Xyzzy}\noutputs: {x: '${h.sum}'}\n",
        "unknown_node",
        "node 'h' (Xyzzy): there is no node type 'Xyzzy'. 'paintgraph nodes' lists them.",
        "/nodes/h",
        (2, 6),
        "h",
    ),
    "a node type of another tool": Fault(
        "nodes:\n  h: {node: KSampler}\noutputs: {x: '${h.sum}'}\n",
        "replaced_node",
        "node 'h' (KSampler): 'KSampler' does not exist here. Use InpaintSampler.",
        "/nodes/h",
        (2, 6),
        "h",
    ),
    "an unknown recipe": Fault(
        "nodes:\n  h: {recipe: foo}\noutputs: {x: '${h.sum}'}\n",
        "unknown_recipe",
        "node 'h' (recipe/foo): there is no recipe 'foo'. 'paintgraph recipes' lists them.",
        "/nodes/h",
        (2, 6),
        "h",
    ),
    "a misspelt input": Fault(
        "nodes:\n  h: {node: Number, valu: 5}\noutputs: {x: '${h.sum}'}\n",
        "unknown_input",
        "node 'h' (Number): no input 'valu'; allowed are value. Did you mean 'value'?",
        "/nodes/h/valu",
        (2, 27),
        "h",
        "valu",
    ),
    "a literal where only a link will do": Fault(
        "nodes:\n  h: {node: Unwrap, box: 5}\noutputs: {x: '${h.sum}'}\n",
        "needs_link",
        "node 'h' (Unwrap): box is 5; it takes no literal but a link to an output of type box. "
        "Link it; Wrap gives one.",
        "/nodes/h/box",
        (2, 26),
        "h",
        "box",
    ),
    "a literal of a wrong type": Fault(
        "nodes:\n  h: {node: Number, value: five}\noutputs: {x: '${h.sum}'}\n",
        "wrong_type",
        "node 'h' (Number): value is 'five'; allowed is a whole number.",
        "/nodes/h/value",
        (2, 28),
        "h",
        "value",
    ),
    "an entry of a wrong type": Fault(
        "nodes:\n  h: {node: Pick, sides: [left, 5]}\noutputs: {x: '${h.text}'}\n",
        "wrong_type",
        "node 'h' (Pick): an entry of sides is 5; allowed is text. Quote it.",
        "/nodes/h/sides",
        (2, 26),
        "h",
        "sides",
    ),
    "a list where anything plain is allowed": Fault(
        "nodes:\n  h: {node: Show, value: [1, 2]}\n",
        "wrong_type",
        "node 'h' (Show): value is a list of 2; allowed are plain values.",
        "/nodes/h/value",
        (2, 26),
        "h",
        "value",
        ("h",),
    ),
    "a misspelt choice": Fault(
        "nodes:\n  h: {node: Split, value: 1, at: halve}\noutputs: {x: '${h.low}'}\n",
        "not_a_choice",
        "node 'h' (Split): at is 'halve'; allowed are half, third. Did you mean 'half'?",
        "/nodes/h/at",
        (2, 34),
        "h",
        "at",
    ),
    "a misspelt choice in a list": Fault(
        "nodes:\n  h: {node: Pick, sides: [left, rigth]}\noutputs: {x: '${h.text}'}\n",
        "not_a_choice",
        "node 'h' (Pick): sides has 'rigth'; allowed are left, right. Did you mean 'right'?",
        "/nodes/h/sides",
        (2, 26),
        "h",
        "sides",
    ),
    "a number out of range": Fault(
        "nodes:\n  h: {node: Number, value: 2000000}\noutputs: {x: '${h.sum}'}\n",
        "out_of_range",
        "node 'h' (Number): value is 2000000; allowed is -1000000 to 1000000 px.",
        "/nodes/h/value",
        (2, 28),
        "h",
        "value",
    ),
    "a link of a wrong type": Fault(
        "nodes:\n  n: {node: Number}\n  h: {node: Unwrap, box: '${n.sum}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "type_mismatch",
        "node 'h' (Unwrap): box takes a box, but 'n.sum' (Number) is a whole number. "
        "Put Wrap between.",
        "/nodes/h/box",
        (3, 26),
        "h",
        "box",
    ),
    "a picture's name where a picture is wanted": Fault(
        "inputs: {n: {type: image}}\nnodes:\n  h: {node: Unwrap, box: '${inputs.n}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "type_mismatch",
        "node 'h' (Unwrap): box takes a box, but the recipe's input 'n' is the name of a "
        "picture. No node turns one into the other. Link a box.",
        "/nodes/h/box",
        (3, 26),
        "h",
        "box",
    ),
    "a recipe's input of a wrong type": Fault(
        "inputs: {n: {type: text}}\nnodes:\n  h: {node: Add, a: '${inputs.n}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "type_mismatch",
        "node 'h' (Add): a takes a whole number, but the recipe's input 'n' is text. "
        "Change its type to int.",
        "/nodes/h/a",
        (3, 21),
        "h",
        "a",
    ),
    "a link to a misspelt node": Fault(
        "nodes:\n  number: {node: Number}\n"
        "  h: {node: Add, a: '${numbr.sum}', b: '${number.sum}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "unknown_link",
        "node 'h' (Add): a links to 'numbr', but there is no such node. Did you mean 'number'?",
        "/nodes/h/a",
        (3, 21),
        "h",
        "a",
    ),
    "a link to nowhere": Fault(
        "nodes:\n  h: {node: Add, a: '${xyzzy.sum}'}\noutputs: {x: '${h.sum}'}\n",
        "unknown_link",
        "node 'h' (Add): a links to 'xyzzy', but there is no such node. "
        "Add the node or change the link.",
        "/nodes/h/a",
        (2, 21),
        "h",
        "a",
    ),
    "a link to a misspelt output": Fault(
        "nodes:\n  n: {node: Split, value: 1}\n  h: {node: Add, a: '${n.hihg}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "unknown_output",
        "node 'h' (Add): a links to output 'hihg' of 'n' (Split); it has low, high. "
        "Did you mean 'high'?",
        "/nodes/h/a",
        (3, 21),
        "h",
        "a",
    ),
    "a misspelt input of the recipe": Fault(
        "inputs: {amount: {type: int}}\nnodes:\n  h: {node: Add, a: '${inputs.amont}'}\n"
        "outputs: {x: '${h.sum}'}\n",
        "unknown_reference",
        "node 'h' (Add): a refers to the recipe's input 'amont', which is not declared. "
        "Did you mean 'amount'?",
        "/nodes/h/a",
        (3, 21),
        "h",
        "a",
    ),
    "a cycle": Fault(
        "nodes:\n  a: {node: Add, a: '${c.sum}'}\n  b: {node: Add, a: '${a.sum}'}\n"
        "  c: {node: Add, a: '${b.sum}'}\noutputs: {x: '${c.sum}'}\n",
        "cycle",
        "the graph has a cycle: a -> b -> c -> a; nodes must not wait for each other. Cut a link.",
        "/nodes/a",
        (2, 6),
        "a",
    ),
    "no output": Fault(
        "nodes:\n  a: {node: Add}\n",
        "no_outputs",
        "the graph has no output; a run needs a result to reach. Name one under outputs, or add a "
        "node that saves or shows, such as SaveImage.",
        "",
        (1, 1),
        outputs=(),
    ),
    "an output of a misspelt node": Fault(
        "nodes:\n  number: {node: Number}\noutputs:\n  y: '${numbr.sum}'\n  x: '${number.sum}'\n",
        "unknown_link",
        "output 'y' links to 'numbr', but there is no such node. Did you mean 'number'?",
        "/outputs/y",
        (4, 6),
        outputs=("y",),
    ),
    "a misspelt output of a node": Fault(
        "nodes:\n  a: {node: Add}\noutputs:\n  x: '${a.summ}'\n",
        "unknown_output",
        "output 'x' links to output 'summ' of 'a' (Add); it has sum. Did you mean 'sum'?",
        "/outputs/x",
        (4, 6),
    ),
    "an output that is no reference": Fault(
        "nodes:\n  a: {node: Add}\noutputs:\n  x: a.sum\n",
        "bad_output",
        "output 'x' is 'a.sum'; allowed is a reference such as \"${node.output}\". "
        "Name the node and its output.",
        "/outputs/x",
        (4, 6),
    ),
    "a later version": Fault(
        "paintgraph: 2\nnodes:\n  a: {node: Add}\noutputs: {x: '${a.sum}'}\n",
        "unknown_version",
        "the version is 2; this program reads version 1. Use a newer paintgraph.",
        "/paintgraph",
        (1, 13),
        outputs=(),
    ),
    "a node without type": Fault(
        "nodes:\n  a: {b: 5}\noutputs: {x: '${a.sum}'}\n",
        "bad_node",
        "node 'a' has neither 'node' nor 'recipe'; each node names its type in one of them. "
        "Write e.g. node: LoadImage.",
        "/nodes/a",
        (2, 6),
        "a",
    ),
    "a node of two types": Fault(
        "nodes:\n  a: {node: Add, recipe: x}\noutputs: {x: '${a.sum}'}\n",
        "bad_node",
        "node 'a' has both 'node' and 'recipe'; each node names its type in one of them. "
        "Write e.g. node: LoadImage.",
        "/nodes/a",
        (2, 6),
        "a",
    ),
    "a node whose name cannot be referred to": Fault(
        "nodes:\n  inputs: {node: Show, value: 1}\n",
        "bad_id",
        "node 'inputs' cannot be referred to; allowed is any name without braces but 'inputs'. "
        "Rename it.",
        "/nodes/inputs",
        (2, 11),
        "inputs",
        outputs=("inputs",),
    ),
    "a reference inside a list": Fault(
        "nodes:\n  a: {node: Show, value: 1}\n  b: {node: JoinTexts, texts: ['${a.sum}']}\n"
        "outputs: {x: '${b.text}'}\n",
        "nested_reference",
        "node 'b': texts has a reference inside a list; a reference is the whole value of an "
        "input. Make the list an input of the recipe.",
        "/nodes/b/texts",
        (3, 31),
        "b",
        "texts",
    ),
    "a reference without an output": Fault(
        "nodes:\n  b: {node: Length, text: '${a}'}\noutputs: {x: '${b.sum}'}\n",
        "bad_reference",
        "node 'b': text is '${a}'; a reference names a node and its output, such as "
        '"${node.output}". Name both, or write $$ if it is a text.',
        "/nodes/b/text",
        (2, 27),
        "b",
        "text",
    ),
    "a declared input of an unknown type": Fault(
        "inputs:\n  k: {type: imagee}\nnodes:\n  a: {node: Add}\noutputs: {x: '${a.sum}'}\n",
        "unknown_type",
        "input 'k' has the type 'imagee'; allowed are image, mask, text, int, float, bool, list, "
        "seed. Did you mean 'image'?",
        "/inputs/k/type",
        (2, 13),
        input="k",
        outputs=(),
    ),
    "a default of a wrong type": Fault(
        "inputs:\n  k: {type: int, default: many}\nnodes:\n  a: {node: Add, a: '${inputs.k}'}\n"
        "outputs: {x: '${a.sum}'}\n",
        "wrong_type",
        "input 'k': the default of k is 'many'; allowed is a whole number.",
        "/inputs/k/default",
        (2, 27),
        input="k",
        outputs=(),
    ),
    "a number where a mapping belongs": Fault(
        "nodes:\n  a: 5\n  b: {node: Show, value: 1}\n",
        "wrong_shape",
        "'nodes.a' is 5; allowed is a mapping. Write 'name: value' lines.",
        "/nodes/a",
        (2, 6),
        "a",
        outputs=(),
    ),
    "a number where text belongs": Fault(
        "nodes:\n  a: {node: 5}\noutputs: {x: '${a.sum}'}\n",
        "wrong_shape",
        "'nodes.a.node' is 5; allowed is text. Quote it.",
        "/nodes/a/node",
        (2, 13),
        "a",
    ),
    "text where a number belongs": Fault(
        "inputs:\n  k: {type: int, min: low}\nnodes:\n  a: {node: Add}\noutputs: {x: '${a.sum}'}\n",
        "wrong_shape",
        "'inputs.k.min' is 'low'; allowed is a number.",
        "/inputs/k/min",
        (2, 23),
        outputs=(),
    ),
    "an unknown field": Fault(
        "node: {}\nnodes:\n  a: {node: Add}\noutputs: {x: '${a.sum}'}\n",
        "unknown_field",
        "the recipe has no field 'node'; allowed are paintgraph, about, keywords, metadata, graph, "
        "inputs, nodes, outputs, editor, made, bound. "
        "Did you mean 'nodes'?",
        "/node",
        (1, 7),
        outputs=(),
    ),
}


def problems_of(text: str) -> tuple[Problem, ...]:
    """All problems of a text."""
    graph, problems = read_graph(text.encode(), "test")
    return check(graph, REGISTRY, problems).problems


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_with_its_place_and_what_it_costs(fault: Fault) -> None:
    errors = [p for p in problems_of(fault.text) if p.severity == "error"]

    assert [fault.message] == [problem.message for problem in errors]
    (problem,) = errors
    assert fault.code == problem.code
    assert (fault.node, fault.input) == (problem.node, problem.input)
    assert (fault.pointer, fault.place) == (problem.pointer, problem.place)
    assert fault.outputs == problem.outputs


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_the_same_fault_is_found_in_json(fault: Fault) -> None:
    text = write_json(read_yaml(fault.text).value)
    errors = [p for p in problems_of(text) if p.severity == "error"]

    assert [(fault.code, fault.message, fault.pointer)] == [
        (p.code, p.message, p.pointer) for p in errors
    ]
    assert all(p.place is not None for p in errors)
    lines = text.splitlines()
    (problem,) = errors
    place = problem.place or Place(0, 0)
    last = problem.pointer.rsplit("/", 1)[-1]
    assert f'"{last}": ' == lines[place.line - 1][: place.column - 1].lstrip() or not last


COMFY_FAULTS = [
    (
        '{\n "a": {"class_type": "Numbr",\n  "inputs": {}}}',
        "unknown_node",
        "node 'a' (Numbr): there is no node type 'Numbr'. Did you mean 'Number'?",
        ("/a", (2, 7)),
    ),
    (
        '{\n "a": {"class_type": "Number",\n  "inputs": {"value": "x"}}}',
        "wrong_type",
        "node 'a' (Number): value is 'x'; allowed is a whole number.",
        ("/a/inputs/value", (3, 23)),
    ),
    (
        '{\n "a": {"class_type": "Add",\n  "inputs": {"a": ["b", 0]}}}',
        "unknown_link",
        (
            "node 'a' (Add): a links to 'b', but there is no such node. "
            "Add the node or change the link."
        ),
        ("/a/inputs/a", (3, 19)),
    ),
    (
        (
            '{\n "n": {"class_type": "Number", "inputs": {}},\n'
            ' "a": {"class_type": "Add",\n  "inputs": {"a": ["n", 1]}}}'
        ),
        "unknown_output",
        "node 'a' (Add): a links to output '1' of 'n' (Number); it has sum.",
        ("/a/inputs/a", (4, 19)),
    ),
    (
        (
            '{\n "s": {"class_type": "Show", "inputs": {"value": 1}},\n'
            ' "a": {"class_type": 5, "inputs": {}}}'
        ),
        "wrong_shape",
        "node 'a' has the class_type 5; allowed is a node's name.",
        ("/a", (3, 7)),
    ),
    (
        (
            '{\n "s": {"class_type": "Show", "inputs": {"value": ["a", 0]}},\n'
            ' "a": {"class_type": "Add", "inputs": []}}'
        ),
        "wrong_shape",
        "node 'a' has the inputs a list of 0; allowed is a mapping, empty if none.",
        ("/a", (3, 7)),
    ),
]


@pytest.mark.parametrize(("text", "code", "message", "where"), COMFY_FAULTS)
def test_a_fault_of_a_comfyui_prompt_is_told_with_its_place(
    text: str, code: str, message: str, where: tuple[str, tuple[int, int]]
) -> None:
    errors = [p for p in problems_of(text) if p.severity == "error" and p.code != "no_outputs"]

    assert [(code, message, where)] == [(p.code, p.message, (p.pointer, p.place)) for p in errors]


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [
        (
            "a: 5\n",
            "no_graph",
            (
                "the text is a mapping with a, but no graph; allowed are a recipe (a mapping with "
                "nodes and outputs), a ComfyUI prompt in API format, a workflow of ComfyUI's "
                "editor, and a picture that carries one of them. Name such a file."
            ),
            (1, 1),
        ),
        ("", "empty", "the text is empty; a value is needed. Write one.", (1, 1)),
    ],
)
def test_a_text_that_is_no_graph_is_refused(
    text: str, code: str, message: str, place: tuple[int, int]
) -> None:
    with pytest.raises(GraphError) as caught:
        read_graph(text.encode(), "test")

    assert [(code, message, place)] == [(p.code, p.message, p.place) for p in caught.value.problems]


def test_all_faults_are_told_at_once_in_the_order_of_the_text() -> None:
    text = """\
inputs:
  k: {type: imagee}
nodes:
  a: {node: Numbr, value: '${nowhere.sum}'}
  b: {node: Half}
  c: {node: Add, a: '${b.hal}', b: five, c: 1}
  d: {node: Split, value: 1, at: halve}
  e: {node: Unwrap, box: '${d.low}'}
  f: {node: Number, value: 2000000}
  g: {node: Add, a: '${inputs.kk}', b: '${g.sum}'}
outputs:
  x: '${g.sum}'
  y: '${c.summ}'
"""
    told = [(p.code, p.place and p.place.line) for p in problems_of(text) if p.severity == "error"]

    assert told == [
        ("unknown_type", 2),
        ("unknown_node", 4),
        ("unknown_link", 4),
        ("missing_input", 5),
        ("unknown_output", 6),
        ("wrong_type", 6),
        ("unknown_input", 6),
        ("not_a_choice", 7),
        ("type_mismatch", 8),
        ("out_of_range", 9),
        ("cycle", 10),
        ("unknown_reference", 10),
        ("unknown_output", 13),
    ]


def test_a_fault_names_all_outputs_that_need_its_node_and_no_other() -> None:
    text = """\
nodes:
  bad: {node: Number, value: five}
  half: {node: Half, value: '${bad.sum}'}
  fine: {node: Number, value: 5}
  show: {node: Show, value: '${half.half}'}
outputs:
  one: '${half.half}'
  two: '${bad.sum}'
  three: '${fine.sum}'
"""
    (problem,) = problems_of(text)

    assert problem.outputs == ("one", "two", "show")


@pytest.mark.parametrize("literal", ["true", "5", "0.5", "five", "null"])
def test_an_input_of_any_type_takes_each_plain_value(literal: str) -> None:
    assert not problems_of(f"nodes:\n  h: {{node: Show, value: {literal}}}\n")


def test_a_node_that_nothing_needs_is_a_warning() -> None:
    text = "nodes:\n  a: {node: Add}\n  b: {node: Add}\noutputs: {x: '${a.sum}'}\n"
    (problem,) = problems_of(text)

    assert (
        problem.code,
        problem.severity,
        problem.place,
        problem.outputs,
    ) == ("unreachable", "warning", (3, 6), ())
    assert (
        problem.message
        == "node 'b' (Add) is not needed for any output and will not run. Use its result."
    )


def test_a_problem_is_plain_data_for_programs() -> None:
    (problem,) = problems_of(FAULTS["a misspelt input"].text)

    assert {
        "code": "unknown_input",
        "message": FAULTS["a misspelt input"].message,
        "severity": "error",
        "node": "h",
        "input": "valu",
        "pointer": "/nodes/h/valu",
        "outputs": ["x"],
        "line": 2,
        "column": 27,
    } == problem.to_json()


def test_a_pointer_escapes_slashes_and_tildes() -> None:
    assert Problem("code", "", path=("nodes", "a/b~c", 0)).pointer == "/nodes/a~1b~0c/0"


def test_errors_are_raised_together() -> None:
    graph = Graph({"a": Node("Add", {"a": "x", "b": "y"})}, outputs={"x": Link("a", 0)})

    with pytest.raises(GraphError) as caught:
        check(graph, REGISTRY).sound()

    assert len(caught.value.problems) == 2
    assert len(str(caught.value).splitlines()) == 2


def test_thousands_of_faults_at_thousands_of_outputs_are_told_soon() -> None:
    nodes = {f"n{number}": Node("Show", {}) for number in range(10_000)}
    began = time.process_time()
    problems = check(Graph(nodes), REGISTRY).problems

    assert [problem.outputs for problem in problems] == [(id_,) for id_ in nodes]
    assert time.process_time() - began < 5


def test_a_sound_graph_has_defaults_positions_and_canonical_literals() -> None:
    nodes = {
        "n": Node("Number", {"value": 5.0}),
        "w": Node("Wait", {"seconds": 0, "value": Link("n", "sum")}),
    }
    sound = check(Graph(nodes, outputs={"x": Link("w", "sum")}), REGISTRY).sound()

    assert sound.nodes["n"].inputs == {"value": 5}
    assert (
        repr(list(sound.nodes["w"].inputs.items()))
        == "[('value', Link(node='n', output=0)), ('seconds', 0.0)]"
    )
    assert {"x": Link("w", 0)} == sound.outputs
    assert repr(sound.nodes["n"].inputs["value"]) == "5"


@pytest.mark.parametrize("value", [-1_000_000, 0, 1_000_000, 1_000_000.0])
def test_both_bounds_are_allowed(value: float) -> None:
    graph = Graph({"n": Node("Number", {"value": value})}, outputs={"x": Link("n", 0)})

    assert check(graph, REGISTRY).problems == ()


def test_targets_are_outputs_and_what_saves_or_shows() -> None:
    nodes = {
        "a": Node("Add", {}),
        "b": Node("Add", {"a": 5}),
        "show": Node("Show", {"value": 1}),
        "named": Node("Show", {"value": 2}),
    }
    outputs: Mapping[str, Link | InputRef] = {"x": Link("a", 0), "show": Link("b", 0)}

    assert targets_of(Graph(nodes, outputs=outputs), REGISTRY) == {
        "x": "a",
        "show": "b",
        "node show": "show",
        "named": "named",
    }


@pytest.mark.parametrize(
    ("wanted", "given", "is_taken"),
    [
        ("int", "int", True),
        ("float", "int", True),
        ("int", "float", False),
        ("any", "box", True),
        ("box", "any", True),
        ("image|text", "text", True),
        ("text", "image|text", True),
        ("image|text", "mask", False),
        ("image|mask", "mask|text", True),
        ("text|float", "int", True),
        ("bool", "int", False),
        ("int", "bool", False),
    ],
)
def test_an_input_takes_what_one_of_its_types_takes(
    wanted: str,
    given: str,
    is_taken: bool,  # noqa: FBT001
) -> None:
    assert is_taken == accepts(wanted, given)


def test_a_chain_of_20_000_nodes_is_checked_without_recursion() -> None:
    nodes: dict[str, Node] = {"n0": Node("Number", {})}
    for i in range(1, 20_000):
        nodes[f"n{i}"] = Node("Add", {"a": Link(f"n{i - 1}", "sum")})
    graph = Graph(nodes, outputs={"x": Link("n19999", 0)})

    assert within_time(lambda: check(graph, REGISTRY)).problems == ()


def test_a_long_cycle_is_reported_in_short() -> None:
    nodes = {f"n{i}": Node("Add", {"a": Link(f"n{(i - 1) % 3000}", "sum")}) for i in range(3000)}
    graph = Graph(nodes, outputs={"x": Link("n0", 0)})
    problems = within_time(lambda: check(graph, REGISTRY)).problems

    assert [problem.code for problem in problems] == ["cycle"]
    assert "the graph has a cycle: n0 -> n1 -> n2" in problems[0].message
    assert "-> ... -> n0; nodes must not" in problems[0].message
    assert len(problems[0].message) < 300


def test_every_cycle_is_reported() -> None:
    nodes: dict[str, Any] = {
        "a": Node("Add", {"a": Link("a", 0)}),
        "b": Node("Add", {"a": Link("c", 0)}),
        "c": Node("Add", {"a": Link("b", 0)}),
    }
    graph = Graph(nodes, outputs={"x": Link("a", 0), "y": Link("c", 0)})

    assert [(problem.node, problem.outputs) for problem in check(graph, REGISTRY).problems] == [
        ("a", ("x",)),
        ("b", ("y",)),
    ]
