"""The actors of paintgraph in a Ray cluster: how they are called, made, asked and ended."""

from collections.abc import Iterable
from typing import Any

import ray
from ray.exceptions import RayError

from paintgraph.base.words import first_line
from paintgraph.cluster.agents import AgentActor, State
from paintgraph.cluster.plan import AGENT, Plan

FOREMAN = "foreman"
_NAMESPACE = "paintgraph"
_ANSWER_SECONDS = 3.0
_LASTING: dict[str, Any] = {
    "namespace": _NAMESPACE,
    "lifetime": "detached",
    "max_restarts": -1,
    "max_task_retries": 0,  # who wants to know asks again
    "max_concurrency": 4,  # an agent that drains is asked how it is
}


def agent_names() -> list[str]:
    """The agents that there are, those included that wait for room."""
    found = ray.util.list_named_actors(all_namespaces=True)
    names = [each["name"] for each in found if each["namespace"] == _NAMESPACE]
    return sorted(name for name in names if name.startswith(AGENT))


def make_agent(name: str, plan: Plan) -> None:
    """Ask Ray for an agent; it may have to wait for a node with room."""
    share = {"num_cpus": plan.cpus, "num_gpus": plan.gpus}
    actor = ray.remote(AgentActor).options(name=name, get_if_exists=True, **share, **_LASTING)
    actor.remote()


def make_foreman(kind: type, plan: Plan) -> None:
    """Ask Ray for the foreman, who takes no share of a node; ValueError if there is one."""
    ray.remote(kind).options(name=FOREMAN, num_cpus=0, **_LASTING).remote(*plan)


def actor_of(name: str) -> Any:
    """An actor by its name; None if there is none."""
    try:
        return ray.get_actor(name, namespace=_NAMESPACE)
    except ValueError:
        return None


def states_of(names: Iterable[str]) -> dict[str, State | str]:
    """How agents are; instead a reason for one that does not say so within three seconds."""
    actors = {name: actor_of(name) for name in names}
    asked = {name: actor.state.remote() for name, actor in actors.items() if actor is not None}
    answers = [*asked.values()]
    there, _ = ray.wait(answers, num_returns=len(answers), timeout=_ANSWER_SECONDS)
    found: dict[str, State | str] = dict.fromkeys(actors, "it is not made yet")
    for name, answer in asked.items():
        found[name] = _got(answer) if answer in there else "it waits for a place, or is starting"
    return found


def _got(answer: Any) -> State | str:
    try:
        state: State = ray.get(answer)
    except RayError as error:
        return first_line(error)
    return state


def end_agent(name: str) -> None:
    """Let an agent end its jobs, and then itself; what it cannot end is others'."""
    actor = actor_of(name)
    if actor is None:
        return
    try:
        if isinstance(states_of([name])[name], dict):  # else it has not begun, or is lost
            ray.get(actor.drain.remote())
    except RayError:
        pass
    ray.kill(actor, no_restart=True)
