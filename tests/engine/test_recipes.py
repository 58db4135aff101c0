"""Recipes by name, and recipes used as nodes of other recipes."""

from pathlib import Path

import pytest

from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import Failed
from paintgraph.engine.node.events import NodeStarted
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders, bind
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import memory, run_nodes, within_time

DEEPEST = """
about: Add one.
inputs:
  value: {type: int}
nodes:
  sum: {node: Add, a: "${inputs.value}", b: 1}
outputs:
  one_more: "${sum.sum}"
"""
MIDDLE = """
inputs:
  value: {type: int, default: 5}
nodes:
  once: {recipe: deepest, value: "${inputs.value}"}
  twice: {recipe: deepest, value: "${once.one_more}"}
outputs:
  result: "${twice.one_more}"
  given: "${inputs.value}"
"""
OUTER = """
nodes:
  start: {node: Number, value: 10}
  two_more: {recipe: middle, value: "${start.sum}"}
outputs:
  result: "${two_more.result}"
"""


def book(folder: Path, **texts: str) -> RecipeBook:
    """A book of these recipes."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return RecipeBook(fake_nodes.registry(), [folder])


def load(recipes: RecipeBook, name: str) -> Graph:
    """A recipe's checked graph."""
    path = recipes.path(name)
    assert path is not None
    return within_time(lambda: recipes.load(path))


def problems(recipes: RecipeBook, name: str) -> list[Problem]:
    """Why a recipe cannot be loaded."""
    with pytest.raises(GraphError) as caught:
        load(recipes, name)
    return [problem for problem in caught.value.problems if problem.severity == "error"]


def test_recipes_are_found_by_name_and_an_earlier_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (first / "a.yaml").write_text(DEEPEST)
    (second / "a.yaml").write_text("{}")
    (second / "b.json").write_text("{}")
    (second / "c.txt").write_text("no recipe")
    recipes = RecipeBook(Registry(), [first, second])

    assert recipes.names() == ["a", "b"]
    assert first / "a.yaml" == recipes.path("a")
    assert recipes.path("c") is None


def test_recipes_nest_as_nodes(tmp_path: Path) -> None:
    recipes = book(tmp_path, deepest=DEEPEST, middle=MIDDLE, outer=OUTER)
    graph = load(recipes, "outer")

    ran = run_nodes(graph.nodes, "two_more", registry=recipes._registry)

    assert ran.values("two_more", 0) == [12]
    assert ran.values("two_more", 1) == [10]
    about = {e.origin.node: e.origin for e in ran.told(NodeStarted)}
    inner = about["two_more.0.once.0.sum"]
    assert (
        inner.parent,
        inner.submitted,
        inner.display,
    ) == ("two_more.0.once", "two_more", "two_more")
    assert about["two_more.0.once"].kind == "recipe/deepest"


def test_a_recipe_is_a_node_type_with_the_recipes_inputs_and_outputs(tmp_path: Path) -> None:
    recipes = book(tmp_path, deepest=DEEPEST, middle=MIDDLE, outer=OUTER)
    load(recipes, "outer")
    spec = recipes._registry.spec("recipe/middle")

    assert spec is not None
    assert [declared.name for declared in spec.inputs] == ["value"]
    assert [(o.name, o.type) for o in spec.outputs] == [("result", "int"), ("given", "int")]
    deepest = recipes._registry.spec("recipe/deepest")
    assert deepest is not None
    assert deepest.about == "Add one."


def test_defaults_of_a_recipe_hold_where_it_is_a_node(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        deepest=DEEPEST,
        middle=MIDDLE,
        outer='nodes: {m: {recipe: middle}}\noutputs: {x: "${m.result}"}',
    )
    graph = load(recipes, "outer")

    assert run_nodes(graph.nodes, "m", registry=recipes._registry).values("m") == [7]


def test_a_recipe_is_called_once_per_element(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        deepest=DEEPEST,
        outer="nodes: {n: {node: CountUp, n: 3}, m: {recipe: deepest, value: '${n.numbers}'}}\n"
        "outputs: {x: '${m.one_more}'}",
    )
    graph = load(recipes, "outer")

    assert run_nodes(graph.nodes, "m", registry=recipes._registry).values("m") == [1, 2, 3]


