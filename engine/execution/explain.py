"""Why a node would run or not: its kept result, and what changed since the last run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.plan import Cell, Plan
from paintgraph.engine.execution.store import Keeping
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import topological_order, upstream
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import NO_BINDERS, Binders

State = Literal["kept", "idle", "runs"]
Record = Mapping[str, Mapping[str, str]]
"""Of each node what its key is made of: the declaration under "", and each input by name."""


_SURROUNDINGS = "the program or the device"


@dataclass(frozen=True, slots=True)
class Explained:
    """One node of a plan.

    Attributes:
        node: its id; kind: its declaration.
        state: "kept" if its result is there, "idle" if all that would read it is, else "runs".
        changed: inputs that differ from the last run; _SURROUNDINGS for the code itself
            and the class of machine.
        is_new: whether the last run had no such node.
        why: of one that runs though nothing changed, why its result is not kept.
    """

    node: str
    kind: str
    state: State
    changed: tuple[str, ...]
    is_new: bool
    why: str = ""


def explain(  # noqa: PLR0913 - what an answer depends on
    graph: Graph,
    targets: Iterable[str],
    keeping: Keeping,
    last: Record,
    environment: str = "cpu",
    binders: Binders = NO_BINDERS,
) -> list[Explained]:
    """The nodes of a bound graph in topological order, each with its reason to run."""
    plan = _planned(graph, keeping.registry, environment, binders)
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
            name or _SURROUNDINGS for name in now if before and before.get(name) != now[name]
        ]
        changed += [name for name in before or () if name not in now]
        state: State = "kept" if id_ in kept else "runs" if id_ in runs else "idle"
        is_same = state == "runs" and before is not None and not changed
        why = _why_not_kept(graph, plan, cell, keeping.registry) if is_same else ""
        explained.append(Explained(id_, cell.node.kind, state, tuple(changed), before is None, why))
    return explained


def _why_not_kept(  # noqa: PLR0911 - one for each reason
    graph: Graph, plan: Plan, cell: Cell, registry: Registry
) -> str:
    """Why the result of a node that ran before and did not change is not there."""
    spec, is_recipe = cell.declaration.spec, cell.declaration.expand is not None
    if spec.volatile and is_recipe:
        return "its nodes save files or may give something else each time; their results are kept"
    if spec.volatile or cell.state is None:
        return "it may give something else each time"
    if spec.is_target:
        return "it saves or shows something each time"
    if cell.is_late:
        return "a file or model that it uses is known only when it runs"
    sources = (plan.cells[id_] for id_ in upstream(graph, [cell.id]))
    if any(
        source.is_late or source.declaration.spec.volatile or source.state is None
        for source in sources
    ):
        return "what it reads is known only when it runs; the result is found then"
    if any(registry.socket(output.type).encode is None for output in spec.outputs):
        return "results of its type cannot be written to disk"
    return "computing it again takes no longer than keeping it, or its room was needed"


def record(
    graph: Graph, registry: Registry, environment: str = "cpu", binders: Binders = NO_BINDERS
) -> Record:
    """What a run of a bound graph depends on, to be explained against later."""
    return _recorded(graph, _planned(graph, registry, environment, binders))


def _planned(graph: Graph, registry: Registry, environment: str, binders: Binders) -> Plan:
    plan = Plan(registry, Names(registry, binders.of(graph.descriptions)), environment=environment)
    plan.add(graph.nodes)
    for cell in plan.cells.values():
        plan.key_of(cell)
    return plan


def _recorded(graph: Graph, plan: Plan) -> dict[str, dict[str, str]]:
    return {
        id_: {"": plan.fingerprint(plan.cells[id_].node.kind), **plan.parts(plan.cells[id_])}
        for id_ in graph.nodes
    }
