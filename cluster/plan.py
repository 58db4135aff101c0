"""How many agents a cluster is to have, and what they are called."""

import math
from typing import NamedTuple

AGENT = "agent-"
TARGET_SECONDS = 60.0
"""How long a job may wait before another agent is worth its cost."""

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


class Scale:
    """Follows what waits: up at once, down once fewer have been enough for two minutes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._needed: list[tuple[float, int]] = []

    def count(self, waiting_seconds: float, now: float) -> int:
        """How many agents there should be for work of so many seconds; `now` is in seconds."""
        wanted = math.ceil(waiting_seconds / TARGET_SECONDS)
        self._needed = [(at, n) for at, n in self._needed if now - at < _CALM_SECONDS]
        self._needed.append((now, wanted))
        least, most = self._plan.agents, max(self._plan.agents, self._plan.most)
        return min(max(least, *(n for _, n in self._needed)), most)
