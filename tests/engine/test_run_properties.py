"""What holds of any graph: the order of its nodes, its results, its keys."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.execution.explain import record
from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.structure import topological_order
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import NO_BINDERS
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import Ran, memory, plain, run_nodes
from paintgraph.tests.strategies import dags, graphs

REGISTRY = fake_nodes.registry()
LANES = [{"cpu": 1}, {"cpu": 4, "io": 4}]


def results(ran: Ran) -> dict[str, list[list[Any]]]:
    """All elements of all targets; boxes by their content, failures by the fact."""
    return {
        id_: [
            [getattr(plain(element), "content", plain(element)) for element in slot]
            for slot in entry.slots
        ]
        for id_, entry in ran.outcome.results.items()
    }


def keys(graph: Graph) -> dict[str, str]:
    """Key of every node of a checked graph."""
    plan = Plan(REGISTRY, Names(REGISTRY, NO_BINDERS), "job")
    plan.add(check(graph, REGISTRY).sound().nodes)
    return {id_: plan.key_of(cell) for id_, cell in plan.cells.items()}


def downstream(graph: Graph, id_: str) -> set[str]:
    """A node and all that depend on it."""
    found = {id_}
    for other in topological_order(graph):
        if any(link.node in found for _, link in graph.nodes[other].links()):
            found.add(other)
    return found


@given(dags(), st.sampled_from(LANES))
def test_nodes_start_after_all_that_they_read(graph: Graph, lanes: Mapping[str, int]) -> None:
    ran = run_nodes(graph.nodes, *graph.nodes, lanes=lanes)

    shared = {id_ for id_, how in ran.finished().items() if how == "shared"}
    place = {id_: place for place, id_ in enumerate(ran.started())}
    assert place.keys() | shared == graph.nodes.keys()
    for id_, node in graph.nodes.items():
        for _, link in node.links():
            if id_ in place and link.node in place:
                assert place[link.node] < place[id_]


@given(dags())
def test_the_order_of_a_graph_has_each_node_after_all_that_it_reads(graph: Graph) -> None:
    order = topological_order(graph)

    assert sorted(order) == sorted(graph.nodes)
    for id_, node in graph.nodes.items():
        assert all(order.index(link.node) < order.index(id_) for _, link in node.links())


@given(graphs())
def test_results_do_not_depend_on_the_lanes(graph: Graph) -> None:
    one, many = (run_nodes(graph.nodes, *graph.nodes, lanes=lanes) for lanes in LANES)

    assert one.outcome.state == many.outcome.state
    assert results(one) == results(many)


@given(graphs())
def test_a_cached_run_equals_a_fresh_one_and_runs_nothing(graph: Graph) -> None:
    kept = memory()
    fresh = run_nodes(graph.nodes, *graph.nodes, kept=kept)
    again = run_nodes(graph.nodes, *graph.nodes, kept=kept)

    assert results(fresh) == results(again)
    if fresh.outcome.state == "succeeded":
        assert again.started() == []
        assert {"cached"} == set(again.finished().values())


@given(graphs(), st.data())
def test_a_run_that_starts_from_a_part_equals_a_fresh_one(
    graph: Graph, data: st.DataObject
) -> None:
    part = data.draw(st.lists(st.sampled_from(list(graph.nodes)), min_size=1))
    kept = memory()
    run_nodes(graph.nodes, *part, kept=kept)

    resumed = run_nodes(graph.nodes, *graph.nodes, kept=kept)

    assert results(run_nodes(graph.nodes, *graph.nodes)) == results(resumed)


@given(graphs())
def test_keys_do_not_depend_on_ids_and_order(graph: Graph) -> None:
    names = {id_: f"other {place}" for place, id_ in enumerate(reversed(list(graph.nodes)))}
    renamed = Graph(
        {
            names[id_]: Node(
                node.kind,
                {
                    name: Link(names[v.node], v.output) if isinstance(v, Link) else v
                    for name, v in reversed(list(node.inputs.items()))
                },
                title="another",
            )
            for id_, node in reversed(list(graph.nodes.items()))
        },
        outputs={name: replace(ref, node=names[ref.node]) for name, ref in links(graph).items()},
    )

    theirs = keys(renamed)
    assert {id_: theirs[names[id_]] for id_ in graph.nodes} == keys(graph)


def links(graph: Graph) -> dict[str, Link]:
    """The outputs that are links."""
    return {name: ref for name, ref in graph.outputs.items() if isinstance(ref, Link)}


@given(graphs())
def test_keys_do_not_depend_on_whether_defaults_are_written(graph: Graph) -> None:
    nodes = {}
    for id_, node in graph.nodes.items():
        spec = REGISTRY.spec(node.kind)
        assert spec is not None
        defaults = {
            i.name: i.default for i in spec.inputs if not i.required and i.default is not None
        }
        nodes[id_] = replace(node, inputs={**defaults, **node.inputs})

    assert keys(graph) == keys(replace(graph, nodes=nodes))


def key_of(kind: str, **inputs: object) -> str:
    """Key of one node."""
    return keys(Graph({"n": Node(kind, inputs)}, outputs={"out": Link("n", 0)}))["n"]


def test_equal_literals_have_equal_keys() -> None:
    assert key_of("Number", value=5) == key_of("Number", value=5.0)
    assert key_of("Half", value=5) == key_of("Half", value=5.0)
    assert key_of("Half", value=-0.0) == key_of("Half", value=0.0) == key_of("Half", value=0)
    assert key_of("Sleep") == key_of("Sleep", value=0, seconds=0.1)
    composed, apart = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    assert key_of("Length", text=composed) == key_of("Length", text=apart)
    assert key_of("Pick", sides=["left"]) == key_of("Pick", sides=("left",))


def test_equal_literals_for_anything_have_equal_keys() -> None:
    composed, apart = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    on = {"on": True}
    assert key_of("Choose", **on, when_true=composed) == key_of("Choose", **on, when_true=apart)
    assert key_of("Choose", **on, when_true=-0.0) == key_of("Choose", **on, when_true=0.0)


def test_different_literals_have_different_keys() -> None:
    pairs = [
        (key_of("Number", value=5), key_of("Number", value=6)),
        (key_of("Choose", on=True, when_true=1), key_of("Choose", on=True, when_true=True)),
        (key_of("Choose", on=True, when_true="1"), key_of("Choose", on=True, when_true=1)),
        (key_of("Choose", on=True, when_true=1), key_of("Choose", on=True, when_false=1)),
        (key_of("Number", value=5), key_of("Half", value=5)),
    ]

    assert [pair for pair in pairs if pair[0] == pair[1]] == []


@given(graphs(), st.data())
def test_a_changed_literal_changes_the_keys_downstream_and_no_other(
    graph: Graph, data: st.DataObject
) -> None:
    sources = {
        id_: node for id_, node in graph.nodes.items() if node.kind in ("Number", "Wait", "Sleep")
    }
    free = [id_ for id_, node in sources.items() if not isinstance(node.inputs.get("value"), Link)]
    if not free:
        return
    id_ = data.draw(st.sampled_from(free))
    node = graph.nodes[id_]
    changed = replace(node, inputs={**node.inputs, "value": 12345})
    before, after = keys(graph), keys(replace(graph, nodes={**graph.nodes, id_: changed}))

    assert downstream(graph, id_) == {name for name in before if before[name] != after[name]}


@given(graphs(), st.data())
def test_the_record_of_a_run_names_the_input_that_changed(
    graph: Graph, data: st.DataObject
) -> None:
    id_ = data.draw(st.sampled_from(list(graph.nodes)))
    sound = check(graph, REGISTRY).sound()
    before = record(sound, REGISTRY)
    numbers = [n for n, v in sound.nodes[id_].inputs.items() if type(v) is int]
    if not numbers:
        return
    name = data.draw(st.sampled_from(numbers))
    node = sound.nodes[id_]
    nodes = {**sound.nodes, id_: replace(node, inputs={**node.inputs, name: 12345})}
    after = record(replace(sound, nodes=nodes), REGISTRY)

    assert {name} == {n for n in after[id_] if after[id_][n] != before[id_][n]}


def test_the_version_of_a_node_is_part_of_its_key() -> None:
    add = REGISTRY.get("Add")
    assert add is not None
    newer = Registry()
    newer.add(replace(add, spec=replace(add.spec, version="2")))
    graph = Graph({"n": Node("Add", {"a": 1, "b": 1})})

    assert record(graph, REGISTRY)["n"][""] != record(graph, newer)["n"][""]
    assert record(graph, REGISTRY)["n"][""] != record(graph, REGISTRY, "cuda")["n"][""]