def test_a_failure_inside_a_recipe_names_the_node_that_was_submitted(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        broken="nodes: {bad: {node: Fail, value: 3}}\noutputs: {x: '${bad.sum}'}",
        outer="nodes: {m: {recipe: broken}}\noutputs: {x: '${m.x}'}",
    )
    graph = load(recipes, "outer")

    ran = run_nodes(graph.nodes, "m", registry=recipes._registry)

    assert [Failed("m")] == ran.values("m")
    assert [e.message for e in ran.failed()] == ["node 'm' (Fail): RuntimeError: no luck with 3"]


def test_a_recipe_that_runs_at_top_is_bound_first(tmp_path: Path) -> None:
    recipes = book(tmp_path, deepest=DEEPEST, middle=MIDDLE)
    graph = load(recipes, "middle")
    bound = bind(graph, recipes._registry, {"value": 30}, Binders({}))

    ran = run_nodes(bound.nodes, "twice", registry=recipes._registry)

    assert ran.values("twice") == [32]


def test_the_key_of_a_recipe_depends_on_the_recipes_inside(tmp_path: Path) -> None:
    """A changed inner recipe must not be answered with what the old one gave."""
    kept = memory()
    results = []
    for added in (1, 100):
        recipes = book(
            tmp_path, deepest=DEEPEST.replace("b: 1", f"b: {added}"), middle=MIDDLE, outer=OUTER
        )
        graph = load(recipes, "outer")
        ran = run_nodes(graph.nodes, "two_more", registry=recipes._registry, kept=kept)
        results += ran.values("two_more")

    assert results == [12, 210]


def test_a_misspelt_recipe_has_a_suggestion(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        deepest=DEEPEST,
        outer="nodes:\n  d: {recipe: deepest, value: 1}\n  m: {recipe: deepst}\n"
        "outputs: {x: '${m.x}', y: '${d.one_more}'}",
    )
    (problem,) = problems(recipes, "outer")

    assert problem.code == "unknown_recipe"
    assert (
        problem.message
        == "node 'm' (recipe/deepst): there is no recipe 'deepst'. Did you mean 'deepest'?"
    )
    assert (problem.place, problem.outputs) == ((3, 6), ("x",))


def test_a_misspelt_recipe_has_a_suggestion_of_one_not_used_yet(tmp_path: Path) -> None:
    recipes = book(
        tmp_path, deepest=DEEPEST, outer="nodes: {m: {recipe: deepst}}\noutputs: {x: '${m.x}'}"
    )
    (problem,) = problems(recipes, "outer")

    assert problem.message.endswith("there is no recipe 'deepst'. Did you mean 'deepest'?")


@pytest.mark.parametrize("depth", [1, 2, 3, 30])
def test_recipes_that_use_each_other_are_reported(tmp_path: Path, depth: int) -> None:
    names = [f"r{i}" for i in range(depth)]
    texts = {
        name: f"nodes: {{m: {{recipe: r{(i + 1) % depth}}}}}\noutputs: {{x: '${{m.x}}'}}"
        for i, name in enumerate(names)
    }
    recipes = book(tmp_path, **texts)
    (problem,) = problems(recipes, "r0")

    used = f"r{1 % depth}"
    assert problem.code == "bad_recipe"
    assert problem.message.startswith(
        f"node 'm' (recipe/{used}): the recipe '{used}' cannot be used. It uses itself: {used} -> "
    )
    assert problem.message.endswith(f"-> {used}.")


def test_a_recipe_that_is_written_as_a_node_is_named_with_its_cure(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        inner="nodes:\n  s: {node: Add, a: 1, b: 2}\noutputs: {x: '${s.sum}'}",
        outer="nodes: {m: {node: inner}}\noutputs: {x: '${m.x}'}",
    )
    (problem,) = problems(recipes, "outer")

    assert problem.code == "unknown_node"
    assert problem.message == (
        "node 'm' (inner): there is no node type 'inner'. There is a recipe of this name: write "
        "'recipe: inner' instead of 'node:'."
    )


def test_a_recipe_with_problems_of_its_own_is_reported_with_their_place(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        inner="nodes:\n  s: {node: Ad}\noutputs: {x: '${s.sum}'}",
        outer="nodes: {m: {recipe: inner}}\noutputs: {x: '${m.x}'}",
    )
    (problem,) = problems(recipes, "outer")

    assert problem.code == "bad_recipe"
    assert (
        "node 'm' (recipe/inner): the recipe 'inner' cannot be used. "
        f"{tmp_path}/inner.yaml:2:6: node 's' (Ad): there is no node type 'Ad'. "
        "Did you mean 'Add'?"
    ) == problem.message


