"""What several inputs lead to together is filled in before a run."""

from typing import Annotated, Any

import pytest

from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.declaration import Output, Resource, node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders, bind
from paintgraph.engine.recipes.checking import check


@node(title="Shelf", category="test")
def shelf(
    room: str = "hall",
    letter: str = "*",
    books: Annotated[list[str], Resource("shelf", found_by=("room", "letter"))] = (),  # type: ignore[assignment] # as in graphs
) -> Annotated[str, Output("text")]:
    """Name what is found."""
    return " ".join((room, letter, *books))


REGISTRY = Registry([shelf])
RECIPE = """
inputs: {room: {type: text, default: study}}
nodes:
  one: {node: Shelf}
  two: {node: Shelf, room: "${inputs.room}", letter: b}
  linked: {node: Shelf, room: "${one.text}"}
  filled: {node: Shelf, room: cellar, books: [kept]}
outputs: {a: "${one.text}", b: "${two.text}", c: "${linked.text}", d: "${filled.text}"}
"""


def books(asked: tuple[str, str]) -> list[str]:
    room, letter = asked
    if room == "cellar":
        raise BindError("there is no such room. Name another.", code="no_room")
    return [f"{room}-{letter}"]


def bound(text: str = RECIPE, binders: Any = None, **given: Any) -> dict[str, Any]:
    graph, problems = read_graph(text.encode(), "test")
    sound = check(graph, REGISTRY, problems).sound()
    filled = bind(sound, REGISTRY, given, Binders(binders or {"shelf": books}))
    return {id_: use.inputs["books"] for id_, use in filled.nodes.items()}


def test_it_is_found_by_literals_and_given_values_and_left_alone_where_there_is_one() -> None:
    assert bound() == {
        "one": ("hall-*",),
        "two": ("study-b",),
        "linked": (),  # its room is known only when it is there
        "filled": ("kept",),
    }
    assert bound(room="attic")["two"] == ("attic-b",)


def test_a_fault_is_told_at_what_leads_to_it() -> None:
    with pytest.raises(GraphError) as caught:
        bound(RECIPE.replace("books: [kept]", "letter: x"), room="cellar")

    assert [(p.code, p.pointer, p.message) for p in caught.value.problems] == [
        ("no_room", "/inputs/room", "input 'room': there is no such room. Name another."),
        (
            "no_room",
            "/nodes/filled/room",
            "node 'filled' (Shelf): room: there is no such room. Name another.",
        ),
    ]


def test_without_anybody_who_knows_it_stays_empty() -> None:
    assert bound(binders={"seed": int})["one"] == ()


def test_the_declaration_crosses_process_borders() -> None:
    spec = REGISTRY.spec("Shelf")
    assert spec is not None
    assert NodeSpec.from_json(spec.to_json()) == spec
    assert spec.inputs[2].found_by == ("room", "letter")
