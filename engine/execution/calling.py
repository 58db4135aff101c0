"""Making one call: its context, its result or its failure, and what is already kept of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paintgraph.base.errors import Error
from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.execution.calls import Call, described, outputs_of, result_of, stopped_row
from paintgraph.engine.execution.input_checks import checked
from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.node_run import Cell
from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.execution.result_storage import Keeping
from paintgraph.engine.graph.elements import Blocked, Entry, Failed, Row
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Cancellation, Context, Services
from paintgraph.engine.node.events import Listener, NodeFailed, Warned


@dataclass(frozen=True, slots=True)
class Performer:
    """Makes the calls of one run. `fail` is told of each failure.

    Whatever a node raises, except Cancelled, becomes a failed row.
    """

    plan: Plan
    names: Names
    keeping: Keeping
    services: Services
    cancellation: Cancellation
    job: str
    listen: Listener
    fail: Callable[[NodeFailed], None]

    def perform(self, cell: Cell, call: Call) -> Row:
        """Make a call of an ordinary node."""
        began = time.perf_counter()
        try:
            prepared = self._prepared(cell, call)
            if isinstance(prepared, Row):
                return prepared
            returned = cell.declaration.call(self._context(cell, prepared), prepared.inputs)
            return self._row(cell, prepared, returned, time.perf_counter() - began)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a node's own code
            return failed_row(self.fail, cell, call, error)

    async def perform_async(self, cell: Cell, call: Call) -> Row:
        """Make a call of an async node."""
        began = time.perf_counter()
        try:
            prepared = self._prepared(cell, call)
            if isinstance(prepared, Row):
                return prepared
            coroutine = cell.declaration.call(self._context(cell, prepared), prepared.inputs)
            returned = await _awaited(coroutine)
            return self._row(cell, prepared, returned, time.perf_counter() - began)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a node's own code
            return failed_row(self.fail, cell, call, error)

    def _prepared(self, cell: Cell, call: Call) -> "_Prepared | Row":
        """What the node gets, or the row of a call that need not be made."""
        self.cancellation.check()
        spec, registry = cell.declaration.spec, self.keeping.registry
        if call.stop is not None:
            if type(call.stop) is Blocked and call.stop.message:
                self.listen(Warned(cell.origin, call.index, call.stop.message))
            return stopped_row(spec, call.stop)
        inputs = call.inputs
        if cell.is_late:
            inputs = self.names.arrived(checked(inputs, cell.unsure, registry), cell.declaration)
        key = self.plan.keys.of_call(cell, inputs)
        if key != cell.key and (entry := self.keeping.find(key, spec)):
            return Row(entry.slots, entry.ui, entry.effects, entry.seconds, key=key, is_found=True)
        if not cell.is_late:
            inputs = checked(inputs, cell.unsure, registry)
        return _Prepared(call.index, inputs, key)

    def _context(self, cell: Cell, prepared: "_Prepared") -> Context:
        """What the node may ask for."""
        return Context(
            origin=cell.origin,
            element=prepared.index,
            job=self.job,
            services=self.services,
            cancellation=self.cancellation,
            listen=self.listen,
            input_facts={n: v.facts for n, v in prepared.inputs.items() if type(v) is Value},
        )

    def _row(self, cell: Cell, prepared: "_Prepared", returned: object, seconds: float) -> Row:
        """The row of what the node returned, kept if the call has a key of its own."""
        declaration, key = cell.declaration, prepared.key
        result = result_of(declaration.spec, returned)
        outputs = outputs_of(
            declaration,
            self.keeping.registry,
            prepared.inputs,
            result,
            key,
            by_content=cell.is_late,
        )
        ui = None if result.ui is None else {n: tuple(v) for n, v in result.ui.items()}
        expand = result.expand
        if expand:
            expand = self.names.in_expansion(expand, strict=declaration.expand is None)
        row = Row(outputs, ui, tuple(result.effects), seconds, expand, key=key)
        if key != cell.key and not row.is_open:
            whole = tuple(slot for slot in outputs if isinstance(slot, tuple))
            self.keeping.keep(key, Entry(whole, ui, row.effects, seconds), declaration.spec)
        return row


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A call that is to be made: what the node gets, and the key of what it gives."""

    index: int
    inputs: Mapping[str, Any]
    key: str


async def _awaited(returned: Awaitable[object]) -> object:
    """What a node gives in the end; that it was cancelled by something else is its failure."""
    try:
        return await returned
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise NodeError("it was cancelled, though the run was not.") from error


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
