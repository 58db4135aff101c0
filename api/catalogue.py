"""What there is to run, as the workers told it: the server itself imports no node.

Graphs are checked against declarations that hold a spec and no code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from api.errors import ApiError
from engine.checking import Checked, check
from engine.context import Context
from engine.declaration import Declaration
from engine.errors import GraphError, Problem
from engine.formats.reading import read_graph
from engine.graph import RECIPE_PREFIX, Graph
from engine.recipes import RecipeBook
from engine.registry import Registry
from engine.spec import NodeSpec

_RETRY_SECONDS = 5
_NOT_A_NODE = (
    "it has faults, or came after the server started, which takes recipes as nodes at its start."
    " 'paintgraph validate' names its faults."
)


class KnowsSpecs(Protocol):
    """Who knows the node types: as plain data, empty until a worker has told them.

    `replacements` says what to use instead of other tools' nodes.
    """

    specs: list[dict[str, Any]]
    replacements: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """Node types and recipes at one time; nothing is registered later, so threads may share it."""

    registry: Registry
    recipes: RecipeBook

    def check(self, graph: Graph, problems: Sequence[Problem]) -> Checked:
        """The checked graph."""
        return check(graph, self.registry, problems)

    def recipe(self, name: str) -> Graph | None:
        """The checked graph of a recipe, or None; raises GraphError if its file is at fault."""
        path = self.recipes.path(name)
        if path is None or not path.is_file():
            return None
        graph, problems = read_graph(path.read_bytes(), name)
        return self.check(graph, problems).sound()

    def sound_recipes(self) -> dict[str, Graph]:
        """Every recipe without faults, by name."""
        found = {}
        for name in self.recipes.names():
            try:
                graph = self.recipe(name)
            except GraphError:
                continue
            if graph is not None:
                found[name] = graph
        return found

    def specs(self) -> list[NodeSpec]:
        """All node types but recipes."""
        return [d.spec for d in self.registry if not d.spec.id.startswith(RECIPE_PREFIX)]


class Catalogue:
    """Builds what is known anew when a worker tells other node types, or a recipe comes or goes."""

    def __init__(self, source: KnowsSpecs, folders: Sequence[Path]) -> None:
        self._source = source
        self._folders = tuple(folders)
        self._specs: list[dict[str, Any]] = []
        self._changes: tuple[int, ...] = ()
        self._known: Known | None = None

    def known(self) -> Known:
        """What there is to run; raises ApiError until a worker is there."""
        specs = self._source.specs
        if not specs:
            raise ApiError(
                503,
                "starting",
                "the server starts its workers and knows no node yet. Try again soon.",
                headers={"Retry-After": str(_RETRY_SECONDS)},
            )
        changes = _changes(self._folders)
        if self._known is None or specs != self._specs or changes != self._changes:
            registry = Registry(replacements=self._source.replacements)
            for plain in specs:
                registry.add(Declaration(NodeSpec.from_json(plain), _never))
            recipes = RecipeBook(registry, self._folders)
            for kind in (RECIPE_PREFIX + name for name in recipes.names()):
                if kind not in registry:
                    registry.refuse(kind, _NOT_A_NODE)
            self._known = Known(registry, recipes)
            self._specs, self._changes = specs, changes
        return self._known


def _changes(folders: Sequence[Path]) -> tuple[int, ...]:
    """When files last came to or went from some folders."""
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


def _never(_: Context, inputs: Mapping[str, Any]) -> object:
    raise RuntimeError(f"nodes run in workers, not here; given were {', '.join(inputs)}")
