"""Making one call: its context, its result or its failure, and what is already kept of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from paintgraph.base.errors import Error
from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.execution.calls import Call, described, outputs_of, result_of, stopped_row
from paintgraph.engine.execution.input_checks import checked
from paintgraph.engine.execution.node_run import Cell
from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.execution.result_storage import Keeping
from paintgraph.engine.graph.elements import Blocked, Entry, Failed, Row
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Cancellation, Context, Services
from paintgraph.engine.node.events import Listener, NodeFailed, Warned


@dataclass(frozen=True, slots=True)
class Performer:
    """Makes the calls of one run. `fail` is told of each failure."""

    plan: Plan
    keeping: Keeping
    services: Services
    cancellation: Cancellation
    job: str
    listen: Listener
    fail: Callable[[NodeFailed], None]

    def perform(self, cell: Cell, call: Call) -> Row:
        """Make a call of an ordinary node."""
        with _Attempt(self, cell, call) as attempt:
            if attempt.is_open:
                attempt.take(cell.declaration.call(attempt.context, attempt.inputs))
        return attempt.row

    async def perform_async(self, cell: Cell, call: Call) -> Row:
        """Make a call of an async node."""
        with _Attempt(self, cell, call) as attempt:
            if attempt.is_open:
                attempt.take(await _awaited(cell.declaration.call(attempt.context, attempt.inputs)))
        return attempt.row


async def _awaited(returned: Awaitable[object]) -> object:
    """What a node gives in the end; that it was cancelled by something else is its failure."""
    try:
        return await returned
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise NodeError("it was cancelled, though the run was not.") from error


class _Attempt(AbstractContextManager["_Attempt"]):
    """One call. Anything that the node raises, except Cancelled, becomes a failed row."""

    row: Row

    def __init__(self, performer: Performer, cell: Cell, call: Call) -> None:
        self._performer = performer
        self._cell = cell
        self._call = call
        self._key = ""
        self._began = 0.0
        self.is_open = False

    def __enter__(self) -> Self:
        performer, cell, call = self._performer, self._cell, self._call
        performer.cancellation.check()
        spec = cell.declaration.spec
        if call.stop is not None:
            if type(call.stop) is Blocked and call.stop.message:
                performer.listen(Warned(cell.origin, call.index, call.stop.message))
            self.row = stopped_row(spec, call.stop)
            return self
        self._key = performer.plan.keys.of_call(cell, call.inputs)
        if self._key != cell.key and (entry := performer.keeping.find(self._key, spec)):
            self.row = Row(entry.slots, entry.ui, entry.effects)
            return self
        self.is_open = True
        self._began = time.perf_counter()
        return self

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What the node gets; raises NodeError for what arrived and does not fit."""
        registry = self._performer.keeping.registry
        return checked(self._call.inputs, self._cell.unsure, registry)

    @property
    def context(self) -> Context:
        """What the node may ask for."""
        performer, cell, call = self._performer, self._cell, self._call
        return Context(
            origin=cell.origin,
            element=call.index,
            job=performer.job,
            services=performer.services,
            cancellation=performer.cancellation,
            listen=performer.listen,
            input_facts={n: v.facts for n, v in call.inputs.items() if type(v) is Value},
        )

    def take(self, returned: object) -> None:
        """Make a row of what the node returned."""
        seconds = time.perf_counter() - self._began
        performer, cell = self._performer, self._cell
        spec = cell.declaration.spec
        result = result_of(spec, returned)
        outputs = outputs_of(
            cell.declaration,
            performer.keeping.registry,
            self._call.inputs,
            result,
            self._key,
            by_content=cell.is_late,
        )
        ui = None if result.ui is None else {n: tuple(v) for n, v in result.ui.items()}
        self.row = Row(outputs, ui, tuple(result.effects), seconds, result.expand)
        if self._key != cell.key and not self.row.is_open:
            whole = tuple(slot for slot in outputs if isinstance(slot, tuple))
            performer.keeping.keep(self._key, Entry(whole, ui, self.row.effects, seconds), spec)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, Cancelled):
            return False
        self.row = failed_row(self._performer.fail, self._cell, self._call, error)
        return True


def failed_row(fail: Callable[[NodeFailed], None], cell: Cell, call: Call, error: Exception) -> Row:
    """Tell of a failed call; gives the row that stands for it."""
    if isinstance(error, Error):
        code, message = error.code, error.message
    else:
        code, message = NodeError.code, f"{type(error).__name__}: {error}"
    event = NodeFailed(
        cell.origin,
        call.index,
        code,
        f"node '{cell.origin.submitted}' ({cell.node.kind}): {message}",
        described(call.inputs),
        error,
    )
    fail(event)
    return stopped_row(cell.declaration.spec, Failed(cell.origin.submitted))
