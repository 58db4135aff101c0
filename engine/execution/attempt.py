"""Making one call: its context, its result or its failure, and what is already kept of it."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from paintgraph.base.errors import Error
from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.execution.calls import Call, checked, described, stopped_row
from paintgraph.engine.execution.expansions import as_declared
from paintgraph.engine.execution.names import Names
from paintgraph.engine.execution.plan import Cell, Plan, element_key
from paintgraph.engine.execution.store import Keeping
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import (
    NO_FACTS,
    Blocked,
    Element,
    Entry,
    Facts,
    Failed,
    Result,
    Row,
    Slot,
    Socket,
    Value,
    shown,
)
from paintgraph.engine.graph.spec import NodeSpec, OutputSpec
from paintgraph.engine.node.context import Cancellation, Context, Services
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.events import Listener, NodeFailed, Warned
from paintgraph.engine.node.registry import Registry


@dataclass(frozen=True, slots=True)
class Performer:
    """Makes the calls of one run. `fail` is called with each failure.

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

    def attempt(self, cell: Cell, call: Call) -> Row:
        """Make a call of an ordinary node."""
        began = time.perf_counter()
        try:
            prepared = self._prepared(cell, call)
            if isinstance(prepared, Row):
                return prepared
            context = self.context(cell, prepared.index, prepared.inputs)
            returned = cell.declaration.call(context, prepared.inputs)
            return self._row(cell, prepared, returned, time.perf_counter() - began)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - a node's own code
            return failed_row(self.fail, cell, call, error)

    async def attempt_async(self, cell: Cell, call: Call) -> Row:
        """Make a call of an async node."""
        began = time.perf_counter()
        try:
            prepared = self._prepared(cell, call)
            if isinstance(prepared, Row):
                return prepared
            context = self.context(cell, prepared.index, prepared.inputs)
            returned = await _awaited(cell.declaration.call(context, prepared.inputs))
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
                self.listen(Warned(cell.origin, call.index, call.stop.message, "blocked"))
            return stopped_row(spec, call.stop)
        inputs = call.inputs
        if cell.is_late:
            inputs = self.names.arrived(checked(inputs, cell.unsure, registry), cell.declaration)
        key = self.plan.key_of_call(cell, inputs)
        if key != cell.key and (entry := self.keeping.find(key, spec)):
            return Row(entry.slots, entry.ui, entry.effects, entry.seconds, key=key, is_found=True)
        if not cell.is_late:
            inputs = checked(inputs, cell.unsure, registry)
        return _Prepared(call.index, inputs, key)

    def context(self, cell: Cell, element: int, inputs: Mapping[str, Any]) -> Context:
        """What the node may ask for."""
        return Context(
            origin=cell.origin,
            element=element,
            job=self.job,
            services=self.services,
            cancellation=self.cancellation,
            listen=self.listen,
            input_facts={n: v.facts for n, v in inputs.items() if type(v) is Value},
            nodes=self.plan,
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
        if expand and declaration.spec.is_open:
            expand = as_declared(expand, self.keeping.registry)
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
    """Report a failed call; gives the row that stands for it."""
    if isinstance(error, Error):
        code, message = error.code, error.message
    else:
        place = _place(cell.declaration.spec.module, error)
        code, message = NodeError.code, f"{type(error).__name__}: {error}{place}"
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


def _place(module: str, error: Exception) -> str:
    """The last line of an own node's module that an error came by; empty for other nodes."""
    place = ""
    if module.partition(".")[0] != "paintgraph":
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__") == module:
                place = f" ({PurePath(frame.f_code.co_filename).name}, line {line})"
    return place


def result_of(spec: NodeSpec, returned: object) -> Result:
    """What a call returned, as a `Result` with one value per output."""
    if type(returned) is Result:
        result = returned
        if type(result.values) is not tuple:
            result = Result(tuple(result.values), result.ui, result.effects, result.expand)
    elif type(returned) is Blocked:
        return Result((returned,) * len(spec.outputs))
    elif returned is None and not spec.outputs:
        return Result()
    elif len(spec.outputs) == 1 and not _is_record(returned):
        return Result((returned,))
    else:
        result = Result(returned if isinstance(returned, tuple) else (returned,))
    if len(result.values) != len(spec.outputs):
        raise NodeError(
            f"{spec.id} returned {len(result.values)} values for its {len(spec.outputs)} outputs. "
            "This is a fault of the node.",
            code="bad_node",
        )
    return result


def _is_record(returned: object) -> bool:
    return isinstance(returned, tuple) and hasattr(returned, "_fields")


def outputs_of(  # noqa: PLR0913 - what a value is made of
    declaration: Declaration,
    registry: Registry,
    inputs: Mapping[str, Any],
    result: Result,
    key: str,
    *,
    by_content: bool = False,
) -> tuple[Slot | Link, ...]:
    """Checked, frozen values of one call, with facts and keys."""
    slots: list[Slot | Link] = []
    for place, (output, datum) in enumerate(
        zip(declaration.spec.outputs, result.values, strict=True)
    ):
        if type(datum) is Link:
            slots.append(datum)
            continue
        if type(datum) is Blocked:
            slots.append((datum,))
            continue
        wrap = _wrapper(declaration.spec, registry, inputs, output, by_content=by_content)
        if output.is_list:
            if not isinstance(datum, list | tuple):
                raise NodeError(
                    f"output '{output.name}' of {declaration.spec.id} is {shown(datum)}; allowed "
                    "is a list. This is a fault of the node.",
                    code="bad_node",
                )
            slots.append(
                tuple(wrap(entry, element_key(key, place, i)) for i, entry in enumerate(datum))
            )
        else:
            slots.append((wrap(datum, element_key(key, place)),))
    return tuple(slots)


def _wrapper(
    spec: NodeSpec,
    registry: Registry,
    inputs: Mapping[str, Any],
    output: OutputSpec,
    *,
    by_content: bool,
) -> Callable[[Any, str], Element]:
    socket = registry.socket(output.type)

    def wrap(datum: Any, key: str) -> Element:
        if type(datum) is Blocked:
            return datum
        said = datum if type(datum) is Value else None
        raw = datum if said is None else said.data
        try:
            data = raw if spec.is_open else socket.check(raw)
        except ValueError as error:
            raise NodeError(
                f"output '{output.name}' of {spec.id} {error}. This is a fault of the node.",
                code="bad_node",
            ) from error
        facts = said.facts if said is not None else _facts(spec, inputs, socket, raw)
        value = Value(data, facts, key)
        if by_content and socket.digest is not None:
            value = Value(data, facts, socket.digest(value))
        return value

    return wrap


def _facts(spec: NodeSpec, inputs: Mapping[str, Any], socket: Socket, datum: object) -> Facts:
    """A datum passed through keeps its facts; else they follow from the first input of its type.

    A socket's `common_facts` follow from the first other input if those of its own type have none;
    its `own_facts` never follow.
    """
    first: Facts = NO_FACTS
    other: Facts = NO_FACTS
    for declared in spec.inputs:
        given = inputs.get(declared.name)
        value = given[0] if type(given) is list and given else given
        if type(value) is Value:
            if value.data is datum:
                return value.facts
            if not value.facts:
                continue
            if not set(socket.name.split("|")).isdisjoint(declared.type.split("|")):
                first = first or _without(value.facts, socket.own_facts)
            elif not other:
                other = {n: fact for n, fact in value.facts.items() if n in socket.common_facts}
    return first or other


def _without(facts: Facts, names: frozenset[str]) -> Facts:
    return {n: f for n, f in facts.items() if n not in names} if names & facts.keys() else facts
