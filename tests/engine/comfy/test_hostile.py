"""Editors' files from hostile hands: clear faults within bounds, never a crash."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.text.document import Document
from paintgraph.base.text.writers import write_json
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.reading import graph_of, read_graph
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.comfy.drawing import canvas, load, node, passing, save, slot

REGISTRY = fake_nodes.registry()
MANY = 10_000


def codes(value: object) -> list[str]:
    """Codes of what is wrong with a document, read and checked."""
    graph, problems = graph_of(Document(value), "it")
    return [problem.code for problem in check(graph, REGISTRY, problems).errors]


def reroutes(count: int, links: list[Any]) -> dict[str, Any]:
    """Reroutes with numbers from 1 on, and what shows the last one."""
    nodes = [node(n, "Reroute", [slot("", "*")], ["*"]) for n in range(1, count + 1)]
    return canvas([*nodes, save(count + 1)], [*links, (count, 0, count + 1, 0)])


def test_a_ring_of_reroutes_is_one_fault_that_is_soon_found() -> None:
    ring = reroutes(MANY, [(n, 0, n % MANY + 1, 0) for n in range(1, MANY + 1)])
    began = time.process_time()
    graph, problems = graph_of(Document(ring), "it")

    (problem,) = problems
    assert (problem.code, problem.pointer) == ("cycle", "/nodes/0")
    assert problem.message.startswith("links run in a ring and come from nowhere: 1 -> 2 -> 3 ->")
    assert len(problem.message) < 300
    assert graph.nodes[str(MANY + 1)].inputs == {}
    assert time.process_time() - began < 5


def test_a_long_row_of_reroutes_is_followed() -> None:
    row = reroutes(MANY, [(n, 0, n + 1, 0) for n in range(1, MANY)])
    row["nodes"].append(load(0))
    row["links"].append([MANY + 5, 0, 0, 1, 0, "*"])
    row["nodes"][0]["inputs"][0]["link"] = MANY + 5

    graph, problems = graph_of(Document(row), "it")
    assert problems == []
    assert str(graph.nodes[str(MANY + 1)].inputs["images"]) == "0.0"


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*a*a*a*a*a*a*a*$", "(", "(a|aa)+$"])
def test_a_pattern_that_searches_for_ever_means_itself(pattern: str) -> None:
    readers = [{**save(n), "title": "a" * 5000 + "!"} for n in range(100, 300)]
    give = node(2, "Anything Everywhere?", [slot("x", "*")], [], [pattern, pattern])
    began = time.process_time()
    graph, _ = graph_of(Document(canvas([load(), give, *readers], [(1, 0, 2, 0)])), "it")

    assert graph.nodes["100"].inputs == {}
    assert time.process_time() - began < 5


def test_thousands_that_give_to_thousands_end_soon() -> None:
    gives = [node(n, "Anything Everywhere", [slot("x", "*")]) for n in range(10, 4000)]
    takes = [save(n) for n in range(4000, 8000)]
    links = [(1, 0, n, 0) for n in range(10, 4000)]
    began = time.process_time()
    graph_of(Document(canvas([load(), *gives, *takes], links)), "it")

    assert time.process_time() - began < 10


def test_a_bypassed_ring_ends() -> None:
    nodes = [passing(1, mode=4), passing(2, mode=4), save()]

    assert "cycle" in codes(canvas(nodes, [(1, 0, 2, 0), (2, 0, 1, 0), (2, 0, 9, 0)]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nodes": [load(), load()]}, "duplicate_id"),
        ({"nodes": [load(), 5]}, "wrong_shape"),
        ({"nodes": [load(), {"id": 3}]}, "wrong_shape"),
        ({"nodes": [load()], "links": [[1, 2]]}, "wrong_shape"),
        ({"nodes": [load()], "links": [5]}, "wrong_shape"),
        ({"nodes": [load()], "links": [[1, 1, -1, 9, 0, "X"]]}, "wrong_shape"),
    ],
)
def test_what_has_a_wrong_form_is_named_with_its_place(change: dict[str, Any], code: str) -> None:
    _, problems = graph_of(Document({"links": [], **change}), "it")

    (problem,) = [p for p in problems if p.severity == "error"]
    assert problem.code == code
    assert problem.pointer.startswith(("/nodes/1", "/links/0"))


def test_a_link_from_nowhere_is_one_fault() -> None:
    value = canvas([save()], [(99, 0, 9, 0)])
    graph, problems = graph_of(Document(value), "it")

    assert problems == []
    (lost,) = [p for p in check(graph, REGISTRY).errors if p.code == "unknown_link"]
    assert (lost.node, lost.pointer) == ("9", "/nodes/0")


@pytest.mark.parametrize("id_", [10**30, -5, 1.5, "12:3", "a b", "", None, [1], {"a": 1}, True])
def test_any_id_is_read(id_: Any) -> None:
    value = canvas([load()], [])
    value["nodes"].append({**save(), "id": id_})
    graph, _ = graph_of(Document(value), "it")

    assert len(graph.nodes) == 2
    assert len(write_editor(graph, REGISTRY)["nodes"]) == 2


PROXIES = {"proxyWidgets": [["7", "x"]]}
WHOLE = canvas(
    [
        load(),
        node(
            2, "inner", [slot("image")], ["IMAGE"], [1.5], properties={"proxyWidgets": [["7", "x"]]}
        ),
        node(3, "workflow>Mine", [slot("image")], ["IMAGE"], [1]),
        node(4, "SetNode", [slot("a")], ["*"], ["name"]),
        node(5, "GetNode", [], ["*"], ["name"]),
        node(6, "Anything Everywhere?", [slot("a", "*")], [], ["(", "[", "x"]),
        node(8, "PrimitiveNode", [], ["INT"], [3, "fixed"]),
        save(),
    ],
    [(1, 0, 2, 0), (2, 0, 3, 0), (3, 0, 4, 0), (5, 0, 6, 0), (5, 0, 9, 0)],
    definitions={
        "subgraphs": [
            {
                "id": "inner",
                "nodes": [passing(7)],
                "links": [[1, -10, 0, 7, 0, "*"], [2, 7, 0, -20, 0, "*"]],
                "inputs": [slot("image")],
                "outputs": [slot("IMAGE")],
            }
        ]
    },
    groups=[{"title": "G", "bounding": [0, 0, 9, 9]}],
    extra={
        "groupNodes": {
            "Mine": {"nodes": [{**passing(0), "index": 0}], "links": [], "external": []}
        },
        "ue_links": [{"downstream": 9, "downstream_slot": 0, "upstream": 1, "upstream_slot": 0}],
        "paintgraph": {"recipe": {"about": "x"}},
    },
)

LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 3, 1e300, "x", "9", "fixed", [], {}, [[]], {"a": []}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a tree."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, child in children if isinstance(value, dict | list) else ():
        found += places(child, (*path, key)) if isinstance(child, dict | list) else [(*path, key)]
    return found


PLACES = places(WHOLE)


@given(st.lists(st.tuples(st.sampled_from(PLACES), LEAVES), min_size=1, max_size=4))
def test_any_value_may_stand_anywhere(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    value: Any = read_json_copy(WHOLE)
    for path, leaf in changes:
        at = value
        for step in path[:-1]:
            try:
                at = at[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            try:
                at[path[-1]] = leaf
            except (TypeError, IndexError):
                continue
    try:
        graph, problems = graph_of(Document(value), "it")
    except GraphError:
        return
    check(graph, REGISTRY, problems)
    write_json(write_editor(graph, REGISTRY))


def read_json_copy(value: Any) -> Any:
    """A deep copy of plain data."""
    if isinstance(value, dict):
        return {key: read_json_copy(child) for key, child in value.items()}
    return [read_json_copy(child) for child in value] if isinstance(value, list) else value


def test_a_cut_file_is_refused_where_it_ends() -> None:
    text = write_json(WHOLE).encode()
    for end in range(1, len(text) - 2, 97):
        with pytest.raises(GraphError):
            read_graph(text[:end], "it")
