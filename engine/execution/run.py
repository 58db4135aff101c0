"""Running a graph: demand the targets, call what is ready, keep and tell what came out.

Results do not depend on the order in which lanes happen to work: equal to a serial run, bit for
bit, as long as nodes are deterministic.
"""

from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from paintgraph.base.errors import Error
from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.execution.cache import MemoryCache
from paintgraph.engine.execution.calling import Performer, failed_row
from paintgraph.engine.execution.calls import Call, assemble, calls_of, stopped_row
from paintgraph.engine.execution.inputs import given, needed
from paintgraph.engine.execution.lanes import DEFAULT_LANES, Lanes
from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.node_run import Cell
from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.execution.result_storage import Keeping
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.elements import Entry, Failed, Row
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.node.context import Cancellation, Services
from paintgraph.engine.node.events import (
    Executed,
    How,
    Listener,
    NodeFailed,
    NodeFinished,
    NodeStarted,
)
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import NO_BINDERS, Binders

OnFailure = Literal["continue", "stop"]


@dataclass(frozen=True, slots=True)
class Worker:
    """What the runs of one worker share.

    `environment` names the class of machine that results depend on ("cpu"). Without `memory` a
    result is let go after its last reader; without `store` nothing outlives the worker. `binders`
    fix what nodes name outside the graph where that is known only while it runs.
    """

    registry: Registry
    services: Services = field(default_factory=Services)
    memory: MemoryCache | None = None
    store: ResultStore | None = None
    lanes: Mapping[str, int] = field(default_factory=lambda: DEFAULT_LANES)
    environment: str = "cpu"
    binders: Binders = NO_BINDERS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `results` holds what came of each target; `failures` names the causes."""

    state: Literal["succeeded", "failed", "cancelled"]
    results: Mapping[str, Entry]
    failures: tuple[NodeFailed, ...] = ()


def run(  # noqa: PLR0913 - a run has this many independent settings
    graph: Graph,
    worker: Worker,
    targets: Iterable[str],
    *,
    job: str = "",
    listen: Listener = lambda _: None,
    cancellation: Cancellation | None = None,
    on_failure: OnFailure = "continue",
) -> Outcome:
    """Run the parts of a bound graph that the targets (node ids) need.

    A failing node fails what reads it; the rest goes on unless `on_failure` is "stop": then no
    further call is made, not even of the failing node. `listen` is called from several threads, one
    event at a time for facts; it must be quick and must not call back. Raises Error only for
    faults that no earlier check could see, such as an expansion whose nodes wait for each other.
    """
    return _Run(worker, job, listen, cancellation or Cancellation(), on_failure).go(graph, targets)


class _Run:
    def __init__(
        self,
        worker: Worker,
        job: str,
        listen: Listener,
        cancellation: Cancellation,
        on_failure: OnFailure,
    ) -> None:
        self._listen = listen
        self._cancellation = cancellation
        self._on_failure = on_failure
        self._lanes = Lanes(worker.lanes, self._work)
        self._keeping = Keeping(worker.registry, worker.memory, worker.store)
        self._failures: list[NodeFailed] = []
        names = Names(worker.registry, worker.binders)
        self._plan = Plan(
            worker.registry,
            names,
            job=job,
            environment=worker.environment,
            lookup=lambda cell: self._keeping.recall(cell.key),
            is_stored=lambda cell: self._keeping.is_stored(cell.key),
            ready=self._lanes.push,
            found=self._found,
        )
        self._performer = Performer(
            self._plan, names, self._keeping, worker.services, cancellation, job, listen, self._fail
        )

    def go(self, graph: Graph, targets: Iterable[str]) -> Outcome:
        plan = self._plan
        with self._cancellation.watched_by(self._stop):
            with self._lanes.lock:
                plan.add(graph.nodes)
                wanted = [plan.cells[target] for target in dict.fromkeys(targets)]
                for cell in wanted:
                    cell.pinned = True
                plan.demand(reversed(wanted))
            try:
                self._lanes.run()
            except Cancelled:
                self._cancellation.cancel()
        results = {cell.id: cell.entry for cell in wanted if cell.entry is not None}
        failures = tuple(self._failures)
        if self._cancellation.is_set:
            return Outcome("cancelled", results, failures)
        if plan.open and not self._lanes.is_stopped:
            raise self._stuck()
        return Outcome("failed" if failures else "succeeded", results, failures)

    def _stop(self) -> None:
        with self._lanes.lock:
            self._lanes.stop()

    def _stuck(self) -> NodeError:
        stuck = self._plan.stuck()
        names = ", ".join(f"'{cell.id}'" for cell in stuck[:8])
        first = stuck[0]
        return NodeError(
            f"node '{first.origin.submitted}' ({first.node.kind}): its expansion has a cycle "
            f"through {names}; nodes must not wait for each other. Cut one of the links.",
            code="cycle",
        )

    # One step of one cell: `_work` is called by the lanes, without the lock.

    def _work(self, cell: Cell) -> Coroutine[Any, Any, None] | None:
        self._cancellation.check()
        if cell.is_stored:
            self._load(cell)
            return None
        if cell.rows is not None:
            self._assemble(cell, cell.rows)
            return None
        calls = self._prepare(cell)
        if calls is None:
            return None
        self._listen(NodeStarted(cell.origin, len(calls)))
        if cell.declaration.is_async:
            return self._work_async(cell, calls)
        rows = [self._performer.perform(cell, call) for call in self._while_wanted(calls)]
        self._settle(cell, calls, rows)
        return None

    def _load(self, cell: Cell) -> None:
        """Take the result from disk; if it is gone or damaged after all, compute it."""
        cell.is_stored = False
        entry = self._keeping.load(cell.key, cell.declaration.spec)
        with self._lanes.lock:
            if entry is None:
                self._plan.follow(cell)
                return
            for one in (cell, *cell.followers):
                self._found(one, entry)
            cell.followers = []

    async def _work_async(self, cell: Cell, calls: list[Call]) -> None:
        wanted = self._while_wanted(calls)
        rows = [await self._performer.perform_async(cell, call) for call in wanted]
        self._settle(cell, calls, rows)

    def _while_wanted(self, calls: list[Call]) -> Iterator[Call]:
        """The calls one by one; no further one once a failure has stopped the run."""
        for call in calls:
            if self._failures and self._on_failure == "stop":
                return
            yield call

    def _prepare(self, cell: Cell) -> list[Call] | None:
        """The calls to make; None if the cell waits for lazy inputs, or cannot say for which."""
        spec = cell.declaration.spec
        calls = calls_of(spec, given(cell, self._plan))  # what it reads is held for it: no lock
        try:
            names = needed(cell, calls)
        except Exception as error:  # noqa: BLE001 - a node's own code
            failed = failed_row(self._fail, cell, calls[0], error)
            self._assemble(cell, [failed] * len(calls))
            return None
        if names:
            with self._lanes.lock:
                if self._plan.ask(cell, names):
                    return None
                calls = calls_of(spec, given(cell, self._plan))
        return calls

    def _settle(self, cell: Cell, calls: list[Call], rows: list[Row]) -> None:
        """Finish a cell, or let it wait for the expansions of its calls.

        A call without a row was not made any more; it counts as failed.
        """
        unmade = stopped_row(cell.declaration.spec, Failed(cell.origin.submitted))
        rows += [unmade] * (len(calls) - len(rows))
        if not any(row.is_open for row in rows):
            skipped = bool(calls) and all(type(call.stop) is Failed for call in calls)
            self._assemble(cell, rows, skipped=skipped)
            return
        links: list[Link] = []
        beside: list[Cell] = []
        with self._lanes.lock:
            for place, (call, row) in enumerate(zip(calls, rows, strict=True)):
                if row.is_open:
                    try:
                        rows[place] = self._expanded(cell, call, row, beside)
                    except Error as error:
                        rows[place] = failed_row(self._note_failure, cell, call, error)
                links += [slot for slot in rows[place].outputs if isinstance(slot, Link)]
            cell.rows = rows
            self._plan.await_links(cell, links, beside)

    def _expanded(self, cell: Cell, call: Call, row: Row, beside: list[Cell]) -> Row:
        nodes = row.expand or {}
        ids = self._plan.add(nodes, cell, call.index)
        beside += [c for i in ids.values() if (c := self._plan.cells[i]).declaration.spec.is_target]
        outputs = tuple(
            self._plan.link(ids, slot) if isinstance(slot, Link) else slot for slot in row.outputs
        )
        return replace(row, outputs=outputs, expand=None)

    def _assemble(self, cell: Cell, rows: list[Row], *, skipped: bool = False) -> None:
        entry = assemble(
            cell.declaration.spec,
            rows,
            lambda link: self._plan.cells[link.node].entry.slots[int(link.output)],  # type: ignore[union-attr] # read, so still there
        )
        failed = entry.is_lost or (bool(rows) and all(row.failed for row in rows))
        was_found = bool(rows) and all(row.is_found for row in rows)
        how: How = (
            "skipped" if skipped else "failed" if failed else "cached" if was_found else "computed"
        )
        seconds = entry.seconds
        if cell.seconds:  # its expansions are a part of what it takes to make it
            entry = replace(entry, seconds=seconds + cell.seconds)
        is_kept_by_calls = cell.is_late and all(row.key != cell.key for row in rows)
        if is_kept_by_calls or cell.is_uncertain:
            weight = self._keeping.weight(entry, cell.declaration.spec)
        else:
            weight = self._keeping.keep(cell.key, entry, cell.declaration.spec)
        with self._lanes.lock:
            self._finish(cell, entry, how, weight, seconds)
            for follower in cell.followers:
                self._finish(follower, entry, "shared" if how == "computed" else how, weight)
            cell.followers = []

    def _found(self, cell: Cell, entry: Entry) -> None:
        weight = self._keeping.weight(entry, cell.declaration.spec)
        self._finish(cell, entry, "cached", weight)

    def _finish(
        self, cell: Cell, entry: Entry, how: How, weight: int, seconds: float = 0.0
    ) -> None:
        """Tell and note that a cell is done; with the lock."""
        if entry.ui or entry.effects:
            is_cached = how in ("cached", "shared")
            self._listen(Executed(cell.origin, entry.ui or {}, entry.effects, is_cached))
        self._listen(NodeFinished(cell.origin, how, seconds if how == "computed" else 0.0, weight))
        self._plan.finish(cell, entry)

    def _fail(self, event: NodeFailed) -> None:
        with self._lanes.lock:
            self._note_failure(event)

    def _note_failure(self, event: NodeFailed) -> None:
        self._failures.append(event)
        self._listen(event)
        if self._on_failure == "stop":
            self._lanes.stop()
