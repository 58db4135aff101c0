"""Running a graph: demand the targets, call what is ready, keep and report what came out.

Results do not depend on the order in which lanes happen to work: equal to a serial run, bit for
bit, as long as nodes are deterministic.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from paintgraph.base.errors import Error
from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.execution.attempt import Performer, failed_row
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.calls import (
    Call,
    Given,
    assemble,
    calls_of,
    given,
    needed,
    repetition,
    stopped_row,
)
from paintgraph.engine.execution.expansions import executed_inside
from paintgraph.engine.execution.lanes import DEFAULT_LANES, Lanes
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.plan import NOTHING, Plan
from paintgraph.engine.execution.schedule import Schedule, Step
from paintgraph.engine.execution.store import Keeping, ResultStore
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.sockets import Entry, Failed, Row, Slot, Value
from paintgraph.engine.node.context import Cancellation, Services
from paintgraph.engine.node.events import (
    Executed,
    How,
    Kept,
    Listener,
    NodeFailed,
    NodeFinished,
    NodeStarted,
    Warned,
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
    extra: Mapping[str, Any] = NOTHING,
) -> Outcome:
    """Run the parts of a bound graph that the targets (node ids) need.

    A failing node fails what reads it; the rest goes on unless `on_failure` is "stop": then no
    further call is made, not even of the failing node. `listen` is called from several threads, one
    event at a time for facts; it must be quick and must not call back. `extra` is what came beside
    the graph, for nodes that ask for it; no key knows of it. Raises Error only for faults that a
    check of the graph would have found.
    """
    wished = replace(worker, binders=worker.binders.of(graph.descriptions))
    it = _Run(wished, job, listen, cancellation or Cancellation(), on_failure, extra)
    return it.go(graph, targets)


class _Run:
    def __init__(  # noqa: PLR0913 - as many as `run` has
        self,
        worker: Worker,
        job: str,
        listen: Listener,
        cancellation: Cancellation,
        on_failure: OnFailure,
        extra: Mapping[str, Any],
    ) -> None:
        self._listen = listen
        self._cancellation = cancellation
        self._on_failure = on_failure
        self._lanes = Lanes(worker.lanes, self._work)
        blobs = worker.services.find(Blobs)
        self._keeping = Keeping(worker.registry, worker.memory, worker.store, blobs)
        self._failures: list[NodeFailed] = []
        names = Names(worker.registry, worker.binders)
        self._plan = Plan(worker.registry, names, job, worker.environment, extra)
        self._schedule = Schedule(self._plan, self._keeping, self._lanes.push, self._found)
        self._performer = Performer(
            self._plan, names, self._keeping, worker.services, cancellation, job, listen, self._fail
        )

    def go(self, graph: Graph, targets: Iterable[str]) -> Outcome:
        schedule = self._schedule
        self._plan.add(graph.nodes)
        with self._cancellation.watched_by(self._stop):
            with self._lanes.lock:
                wanted = [schedule.step(target) for target in dict.fromkeys(targets)]
                for step in wanted:
                    step.pinned = True
                self._tell_what_is_kept(wanted)
                schedule.demand(reversed(wanted))
            try:
                self._lanes.run()
            except Cancelled:
                self._cancellation.cancel()
            finally:
                self._keeping.end_run(cell.key for cell in self._plan.cells.values())
        results = {step.cell.id: step.entry for step in wanted if step.entry is not None}
        if self._cancellation.is_set:
            return Outcome("cancelled", results, tuple(self._failures))
        if schedule.open and not self._lanes.is_stopped:
            self._fail(self._knot())
        failures = tuple(self._failures)
        return Outcome("failed" if failures else "succeeded", results, failures)

    def _tell_what_is_kept(self, wanted: Iterable[Step]) -> None:
        for step in wanted:
            self._plan.key_of(step.cell)  # and those of all that it needs
        cells = self._plan.cells
        has = self._keeping.has
        kept = tuple(id_ for id_, c in cells.items() if has(c.key, c.declaration.spec))
        if kept:
            self._listen(Kept(kept))

    def _stop(self) -> None:
        with self._lanes.lock:
            self._lanes.stop()

    def _knot(self) -> NodeFailed:
        """The fault of an expansion that reads what waits for it."""
        stuck = self._schedule.stuck()
        names = ", ".join(f"'{step.cell.id}'" for step in stuck[:8])
        cell = next((step for step in stuck if step.rows is not None), stuck[0]).cell
        message = (
            f"node '{cell.origin.submitted}' ({cell.node.kind}): its expansion has a cycle "
            f"through {names}; nodes must not wait for each other. Cut one of the links."
        )
        return NodeFailed(cell.origin, 0, "cycle", message, {}, NodeError(message, code="cycle"))

    # `_work` is called by the lanes, without the lock.

    def _work(self, step: Step) -> Coroutine[Any, Any, None] | None:
        self._cancellation.check()
        if step.is_stored:
            self._load(step)
            return None
        if step.rows is not None:
            self._assemble(step, step.rows)
            return None
        calls = self._prepare(step)
        if calls is None:
            return None
        self._listen(NodeStarted(step.cell.origin, len(calls)))
        if step.cell.declaration.is_async:
            return self._work_async(step, calls)
        rows = [self._performer.attempt(step.cell, call) for call in self._while_wanted(calls)]
        self._settle(step, calls, rows)
        return None

    def _load(self, step: Step) -> None:
        """Take the result from disk; if it is gone or damaged after all, compute it."""
        step.is_stored = False
        entry = self._keeping.load(step.cell.key, step.cell.declaration.spec)
        with self._lanes.lock:
            if entry is None:
                self._schedule.follow(step)
                return
            for one in (step, *step.followers):
                self._found(one, entry)
            step.followers = []

    async def _work_async(self, step: Step, calls: list[Call]) -> None:
        attempts = [
            asyncio.create_task(self._performer.attempt_async(step.cell, call))
            for call in self._while_wanted(calls)
        ]
        try:
            rows = await asyncio.gather(*attempts)
        finally:
            for attempt in attempts:
                attempt.cancel()
        self._settle(step, calls, rows)

    def _while_wanted(self, calls: list[Call]) -> Iterator[Call]:
        """The calls one by one; no further one once a failure has stopped the run."""
        for call in calls:
            if self._failures and self._on_failure == "stop":
                return
            yield call

    def _prepare(self, step: Step) -> list[Call] | None:
        """The calls to make; None if the step waits for lazy inputs, or cannot say for which."""
        spec = step.cell.declaration.spec
        inputs = self._given(step)  # what it reads is held for it: no lock
        calls = calls_of(spec, inputs)
        try:
            names = needed(step.cell, step.asked, calls, self._performer.context)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a node's own code
            failed = failed_row(self._fail, step.cell, calls[0], error)
            self._assemble(step, [failed] * len(calls))
            return None
        if names:
            with self._lanes.lock:
                if self._schedule.ask(step, names):
                    return None
                inputs = self._given(step)
                calls = calls_of(spec, inputs)
        if repeated := repetition(spec, inputs):
            self._performer.listen(Warned(step.cell.origin, 0, repeated, "uneven_lists"))
        return calls

    def _given(self, step: Step) -> dict[str, Given]:
        return given(step.cell, step.reading, step.asked, self._slot, self._slot_if_there)

    def _slot(self, link: Link) -> Slot:
        """What came by a link; whoever reads it holds it, so it is there."""
        entry = self._schedule.step(link.node).entry
        return entry.slots[int(link.output)] if entry is not None else ()

    def _slot_if_there(self, link: Link) -> Slot | None:
        """What came by a link, or is kept, if it can be read; nothing runs for it."""
        step = self._schedule.step(link.node)
        entry = step.entry or self._keeping.recall(step.cell.key)
        slot = entry.slots[int(link.output)] if entry is not None else ()
        return slot if slot and all(type(element) is Value for element in slot) else None

    def _settle(self, step: Step, calls: list[Call], rows: list[Row]) -> None:
        """Finish a step, or let it wait for the expansions of its calls.

        A call without a row was not made any more; it counts as failed.
        """
        unmade = stopped_row(step.cell.declaration.spec, Failed(step.cell.origin.submitted))
        rows += [unmade] * (len(calls) - len(rows))
        if not any(row.is_open for row in rows):
            skipped = bool(calls) and all(type(call.stop) is Failed for call in calls)
            self._assemble(step, rows, skipped=skipped)
            return
        links: list[Link] = []
        beside: list[Step] = []
        with self._lanes.lock:
            for place, (call, row) in enumerate(zip(calls, rows, strict=True)):
                if row.is_open:
                    try:
                        rows[place] = self._expanded(step, call, row, beside)
                    except Error as error:
                        rows[place] = failed_row(self._note_failure, step.cell, call, error)
                links += [slot for slot in rows[place].outputs if isinstance(slot, Link)]
            step.rows = rows
            self._schedule.await_links(step, links, beside)

    def _expanded(self, step: Step, call: Call, row: Row, beside: list[Step]) -> Row:
        nodes = row.expand or {}
        ids = self._plan.add(nodes, step.cell, call.index)
        added = [self._schedule.step(id_) for id_ in ids.values()]
        beside += [one for one in added if one.cell.declaration.spec.is_target]
        outputs = tuple(
            self._plan.link(ids, slot) if isinstance(slot, Link) else slot for slot in row.outputs
        )
        return replace(row, outputs=outputs, expand=None)

    def _assemble(self, step: Step, rows: list[Row], *, skipped: bool = False) -> None:
        entry = assemble(step.cell.declaration.spec, rows, self._slot)
        failed = entry.is_lost or (bool(rows) and all(row.failed for row in rows))
        was_found = bool(rows) and all(row.is_found for row in rows)
        how: How = (
            "skipped" if skipped else "failed" if failed else "cached" if was_found else "computed"
        )
        seconds = entry.seconds
        if step.rows is not None:  # its expansions are a part of what it takes to make it
            total = seconds + step.seconds
            entry = replace(entry, seconds=total, inside=tuple(step.inside))
        is_kept_by_calls = step.cell.is_late and all(row.key != step.cell.key for row in rows)
        if any(row.failed for row in rows):  # of one without outputs no element tells
            step.cell.is_uncertain = True
        if is_kept_by_calls or step.cell.is_uncertain:
            weight = self._keeping.weight(entry, step.cell.declaration.spec)
        else:
            weight = self._keeping.keep(step.cell.key, entry, step.cell.declaration.spec)
        with self._lanes.lock:
            self._finish(step, entry, how, weight, seconds)
            for follower in step.followers:
                self._finish(follower, entry, "shared" if how == "computed" else how, weight)
            step.followers = []

    def _found(self, step: Step, entry: Entry) -> None:
        weight = self._keeping.weight(entry, step.cell.declaration.spec)
        for event in executed_inside(step.cell.origin, entry):
            self._listen(event)
        self._finish(step, entry, "cached", weight)

    def _finish(
        self, step: Step, entry: Entry, how: How, weight: int, seconds: float = 0.0
    ) -> None:
        """Report and note that a step is done; with the lock."""
        if entry.ui or entry.effects:
            is_cached = how in ("cached", "shared")
            self._listen(Executed(step.cell.origin, entry.ui or {}, entry.effects, is_cached))
        spent = seconds if how == "computed" else 0.0
        self._listen(NodeFinished(step.cell.origin, how, spent, weight))
        self._schedule.finish(step, entry)

    def _fail(self, event: NodeFailed) -> None:
        with self._lanes.lock:
            self._note_failure(event)

    def _note_failure(self, event: NodeFailed) -> None:
        self._failures.append(event)
        self._listen(event)
        if self._on_failure == "stop":
            self._lanes.stop()
