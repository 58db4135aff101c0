"""How many agents a cluster is to have, and what they are called."""

import math
from collections.abc import Collection
from typing import NamedTuple

from paintgraph.engine.graph.uses import Declared
from paintgraph.jobs.store.backlog import TARGET_SECONDS, Waiting
from paintgraph.jobs.store.jobs import JobStore

AGENT = "agent-"
_CALM_SECONDS = 120.0


class Plan(NamedTuple):
    """How many agents there are to be, and what each takes of a node.

    With `most` there are up to so many while more waits than `agents` do in time.
    """

    agents: int
    cpus: float = 1.0
    gpus: float = 0.0
    most: int = 0

    def names(self, count: int) -> list[str]:
        """The first names of agents. Agents that take another share of a node have other names."""
        return [f"{AGENT}{self.cpus:g}-{self.gpus:g}-{number}" for number in range(count)]

    def chosen(self, count: int, there: Collection[str], at_work: Collection[str]) -> list[str]:
        """So many names of agents: those at work first, then those that are there, then others."""
        names = self.names(max(count, self.most))
        names.sort(key=lambda name: (name not in at_work, name not in there))
        return names[:count]


class Scale:
    """Follows what waits: up at once, down once fewer have been enough for two minutes.

    Never to fewer than are at work.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._needed: list[tuple[float, int]] = []

    def count(self, waiting_seconds: float, at_work: int, now: float) -> int:
        """How many agents there should be where so much waits; `now` is in seconds."""
        wanted = max(math.ceil(waiting_seconds / TARGET_SECONDS), at_work)
        self._needed = [(at, n) for at, n in self._needed if now - at < _CALM_SECONDS]
        self._needed.append((now, wanted))
        least, most = self._plan.agents, max(self._plan.agents, self._plan.most)
        return min(max(least, *(n for _, n in self._needed)), most)


def waiting_seconds(store: JobStore) -> float:
    """How long what waits will take, as far as some live worker has its models and node types."""
    alive = store.agents.alive()
    documents = {digest: store.agents.nodes(digest) for digest in {each.nodes for each in alive}}
    declared = {
        digest: Declared(document.get("specs", ()))
        for digest, document in documents.items()
        if document is not None
    }

    def can_be_done(waiting: Waiting) -> bool:
        able = {each.nodes for each in alive if waiting.number in (0, *each.supports)}
        if not waiting.uses:
            return bool(able) or not waiting.number
        uses = store.agents.uses(waiting.uses)
        return any(not any(declared[each].lacks(uses)) for each in able if each in declared)

    return sum(each.seconds for each in store.backlog.waiting() if can_be_done(each))
