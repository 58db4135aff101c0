"""The actor that makes and ends agents: as many as its plan says, whatever becomes of nodes."""

import logging
import threading
import time
from typing import TypedDict

from paintgraph.api.settings import load_settings
from paintgraph.base.errors import Error
from paintgraph.cluster.actors import agent_names, end_agent, make_agent, states_of
from paintgraph.cluster.agents import State
from paintgraph.cluster.plan import Plan, Scale, waiting_seconds
from paintgraph.jobs.store.jobs import JobStore

_LOG = logging.getLogger("paintgraph.cluster")
_LOOK_SECONDS = 2.0
_AGAIN_SECONDS = 15.0


class Report(TypedDict):
    """What a foreman does: its plan, how many agents it wants now, and each one's state.

    `fault` is why it does not follow what waits; it is empty if it does, or need not.
    """

    plan: Plan
    wanted: int
    fault: str
    agents: dict[str, State | str]


class Foreman:
    """Looks at the agents every two seconds; makes those that are missing, ends those too many.

    It knows nothing that Ray and its plan do not say, so Ray may start it again anywhere.
    """

    def __init__(self, agents: int, cpus: float, gpus: float, most: int) -> None:
        self._plan = Plan(agents, cpus, gpus, most)
        self._scale = Scale(self._plan)
        self._wanted = agents
        self._at_work: set[str] = set()
        self._store: JobStore | None = None
        self._fault = ""
        self._made: dict[str, float] = {}
        self._ending: dict[str, threading.Thread] = {}
        threading.Thread(target=self._lead, name="foreman", daemon=True).start()

    def report(self) -> Report:
        """How all is."""
        names = {*self._names(), *agent_names()}
        return {
            "plan": self._plan,
            "wanted": self._wanted,
            "fault": self._fault,
            "agents": states_of(sorted(names)),
        }

    def _lead(self) -> None:
        while True:
            try:
                self._wanted = self._count()
                self._look()
            except Exception:  # noqa: BLE001 - without it agents would be made no more
                _LOG.exception("the foreman looks again")
            time.sleep(_LOOK_SECONDS)

    def _count(self) -> int:
        """How many agents there should be now; as before while the job store does not say."""
        if self._plan.most <= self._plan.agents:
            return self._plan.agents
        try:
            if self._store is None:
                url = load_settings({}).jobs
                self._store = JobStore(url.get_secret_value()) if url else None
            if self._store:
                return self._scale.count(*self._need(self._store), time.monotonic())
        except Error as error:
            self._fault = error.to_text()
            return self._wanted
        self._fault = "PAINTGRAPH_JOBS is not set where the foreman is"
        return self._plan.agents

    def _need(self, store: JobStore) -> tuple[float, int]:
        """How many seconds of work wait, and how many of Ray's agents are at work."""
        waiting, at_work = waiting_seconds(store), store.agents.at_work()
        self._at_work = {
            name
            for name, state in states_of(agent_names()).items()
            if isinstance(state, dict) and state["agent"] in at_work
        }
        self._fault = ""
        return waiting, len(self._at_work)

    def _names(self) -> list[str]:
        """The agents that there are to be."""
        return self._plan.chosen(self._wanted, agent_names(), self._at_work)

    def _look(self) -> None:
        """Make and end what differs from the plan."""
        wanted, there = self._names(), agent_names()
        now = time.monotonic()
        for name in wanted:
            # One that cannot be made, on nodes without paintgraph, is not tried all the time.
            if name not in there and now - self._made.get(name, -_AGAIN_SECONDS) >= _AGAIN_SECONDS:
                self._made[name] = now
                make_agent(name, self._plan)
        self._ending = {name: each for name, each in self._ending.items() if each.is_alive()}
        for name in there:
            if name not in wanted and name not in self._ending:
                self._ending[name] = threading.Thread(target=end_agent, args=(name,), daemon=True)
                self._ending[name].start()
