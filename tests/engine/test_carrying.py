"""The graph that a picture carries, and what it does not say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.recipes.binding import Binders, bind
from paintgraph.engine.recipes.carrying import carrying, without_places
from paintgraph.engine.recipes.checking import check
from paintgraph.tests.fake_nodes import registry

GRAPH: Any = {
    "inputs": {"a": {"type": "int"}, "b": {"type": "int", "default": 4}, "free": {"type": "text"}},
    "nodes": {
        "first": {"node": "Add", "a": "${inputs.a}", "b": "${inputs.b}"},
        "second": {"node": "Add", "a": "${first.sum}", "b": "${inputs.b}"},
    },
    "outputs": {"sum": "${second.sum}"},
}


@given(st.integers(-(2**31), 2**31), st.none() | st.integers(-(2**31), 2**31))
def test_the_carried_graph_is_the_bound_one_with_its_inputs(a: int, b: int | None) -> None:
    known = registry()
    graph = check(*_read(GRAPH, known)).sound()
    given = {"a": a, "free": "x"} | ({} if b is None else {"b": b})
    bound = bind(graph, known, given, Binders())

    carried = carrying(graph, bound, {"version": "1"}, known)

    assert bind(carried, known, {}, Binders()) == bound
    assert {name: spec.default for name, spec in carried.inputs.items()} == {
        "a": a,
        "b": 4 if b is None else b,
    }
    assert carried.made == {"version": "1"}


def _read(document: Any, known: Any) -> Any:
    graph, problems = read_native(Document(document), "it")
    return graph, known, problems


SECRET = "s3cr3t-t0k3n"  # noqa: S105 - what must not be found
PLACES = [
    f"https://user:{SECRET}@host/a.png",
    f"HTTP://host/{SECRET}.png",
    f"https://host/a.png?token={SECRET}",
    f"ftp://{SECRET}/x",
    f"data:image/png;base64,{SECRET}",
    f" data:text/plain,{SECRET}",
    f"/home/{SECRET}/a.png",
    f"/home/{SECRET} and more/a.png [input]",
    f"~/{SECRET}/id",
    f"C:\\Users\\{SECRET}\\a.png",
    f"\\\\server\\{SECRET}\\a.png",
    f"/home/{SECRET}",
    f'{{"image": ["/home/{SECRET}/a.png"]}}',
    f"file:///home/{SECRET}/a.png",
]


@pytest.mark.parametrize("text", PLACES)
def test_no_place_is_said(text: str) -> None:
    assert SECRET not in str(without_places({"a": [text, {"b": text}], "c": (text,)}))


@pytest.mark.parametrize(
    "text", ["a poster with https://x.y/z on it", "photo.png", "/imagine a cat and/or a dog", "a/b"]
)
def test_prompts_and_names_stay(text: str) -> None:
    assert without_places(text) == text


@given(st.text() | st.lists(st.sampled_from(["/", "\\", "a", " ", "\n", "data:", "://", "?"])))
def test_any_text_has_an_answer(text: str | list[str]) -> None:
    once = without_places("".join(text))

    assert without_places(once) == once
