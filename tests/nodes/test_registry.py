import pytest

from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import MODULES, REPLACEMENTS, build_registry, functions

REGISTRY = build_registry()


def test_every_module_has_nodes_and_every_node_is_in_the_registry() -> None:
    assert {declaration.spec.module for declaration in REGISTRY} == set(MODULES)
    assert len(list(functions())) == len(REGISTRY.ids())


@pytest.mark.parametrize("id_", REPLACEMENTS)
def test_a_node_of_other_tools_is_refused_by_the_name_of_one_that_exists(id_: str) -> None:
    instead = REPLACEMENTS[id_]
    graph = Graph({"it": Node(id_, {})}, outputs={"image": Link("it", 0)})

    (problem,) = check(graph, REGISTRY).problems

    assert id_ not in REGISTRY
    assert instead.split(",")[0] in REGISTRY
    assert (problem.code, problem.message) == (
        "replaced_node",
        f"node 'it' ({id_}): '{id_}' does not exist here. Use {instead}.",
    )
