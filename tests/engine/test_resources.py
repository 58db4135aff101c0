"""Names of a catalogue: choices, checks, bound forms; what they name, the engine does not know."""

from typing import Annotated

import pytest

from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.coercion import NO_RESOURCES, Resources
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.declaration import Resource, node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders, bind, is_open
from paintgraph.engine.recipes.book import recipe_declaration
from paintgraph.engine.recipes.checking import check

KIND = "book:novel"
BOUND = "emma@sha256:" + "0" * 64


@node(title="Read", category="test")
def read(novel: Annotated[str, Resource(KIND), "Which novel."] = "emma") -> str:
    """Read a novel."""
    return novel


def missing(name: str) -> BindError | None:
    return None if name.startswith("emma") else BindError(f"'{name}' is lent out.", "lent_out")


def fixed(name: str) -> str:
    if (error := missing(name)) is not None:
        raise error
    return name if "@" in name else f"{name}@sha256:{'0' * 64}"


REGISTRY = Registry([read], choices=lambda: {KIND: ["emma", "persuasion"]})
CHECKS = {KIND: missing}
TEXT = """
inputs:
  title: {type: text, default: %s, about: Which.}
nodes:
  it: {node: Read, novel: "${inputs.title}"}
outputs:
  text: "${it.text}"
"""


def graph(text: str) -> Graph:
    read_, problems = read_graph(text.encode(), "test")
    assert problems == []
    return read_


def literal(name: str) -> Graph:
    return graph(f'nodes: {{it: {{node: Read, novel: {name}}}}}\noutputs: {{text: "${{it.text}}"}}')


def codes(text: Graph, resources: Resources = NO_RESOURCES) -> list[str]:
    return [problem.code for problem in check(text, REGISTRY, (), resources).errors]


def test_a_name_is_one_of_the_choices_alone_or_bound() -> None:
    assert codes(literal("emma")) == []
    assert codes(literal(f'"{BOUND}"')) == []
    assert codes(literal("ulysses")) == ["not_a_choice"]
    assert codes(literal('"ulysses@sha256:00"')) == ["not_a_choice"]


def test_without_checks_no_name_is_asked_about() -> None:
    assert codes(literal("persuasion")) == []
    assert codes(literal("persuasion"), Resources(CHECKS)) == ["lent_out"]


def test_the_default_of_a_node_is_a_name_too() -> None:
    unnamed = graph('nodes: {it: {node: Read}}\noutputs: {text: "${it.text}"}')

    assert codes(unnamed, Resources({KIND: lambda name: BindError(name, "lent_out")})) == [
        "lent_out"
    ]


def test_an_input_takes_over_the_choices_and_the_kind() -> None:
    (declared,) = check(graph(TEXT % "emma"), REGISTRY).graph.inputs.values()

    assert declared.choices == ("emma", "persuasion")
    assert declared.resource == KIND
    assert codes(graph(TEXT % "ulysses")) == ["not_a_choice"]


def test_what_an_input_is_given_is_asked_about_instead_of_its_default() -> None:
    late = graph(TEXT % "persuasion")

    assert codes(late, Resources(CHECKS)) == ["lent_out"]
    assert codes(late, Resources(CHECKS, {"title": "emma"})) == []
    (problem,) = check(
        graph(TEXT % "emma"), REGISTRY, (), Resources(CHECKS, {"title": "persuasion"})
    ).errors
    assert problem.path == ("given", "title")
    assert problem.message == "input 'title': 'persuasion' is lent out."


def test_names_inside_a_recipe_are_asked_about_where_it_is_used() -> None:
    registry = Registry([read], choices=lambda: {KIND: ["emma", "persuasion"]})
    registry.add(
        recipe_declaration("inner", check(literal("persuasion"), registry).graph, registry)
    )
    outer = graph('nodes: {used: {recipe: inner}}\noutputs: {text: "${used.text}"}')

    (problem,) = check(outer, registry, (), Resources(CHECKS)).errors

    assert problem.message == "node 'used' (recipe/inner): 'persuasion' is lent out."


def test_binding_fixes_names_and_reports_what_it_cannot() -> None:
    binders = Binders({KIND: fixed})
    sound = check(graph(TEXT % "emma"), REGISTRY).sound()

    assert bind(sound, REGISTRY, {}, binders).nodes["it"].inputs == {"novel": BOUND}
    with pytest.raises(GraphError, match="input 'title': 'persuasion' is lent out"):
        bind(sound, REGISTRY, {"title": "persuasion"}, binders)


def test_a_name_without_its_digest_may_change_from_run_to_run() -> None:
    spec = REGISTRY.spec("Read")
    assert spec is not None

    assert is_open(spec, spec.inputs[0], {"novel": "emma"})
    assert not is_open(spec, spec.inputs[0], {"novel": BOUND})
