"""Why a node would run or not: its kept result, and what changed since the last run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.execution.result_storage import Keeping
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import topological_order, upstream
from paintgraph.engine.node.registry import Registry

State = Literal["kept", "idle", "runs"]
Record = Mapping[str, Mapping[str, str]]
"""Of each node what its key is made of: the declaration under "", and each input by name."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One node of a plan.

    Attributes:
        node: its id; kind: its declaration.
        state: "kept" if its result is there, "idle" if all that would read it is, else "runs".
        changed: inputs that differ from the last run; "its declaration" for the code itself.
        is_new: whether the last run had no such node.
    """

    node: str
    kind: str
    state: State
    changed: tuple[str, ...]
    is_new: bool


def explain(
    graph: Graph,
    targets: Iterable[str],
    keeping: Keeping,
    last: Record,
    environment: str = "cpu",
) -> list[Explained]:
    """The nodes of a bound graph in topological order, each with its reason to run."""
    plan = _planned(graph, keeping.registry, environment)
    record = _recorded(graph, plan)
    kept = {
        id_
        for id_, cell in plan.cells.items()
        if keeping.find(cell.key, cell.declaration.spec) is not None
    }
    runs = upstream(graph, [target for target in targets if target not in kept], without=kept)
    explained = []
    for id_ in topological_order(graph):
        cell = plan.cells[id_]
        before, now = last.get(id_), record[id_]
        changed = [
            name or "its declaration" for name in now if before and before.get(name) != now[name]
        ]
        changed += [name for name in before or () if name not in now]
        state: State = "kept" if id_ in kept else "runs" if id_ in runs else "idle"
        explained.append(Explained(id_, cell.node.kind, state, tuple(changed), before is None))
    return explained


def record(graph: Graph, registry: Registry, environment: str = "cpu") -> Record:
    """What a run of a bound graph depends on, to be explained against later."""
    return _recorded(graph, _planned(graph, registry, environment))


def _planned(graph: Graph, registry: Registry, environment: str) -> Plan:
    plan = Plan(
        registry,
        job="",
        environment=environment,
        lookup=lambda _: None,
        is_stored=lambda _: False,
        ready=lambda _: None,
        found=lambda _, __: None,
    )
    plan.add(graph.nodes)
    for cell in plan.cells.values():
        plan.keys.of(cell)
    return plan


def _recorded(graph: Graph, plan: Plan) -> dict[str, dict[str, str]]:
    return {
        id_: {"": plan.keys.traits(plan.cells[id_]).fingerprint, **plan.keys.parts(plan.cells[id_])}
        for id_ in graph.nodes
    }
