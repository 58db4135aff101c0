"""What there is to run, as the workers reported it: the server itself imports no node.

Graphs are checked against declarations that hold a spec and no code.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from paintgraph.api.http.errors import ApiError
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.coercion import NO_RESOURCES, Resources
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.book import RecipeBook, RecipeFiles, find_recipes
from paintgraph.engine.recipes.checking import Checked, check
from paintgraph.jobs.workers.handle import Ready

_RETRY_SECONDS = 5
_LOOK_SECONDS = 0.5
_START_SECONDS = 60
_AGAIN_SECONDS = 0.05
STARTING = "the server starts its workers and knows no node yet. Try again soon."
NO_AGENT = (
    "no agent has told which nodes there are yet, and this server has no workers of its own. Start "
    "one (paintgraph agent), then try again."
)
"""Why no node is known."""

_NOT_A_NODE = "It has faults. 'paintgraph validate' names them."


class KnowsNodes(Protocol):
    """Who knows the node types: nothing is in them until a worker is ready."""

    @property
    def ready(self) -> Ready:
        """What workers said of themselves."""


@dataclass(frozen=True, slots=True)
class Known:
    """Node types and recipes at one time; nothing is registered later, so threads may share it."""

    registry: Registry
    recipes: RecipeBook
    resources: Resources = NO_RESOURCES
    _sound: dict[str, Graph] = field(default_factory=dict)

    def check(
        self, graph: Graph, problems: Sequence[Problem], inputs: Mapping[str, Any] | None = None
    ) -> Checked:
        """The checked graph; names are checked too if the values of its inputs are known."""
        resources = NO_RESOURCES if inputs is None else replace(self.resources, given=inputs)
        return check(graph, self.registry, problems, resources)

    def recipe(self, name: str) -> Graph | None:
        """The checked graph of a recipe, or None; raises GraphError if its file is at fault."""
        path = self.recipes.path(name)
        if path is None or not path.is_file():
            return None
        graph, problems = read_graph(path.read_bytes(), name)
        return self.check(graph, problems).sound()

    def sound_recipes(self) -> dict[str, Graph]:
        """Every recipe without faults, by name; they are read once."""
        if not self._sound:
            found = {}
            for name in self.recipes.names():
                with suppress(GraphError):
                    if (graph := self.recipe(name)) is not None:
                        found[name] = graph
            self._sound.update(found)  # at once: other threads go through it
        return self._sound

    def specs(self) -> list[NodeSpec]:
        """All node types but recipes."""
        return [d.spec for d in self.registry if not d.spec.id.startswith(RECIPE_PREFIX)]


class Catalogue:
    """Builds what is known anew when a worker reports other node types, or a recipe changes.

    `empty` is what clients are told while no node is known.
    """

    def __init__(
        self,
        source: KnowsNodes,
        folders: Sequence[Path],
        resources: Resources = NO_RESOURCES,
        empty: str = STARTING,
    ) -> None:
        self._source = source
        self._empty = empty
        self._resources = resources
        self._folders = tuple(folders)
        self._ready = Ready()
        self._files: RecipeFiles = {}
        self._found: RecipeFiles = {}
        self._folder_times: tuple[int, ...] = ()
        self._look_again = 0.0
        self._known: Known | None = None

    def known(self) -> Known:
        """What there is to run; raises ApiError until a worker is there."""
        ready = self._source.ready
        if not ready.specs:
            raise ApiError(
                503,
                "starting",
                self._empty,
                headers={"Retry-After": str(_RETRY_SECONDS)},
            )
        files = self._look()
        if self._known is None or ready != self._ready or files != self._files:
            registry = Registry(replacements=ready.replacements)
            for plain in ready.specs:
                if not plain["id"].startswith(RECIPE_PREFIX):  # a worker's may be older
                    registry.add(Declaration(NodeSpec.from_json(plain), _never))
            for id_, why in ready.faults.items():
                if not id_.startswith(RECIPE_PREFIX):
                    registry.refuse(id_, why)
            recipes = RecipeBook(registry, self._folders)
            recipes.register_all()
            for kind in (RECIPE_PREFIX + name for name in recipes.names()):
                if kind not in registry:
                    registry.refuse(kind, _NOT_A_NODE)
            self._known = Known(registry, recipes, self._resources)
            self._ready, self._files = ready, files
        return self._known

    async def soon(self) -> Known:
        """What there is to run; while the first worker starts it is waited for, a minute at most.

        For clients that take a server that answers for one that has started.
        """
        await self.started(_START_SECONDS)
        return self.known()

    async def started(self, seconds: float) -> None:
        """Return once the first worker has started, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while not self._source.ready.specs and time.monotonic() < deadline:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_AGAIN_SECONDS)

    def _look(self) -> RecipeFiles:
        """The recipes' files: those that came, went or were replaced show in their folder.

        A file that was written over does not, and looking at all takes its time, so that is done
        now and then.
        """
        now = time.monotonic()
        folders = tuple(f.stat().st_mtime_ns if f.is_dir() else 0 for f in self._folders)
        if folders != self._folder_times or now >= self._look_again:
            self._found = find_recipes(self._folders)
            self._folder_times, self._look_again = folders, now + _LOOK_SECONDS
        return self._found


def _never(_: Context, inputs: Mapping[str, Any]) -> object:
    raise RuntimeError(f"nodes run in workers, not here; the inputs were {', '.join(inputs)}")
