"""Any graph opens in ComfyUI's editor and comes back as it was, with places, groups and notes."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given

from paintgraph.base.errors import Error
from paintgraph.base.text.document import Document
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.text.writers import write_json
from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.comfy.drawing import canvas, load, node, passing, save, slot
from paintgraph.tests.engine.test_formats import plain
from paintgraph.tests.strategies import recipes

REGISTRY = fake_nodes.registry()


def read(value: object) -> Graph:
    """The graph of a document without faults."""
    graph, problems = graph_of(read_json(write_json(value)), "test")
    assert [problem for problem in problems if problem.severity == "error"] == []
    return graph


@given(recipes())
def test_a_recipe_survives_the_editor(graph: Graph) -> None:
    back = read(write_editor(graph, REGISTRY))

    assert check(graph, REGISTRY).graph == check(back, REGISTRY).graph
    assert list(graph.nodes) == list(back.nodes)


@given(recipes())
def test_a_recipe_survives_the_editor_then_a_prompt(graph: Graph) -> None:
    prompt = write_comfy(read(write_editor(graph, REGISTRY)), Slots(graph, REGISTRY).position)

    assert check(graph, REGISTRY).graph == check(read(prompt), REGISTRY).graph


FOREIGN = canvas(
    [
        load(pos=[0, 0], size=[300, 300]),
        node(4, "KSampler", [slot("model", "MODEL"), slot("positive", "CONDITIONING")],
             ["LATENT"], [7, "randomize", 20, 8.0, "euler", "normal", 1.0],
             pos=[400, 10], size=[300, 500], title="Paint", color="#223"),
        node(5, "Nobodys", [slot("latent", "LATENT"), slot("image")], ["IMAGE", "MASK"],
             [1, "b", None], pos=[800, 0], size=[200, 80], properties={"cnr_id": "a-pack"}),
        node(6, "MarkdownNote", values=["# Read me"], pos=[0, -300], size=[200, 100]),
        {**save(), "pos": [1200, 0], "size": [200, 200]},
    ],
    [(4, 0, 5, 0), (1, 0, 5, 1), (5, 0, 9, 0)],
    groups=[{"title": "In", "bounding": [-10, -10, 320, 320], "color": "#3f789e"}],
)  # fmt: skip


def test_a_foreign_graph_goes_there_and_back_without_loss() -> None:
    first = read(FOREIGN)
    prompt = write_comfy(first, Slots(first, REGISTRY).position)
    native = write_native(with_names(first, REGISTRY))
    again = [read(prompt), read(native), read(write_editor(read(prompt), REGISTRY))]

    for graph in again:
        assert write_comfy(graph, Slots(graph, REGISTRY).position) == prompt
        assert graph.editor == first.editor
    assert first.editor["notes"] == [
        {"type": "MarkdownNote", "text": "# Read me", "pos": [0, -300], "size": [200, 100]}
    ]
    assert first.editor["nodes"]["5"]["widgets_values"] == [1, "b", None]
    assert first.editor["groups"] == [{"title": "In", "nodes": ["1"], "color": "#3f789e"}]


def test_places_and_colours_are_written_where_they_were() -> None:
    written = write_editor(read(FOREIGN), REGISTRY)

    by_id = {one["id"]: one for one in written["nodes"]}
    assert (by_id[4]["pos"], by_id[4]["size"]) == ([400, 10], [300, 500])
    assert (by_id[4]["title"], by_id[4]["color"]) == ("Paint", "#223")
    assert by_id[4]["widgets_values"] == [7, "fixed", 20, 8.0, "euler", "normal", 1.0]
    assert by_id[5]["properties"]["cnr_id"] == "a-pack"
    (group,) = written["groups"]
    left, top, width, height = group["bounding"]
    assert (left < 0, top < 0) == (True, True)
    assert (left + width > 300, top + height > 300) == (True, True)


def test_an_opened_subgraph_has_places_of_its_own() -> None:
    inner = {
        **canvas([passing(7)], [(-10, 0, 7, 0), (7, 0, -20, 0)]),
        "id": "inner",
        "inputs": [slot("image")],
        "outputs": [slot("IMAGE")],
    }
    nodes = [load(pos=[0, 0], size=[9, 9]), node(2, "inner", [slot("image")], ["IMAGE"]), save()]
    value = canvas(nodes, [(1, 0, 2, 0), (2, 0, 9, 0)], definitions={"subgraphs": [inner]})
    graph = read(value)

    assert read(write_editor(graph, REGISTRY)) == graph
    assert set(graph.nodes) == {"1", "9", "2:7"}


@given(recipes())
def test_no_two_nodes_overlap_and_links_lead_to_the_right(graph: Graph) -> None:
    written = write_editor(graph, REGISTRY)

    boxes = {one["id"]: (*one["pos"], *one["size"]) for one in written["nodes"]}
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes.values(), 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    for _, source, _, target, _, _ in written["links"]:
        if source in boxes and source != target:
            assert boxes[source][0] < boxes[target][0]


def test_a_ring_and_links_to_nowhere_are_drawn_all_the_same() -> None:
    uses = {"a": Node("Add", {"a": Link("b", 0)}), "b": Node("Add", {"a": Link("a", 0)})}
    uses["c"] = Node("Add", {"a": Link("nowhere", 0)})
    graph = Graph(uses)

    assert (
        check(graph, REGISTRY).graph == check(read(write_editor(graph, REGISTRY)), REGISTRY).graph
    )


def test_an_output_whose_position_is_unknown_is_not_guessed() -> None:
    graph = Graph({"a": Node("Nobodys", {}), "b": Node("Add", {"a": Link("a", "sum")})})

    with pytest.raises(Error, match=r"a link to 'a\.sum' has no position"):
        write_editor(graph, REGISTRY)


@pytest.mark.parametrize("value", ["fixed", "image", "randomize", True, None, [1, 2], {"a": 1}])
def test_any_value_of_an_unknown_node_survives(value: Any) -> None:
    inputs = {"seed": 5, "mode": value, "noise_seed": 6, "last": value, "of": Link("b", 1)}
    graph = Graph({"a": Node("Nobodys", inputs), "b": Node("Other", {})})

    assert plain(graph).nodes == plain(read(write_editor(graph, REGISTRY))).nodes


def test_the_file_has_what_the_editor_needs() -> None:
    graph = Graph({"load": Node("Number", {"value": 3}), "7": Node("Add", {"a": Link("load", 0)})})
    written = write_editor(graph, REGISTRY)

    number, add = written["nodes"]
    assert (number["id"], add["id"], written["last_node_id"]) == (1, 7, 7)
    assert written["links"] == [[1, 1, 0, 7, 0, "INT"]]
    assert number["outputs"] == [{"name": "sum", "type": "INT", "links": [1]}]
    assert add["inputs"][0] == {"name": "a", "type": "INT", "link": 1, "widget": {"name": "a"}}
    assert Document(written).value == written


def test_columns_are_no_places_until_somebody_moves_a_node() -> None:
    written = write_editor(Graph({"a": Node("Add", {}), "b": Node("Add", {})}), REGISTRY)
    untouched = read(written)
    written["nodes"][1]["pos"] = [7, 8]
    moved = read(written)

    assert untouched.editor == {}
    assert moved.editor["nodes"]["b"]["pos"] == [7, 8]


def test_a_widget_that_only_shows_its_default_is_not_given() -> None:
    graph = Graph({"1": Node("Add", {"a": 1})})
    written = write_editor(graph, REGISTRY)
    untouched = read(written)
    written["nodes"][0]["widgets_values"] = [1, 5]

    assert written["nodes"][0]["inputs"][1]["name"] == "b"
    assert untouched.nodes["1"].inputs == {"a": 1}
    assert read(written).nodes["1"].inputs == {"a": 1, "b": 5}
