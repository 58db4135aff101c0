"""Recipes as graphs that the page can run."""

from pathlib import Path

import pytest

from paintgraph import graphs
from paintgraph.api.comfy.node_types.wire import is_widget
from paintgraph.api.editor.opening import MASK, PHOTO, opened
from paintgraph.assembly import catalogue
from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.comfy.to_graph import read_editor
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.recipes.checking import check

KNOWN = catalogue()
NAMES = sorted(path.stem for path in Path(graphs.FOLDER).glob("*.yaml"))


def _recipe(name: str) -> Graph:
    return read_graph((Path(graphs.FOLDER) / f"{name}.yaml").read_bytes(), name)[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_opens_as_a_graph_without_faults(name: str) -> None:
    recipe = _recipe(name)
    KNOWN.recipes.register_used(recipe)
    workflow = write_editor(opened(recipe, KNOWN.registry), KNOWN.registry)

    graph, problems = read_editor(Document(workflow), name)
    checked = check(graph, KNOWN.registry, problems)

    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    assert not graph.inputs
    assert not graph.outputs
    specs = {id_: KNOWN.registry.spec(node.kind) for id_, node in graph.nodes.items()}
    assert any(spec is not None and spec.is_target for spec in specs.values())
    for id_, spec in specs.items():
        sockets = [each for each in (spec.inputs if spec else ()) if not is_widget(each)]
        given = {each.name: graph.nodes[id_].inputs.get(each.name) for each in sockets}
        assert [name for name, value in given.items() if not isinstance(value, Link | None)] == []


def test_inputs_have_their_defaults_or_examples() -> None:
    erase = opened(_recipe("erase_object"), KNOWN.registry)
    inpaint = opened(_recipe("inpaint"), KNOWN.registry)

    assert erase.nodes["photo"].inputs["image"] == PHOTO
    assert erase.nodes["object"].inputs["box"] == (300, 110, 350, 410)
    assert erase.nodes["grown"].inputs["amount"] == 8
    assert MASK in {given for node in inpaint.nodes.values() for given in node.inputs.values()}


def test_each_result_is_shown_once_by_a_node_of_its_kind() -> None:
    erase = opened(_recipe("erase_object"), KNOWN.registry)
    shown = {id_: node.kind for id_, node in erase.nodes.items() if id_.startswith("shown_")}

    assert shown == {"shown_image": "SaveImage", "shown_mask": "MaskPreview"}


def test_pictures_that_could_be_mixed_up_are_titled_by_their_names() -> None:
    replaced = opened(_recipe("replace_background"), KNOWN.registry)
    erase = opened(_recipe("erase_object"), KNOWN.registry)

    titles = {node.title for node in replaced.nodes.values() if node.kind == "LoadImage"}
    assert titles == {"Load Image: image", "Load Image: background"}
    assert {node.title for node in erase.nodes.values()} == {""}


def test_a_value_without_a_widget_comes_from_a_node_that_can_be_changed() -> None:
    cut = opened(_recipe("remove_background_by_mask"), KNOWN.registry)

    given = cut.nodes["is_subject"].inputs
    assert (given["first"], given["second"]) == (
        Link("is_subject_first", 0),
        Link("is_subject_second", 0),
    )
    assert cut.nodes["is_subject_second"] == Node("PrimitiveString", {"value": "subject"})