def test_a_recipe_that_is_no_yaml_is_reported_where_it_is_used(tmp_path: Path) -> None:
    recipes = book(
        tmp_path, inner="nodes: [", outer="nodes: {m: {recipe: inner}}\noutputs: {x: '${m.x}'}"
    )
    (problem,) = problems(recipes, "outer")

    assert problem.code == "bad_recipe"
    assert f"{tmp_path}/inner.yaml:1:" in problem.message


def test_a_recipe_used_by_several_is_registered_once(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        d=DEEPEST,
        b="nodes: {m: {recipe: d, value: 1}}\noutputs: {x: '${m.one_more}'}",
        c="nodes: {m: {recipe: d, value: 2}, n: {recipe: b}}\n"
        "outputs: {x: '${m.one_more}', y: '${n.x}'}",
        a="nodes: {b: {recipe: b}, c: {recipe: c}, d: {recipe: d, value: 3}}\n"
        "outputs: {x: '${b.x}', y: '${c.y}', z: '${d.one_more}'}",
    )
    graph = load(recipes, "a")

    ran = run_nodes(graph.nodes, "b", "c", "d", registry=recipes._registry)

    assert (ran.values("b"), ran.values("c"), ran.values("d")) == ([2], [3], [4])


def test_a_recipe_with_something_random_runs_again_in_the_next_job(tmp_path: Path) -> None:
    recipes = book(
        tmp_path,
        rolled="nodes: {p: {node: Pick, sides: [left], seed: -1, name: 'sha256:0'}}\n"
        "outputs: {x: '${p.text}'}",
        outer="nodes: {m: {recipe: rolled}}\noutputs: {x: '${m.x}'}",
    )
    graph = load(recipes, "outer")
    spec = recipes._registry.spec("recipe/rolled")

    assert spec is not None
    assert spec.volatile
    assert graph.nodes.keys() == {"m"}


def test_recipes_that_come_change_and_go_are_noticed(tmp_path: Path) -> None:
    registry = fake_nodes.registry()
    book = RecipeBook(registry, [tmp_path])
    number = 'nodes: {{n: {{node: Number, value: {}}}}}\noutputs: {{sum: "${{n.sum}}"}}\n'
    using = 'nodes: {u: {recipe: inner}}\noutputs: {sum: "${u.sum}"}\n'

    def versions() -> list[str | None]:
        book.register_all()
        specs = [registry.spec(f"recipe/{name}") for name in ("inner", "outer")]
        return [spec.version if spec else None for spec in specs]

    assert not book.refresh()
    (tmp_path / "inner.yaml").write_text(number.format(1))
    (tmp_path / "outer.yaml").write_text(using)
    assert book.refresh()
    first = versions()
    assert not book.refresh()
    (tmp_path / "inner.yaml").write_text(number.format(22))
    assert book.refresh()
    second = versions()
    (tmp_path / "inner.yaml").unlink()
    assert book.refresh()

    assert None not in first
    assert second[0] not in (None, first[0])
    assert versions() == [None, None]
    assert book.names() == ["outer"]
    assert "recipe/inner" not in registry.known()


def test_keywords_of_a_recipe_are_those_of_its_node_and_change_no_result(tmp_path: Path) -> None:
    found = {}
    for folder, text in (("plain", DEEPEST), ("wordy", f"keywords: [plus, next]\n{DEEPEST}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "deepest.yaml").write_text(text)
        registry = fake_nodes.registry()
        recipes = RecipeBook(registry, [tmp_path / folder])
        graph = load(recipes, "deepest")
        recipes.register_all()
        spec = registry.spec("recipe/deepest")
        assert spec is not None
        found[folder] = spec
        assert tuple(write_native(graph).get("keywords", ())) == graph.keywords == spec.keywords

    assert found["wordy"].keywords == ("plus", "next")
    assert found["wordy"].version == found["plain"].version


def test_keywords_are_a_list_of_texts(tmp_path: Path) -> None:
    recipes = book(tmp_path, one=f"keywords: plus\n{DEEPEST}", two=f"keywords: [1]\n{DEEPEST}")

    assert [[each.message for each in problems(recipes, name)] for name in ("one", "two")] == [
        ["'keywords' is 'plus'; allowed is a list of texts. Write [one, another]."],
        ["'keywords' is 1; allowed is text. Quote it."],
    ]
