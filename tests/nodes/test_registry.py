import re
import sys
from pathlib import Path

import pytest

from paintgraph import nodes
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import REPLACEMENTS, build_registry, functions, masks, modules

REGISTRY = build_registry()


def test_every_module_is_found_and_every_node_is_in_the_registry() -> None:
    folder = Path(nodes.__file__).parent
    files = {file.relative_to(folder).with_suffix("") for file in folder.glob("*/*.py")}
    expected = {f"paintgraph.nodes.{'.'.join(file.parts)}" for file in files}

    assert {name for name in expected if not name.endswith("__init__")} == set(modules())
    assert {declaration.spec.module for declaration in REGISTRY} <= set(modules())
    assert len(list(functions())) == len(REGISTRY.ids())


def test_a_node_is_added_by_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text(
        "from paintgraph.engine.node.declaration import node\n"
        "from paintgraph.nodes.masks.algebra import invert_mask\n"
        "@node(title='Own', category='mask')\n"
        "def own_node() -> int:\n"
        "    'One.'\n"
        "    return 1\n"
    )
    monkeypatch.setattr(masks, "__path__", [*masks.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "paintgraph.nodes.masks.own", raising=False)

    ids = build_registry().ids()

    assert set(ids) == {*REGISTRY.ids(), "OwnNode"}


@pytest.mark.parametrize("id_", REGISTRY.replacements)
def test_a_node_of_other_tools_is_refused_by_the_name_of_one_that_exists(id_: str) -> None:
    instead = REPLACEMENTS[id_]
    graph = Graph({"it": Node(id_, {})}, outputs={"image": Link("it", 0)})

    (problem,) = check(graph, REGISTRY).problems

    assert id_ not in REGISTRY
    named = [word for word in re.findall(r"\w+", instead) if word in REGISTRY]
    assert named or instead.endswith("leave these nodes out")
    assert (problem.code, problem.message) == (
        "replaced_node",
        f"node 'it' ({id_}): '{id_}' does not exist here. Use {instead}.",
    )


def test_near_doubles_name_each_other_and_what_is_different() -> None:
    named = {declaration.spec.id: dict(declaration.spec.see_also) for declaration in REGISTRY}
    pairs = {(id_, other) for id_, others in named.items() for other in others}

    assert len(pairs) > 60
    assert {other for _, other in pairs} <= set(named)
    assert {(other, id_) for id_, other in pairs} == pairs
    assert all(id_ != other for id_, other in pairs)
    assert all(what.endswith(".") for others in named.values() for what in others.values())


def test_what_patches_model_objects_is_refused_with_the_way_out() -> None:
    for id_, way in {
        "IPAdapterAdvanced": "ControlNetApplyAdvanced",
        "ApplyInstantID": "LoraLoader",
        "BrushNet": "InpaintModelConditioning",
        "INPAINT_ApplyFooocusInpaint": "InpaintModelConditioning",
        "TiledDiffusion": "CropForInpaint",
        "FreeU_V2": "leave these nodes out",
        "PerturbedAttentionGuidance": "leave these nodes out",
        "ModelMergeSimple": "merged before",
    }.items():
        assert way in (REGISTRY.replacement(id_) or "")
