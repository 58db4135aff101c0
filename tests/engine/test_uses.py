"""Whether other node types serve a graph is known without the graph: by how it uses its own."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from hypothesis import assume, example, given
from hypothesis import strategies as st

from paintgraph.base.text.document import Document
from paintgraph.engine.execution.foreseeing import foresee
from paintgraph.engine.graph.formats.native import read_native, write_native
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.spec import InputSpec, NodeSpec, OutputSpec, When
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.graph.uses import Declared
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import NO_BINDERS
from paintgraph.engine.recipes.checking import check

CHOICES = ("x", "y")


def never(_: Context, inputs: Mapping[str, Any]) -> object:
    raise RuntimeError(f"nothing runs: {inputs}")


def registry(*specs: NodeSpec) -> Registry:
    made = Registry()
    for spec in specs:
        made.add(Declaration(spec, never))
    return made


def declared(name: str, choices: tuple[str, ...], *, required: bool) -> InputSpec:
    default = None if required else (choices or ("anything",))[0]
    return InputSpec(name, "text", required, default, choices=choices)


def spec_of(inputs: tuple[InputSpec, ...] = (), outputs: tuple[str, ...] = ("o",)) -> NodeSpec:
    return NodeSpec("N", "N", "test", "", inputs, tuple(OutputSpec(o, "text") for o in outputs))


inputs = st.builds(
    declared,
    st.sampled_from("abc"),
    st.sampled_from([(), CHOICES, CHOICES[:1], CHOICES[::-1]]),
    required=st.booleans(),
)
specs = st.builds(
    spec_of,
    st.lists(inputs, max_size=3, unique_by=lambda one: one.name).map(tuple),
    st.sampled_from([("o",), ("o", "p"), ("p", "o")]),
)


def lacks(there: NodeSpec, graph: Graph, here: Registry) -> list[str]:
    """What another declaration does not have, by what a store keeps of a graph."""
    uses = foresee(graph, here, NO_BINDERS, lambda *_: None).uses
    return [*Declared([there.to_json()]).lacks(orjson.loads(orjson.dumps(uses)))]


def problems(there: NodeSpec, graph: Graph, here: Registry) -> Iterator[str]:
    """What a worker finds wrong with a graph that was accepted by another declaration."""
    document = orjson.loads(orjson.dumps(write_native(with_names(graph, here))))
    read, found = read_native(Document(document), "job")
    yield from (problem.message for problem in check(read, registry(there), found).errors)


@given(specs, specs, st.dictionaries(st.sampled_from("abc"), st.sampled_from(CHOICES)))
@example(spec_of((declared("a", (), required=False),)), spec_of(), {})
@example(spec_of((declared("a", CHOICES, required=True),)), spec_of(), {"a": "y"})
@example(spec_of(), spec_of((declared("a", (), required=True),)), {})
def test_what_is_served_has_no_faults_there_and_what_is_not_has_some(
    here: NodeSpec, there: NodeSpec, values: dict[str, str]
) -> None:
    own = registry(here)
    graph = Graph({"n": Node("N", values)}, outputs={"out": Link("n", "o")})
    checked = check(graph, own)
    assume(not checked.errors)

    found = lacks(there, checked.graph, own)

    faults = [*problems(there, checked.graph, own)]
    if not found:
        assert faults == []
    elif "with the output" not in found[0]:  # all of these count, though few are read
        assert faults != []


def test_what_is_lacking_is_said_in_words() -> None:
    choice = declared("a", CHOICES, required=False)
    own = registry(spec_of((choice,), ("o", "p")))
    graph = Graph({"n": Node("N", {"a": "y"}), "m": Node("N", {"a": "x"})})

    def said(inputs: tuple[InputSpec, ...], *outputs: str) -> list[str]:
        return lacks(spec_of(inputs, outputs), graph, own)

    more = declared("c", (), required=True)
    assert said((choice,), "p", "o") == []
    assert said((), "o") == ["the node 'N' with the input 'a'"]
    assert said((declared("a", ("x",), required=False),), "o", "p") == [
        "the node 'N' with 'y' as its a"
    ]
    assert said((choice, more), "o", "p") == ["the node 'N' without the input 'c'"]
    assert said((choice,), "o") == ["the node 'N' with the output 'p'"]
    uses = foresee(graph, own, NO_BINDERS, lambda *_: None).uses
    assert [*Declared([]).lacks(uses)] == ["the node 'N'"]
    conditional = InputSpec("c", "text", when=When("a", ("z",)))
    assert said((choice, conditional), "o", "p") == []


def test_inputs_that_name_files_or_models_may_be_given_anything() -> None:
    """Which there are differs by machine; nodes of packs are held to nothing."""
    named = InputSpec("a", "text", choices=CHOICES, resource="fill:any")
    own = registry(spec_of((named,)))
    graph = Graph({"n": Node("N", {"a": "x"})})

    assert (
        lacks(spec_of((InputSpec("a", "text", choices=("y",), resource="fill:any"),)), graph, own)
        == []
    )
    open_one = NodeSpec("N", "N", "test", "", (), (), is_open=True)
    assert lacks(open_one, graph, own) == []
