"""Names that a run meets on its way are fixed before keys are made of them."""

from pathlib import Path
from typing import Annotated

import pytest

from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.explain import explain, record
from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.execution.store import Keeping, ResultStore
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import Result
from paintgraph.engine.node.declaration import Output, Resource, declaration_of, node
from paintgraph.engine.node.events import Event, NodeFinished
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.tests import fake_nodes

SEEN: list[str] = []
"""What `Look` received; tests empty it."""


@node(title="Look", category="test")
def look(
    novel: Annotated[str, Resource("novel:old")], seconds: float = 0.1
) -> Annotated[int, Output("pages")]:
    """Read a novel, slowly."""
    import time

    time.sleep(seconds)
    SEEN.append(novel)
    return len(SEEN)


@node(title="Say", category="test")
def say(text: str) -> Annotated[str, Output("text")]:
    """Give a text on."""
    return text


@node(title="Look For Me", category="test")
def look_for_me(novel: str) -> Annotated[int, Output("pages")]:
    """Expand into a node that names something."""
    return Result([Link("it", 0)], expand={"it": Node("Look", {"novel": novel})})  # type: ignore[return-value] # expands


RECIPES = {
    "shelf": 'nodes: {it: {node: Look, novel: emma}}\noutputs: {pages: "${it.pages}"}',
    "named": "inputs: {novel: {type: text, default: emma}}\n"
    'nodes: {it: {node: Look, novel: "${inputs.novel}"}}\noutputs: {pages: "${it.pages}"}',
    "outer": 'nodes: {in: {recipe: shelf}}\noutputs: {pages: "${in.pages}"}',
    "chosen": 'nodes: {name: {node: Say, text: emma}, it: {node: Look, novel: "${name.text}"}}\n'
    'outputs: {pages: "${it.pages}"}',
    "saved": 'nodes: {it: {node: Look, novel: emma}, end: {node: Save, value: "${it.pages}"}}\n'
    'outputs: {pages: "${it.pages}"}',
}


class Library:
    """A worker whose novels have editions, and the folder of its results."""

    def __init__(self, folder: Path) -> None:
        self.edition = "1"
        self.folder = folder
        recipes = folder / "recipes"
        recipes.mkdir()
        for name, text in RECIPES.items():
            (recipes / f"{name}.yaml").write_text(text)
        self.registry: Registry = fake_nodes.registry()
        for function in (look, say, look_for_me):
            self.registry.add(declaration_of(function))
        self.book = RecipeBook(self.registry, [recipes])
        self.book.register_all()
        self.binders = Binders({"novel:old": self._bind})
        self.events: list[Event] = []

    def _bind(self, name: str) -> str:
        if name.startswith("gone"):
            raise BindError(f"'{name}' is lent out.", code="lent_out")
        return name if "@" in name else f"{name}@sha256:{self.edition}"

    def run(self, text: str, job: str = "job") -> dict[str, str]:
        """How each node finished."""
        graph = self.book.checked(text.encode(), "test")
        self.events = []
        with ResultStore(self.folder / "kept", 100_000) as store:
            worker = Worker(self.registry, store=store, binders=self.binders)
            targets = [link.node for link in graph.outputs.values() if isinstance(link, Link)]
            outcome = run(graph, worker, targets, job=job, listen=self.events.append)
        self.failures = [failure.message for failure in outcome.failures]
        finished = [event for event in self.events if isinstance(event, NodeFinished)]
        return {event.origin.node: event.how for event in finished}

    def why(self, text: str) -> dict[str, str]:
        """Of each node what `explain` says after a run, with the reason."""
        graph = self.book.checked(text.encode(), "test")
        last = record(graph, self.registry, binders=self.binders)
        targets = [link.node for link in graph.outputs.values() if isinstance(link, Link)]
        with ResultStore(self.folder / "kept", 100_000) as store:
            keeping = Keeping(self.registry, None, store)
            found = explain(graph, targets, keeping, last, binders=self.binders)
        return {each.node: each.why or each.state for each in found}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    SEEN.clear()
    return Library(tmp_path)


def use(recipe: str) -> str:
    """A graph with one use of a recipe."""
    return f'nodes: {{used: {{recipe: {recipe}}}}}\noutputs: {{pages: "${{used.pages}}"}}'


BY_LINK = """
nodes: {name: {node: Say, text: emma}, it: {node: Look, novel: "${name.text}"}}
outputs: {pages: "${it.pages}"}
"""
EXPANDED = """
nodes: {it: {node: LookForMe, novel: emma}}
outputs: {pages: "${it.pages}"}
"""


@pytest.mark.parametrize(
    "text",
    [BY_LINK, EXPANDED, use("shelf"), use("named"), use("outer"), use("chosen"), use("saved")],
)
def test_a_node_receives_the_digest_and_another_one_is_another_result(
    library: Library, text: str
) -> None:
    library.run(text, "one")
    library.run(text, "two")
    assert SEEN == ["emma@sha256:1"]

    library.edition = "2"
    library.run(text, "three")
    assert SEEN == ["emma@sha256:1", "emma@sha256:2"]


@pytest.mark.parametrize("recipe", ["shelf", "named", "outer"])
def test_of_a_nested_recipe_nothing_runs_again(library: Library, recipe: str) -> None:
    assert library.run(use(recipe), "one")["used"] == "computed"

    assert library.run(use(recipe), "two") == {"used": "cached"}
    assert library.why(use(recipe)) == {"used": "kept"}


def test_a_name_by_a_link_has_the_key_of_the_same_name_written_down(library: Library) -> None:
    library.run(BY_LINK, "one")

    ran = library.run('nodes: {it: {recipe: shelf}}\noutputs: {pages: "${it.pages}"}', "two")

    assert ran["it.0.it"] == "cached"


def test_a_recipe_that_saves_does_so_each_time(library: Library) -> None:
    library.run(use("saved"), "one")
    ran = library.run(use("saved"), "two")

    assert ran["used.0.it"] == "cached"
    assert ran["used.0.end"] == "computed"


def test_a_name_that_is_gone_fails_the_node_that_has_it(library: Library) -> None:
    gone = use("named").replace("named}", "named, novel: gone}")
    library.run(gone)
    assert library.failures == ["node 'used' (Look): 'gone' is lent out."]

    library.run(EXPANDED.replace("emma", "gone"))
    assert library.failures == ["node 'it' (LookForMe): 'gone' is lent out."]


def test_it_is_explained_why_a_result_is_not_kept(library: Library) -> None:
    cheap = 'nodes: {it: {node: Number, value: 1}}\noutputs: {sum: "${it.sum}"}'
    for text in (BY_LINK, use("chosen"), use("saved"), cheap):
        library.run(text)

    late = "a file or model that it uses is known only when it runs"
    quick = "computing it again takes no longer than keeping it, or its room was needed"
    saves = "its nodes save files or may give something else each time; their results are kept"
    assert library.why(BY_LINK) == {"name": quick, "it": late}
    assert library.why(use("chosen")) == {"used": late}
    assert library.why(use("saved")) == {"used": saves}
    assert library.why(cheap) == {"it": quick}


def test_a_graph_names_the_reason_for_what_reads_a_late_result(library: Library) -> None:
    text = BY_LINK.replace("it: {", 'more: {node: Add, a: "${it.pages}"}, it: {')
    text = text.replace('${it.pages}"}\n', '${more.sum}"}\n')
    assert isinstance(library.book.checked(text.encode(), "t"), Graph)
    library.run(text)

    assert library.why(text)["more"] == (
        "what it reads is known only when it runs; the result is found then"
    )
