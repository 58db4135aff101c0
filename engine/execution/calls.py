"""From slots to calls: which elements a node is called with, and whether they fit its inputs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.execution.plan import Cell
from paintgraph.engine.graph.coercion import Wrong, canonical, in_order
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import (
    PLAIN_SOCKETS,
    Blocked,
    Entry,
    Failed,
    Row,
    Slot,
    Slots,
    Socket,
    Value,
)
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.registry import Registry

Given = Slot | Link | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a node reads its inputs, worked out once: defaults, and which are lazy or raw.

    What counts only at times has the default None where it is not there.
    """

    defaults: Mapping[str, object]
    lazy: frozenset[str]
    raw: frozenset[str]

    @staticmethod
    def of(spec: NodeSpec) -> "Reading":
        """How a node of this spec reads."""
        return Reading(
            {i.name: i.default for i in spec.inputs if not (i.required or i.omitted) or i.when},
            frozenset(i.name for i in spec.inputs if i.lazy),
            frozenset(i.name for i in spec.inputs if i.raw),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. `stop` takes the place of its outputs when an input has no value."""

    index: int
    inputs: Mapping[str, Any]
    stop: Blocked | Failed | None = None


def calls_of(spec: NodeSpec, given: Mapping[str, Given]) -> list[Call]:
    """The calls of a node over its inputs' slots.

    One call per element up to the longest slot, shorter ones repeat their last element; an empty
    slot means no call at all. A node that takes lists is called once.
    """
    if spec.takes_lists:
        whole = {name: list(v) if type(v) is tuple else v for name, v in given.items()}
        return [Call(0, whole, _stop(e for v in given.values() if type(v) is tuple for e in v))]
    sizes = [len(slot) for slot in given.values() if type(slot) is tuple]
    if 0 in sizes:
        return []
    calls = []
    for index in range(max(sizes, default=1)):
        inputs = {name: _at(slot, index) for name, slot in given.items()}
        calls.append(Call(index, inputs, _stop(inputs.values())))
    return calls


def repetition(spec: NodeSpec, given: Mapping[str, Given]) -> str:
    """A warning if `calls_of` repeats the last element of a list beside a longer one, else ""."""
    if spec.takes_lists:
        return ""
    sizes = {name: len(slot) for name, slot in given.items() if type(slot) is tuple}
    most = max(sizes.values(), default=0)
    short = [name for name, size in sizes.items() if 1 < size < most]
    if not short:
        return ""
    long = next(name for name, size in sizes.items() if size == most)
    told = ", ".join(f"'{name}' is a list of {sizes[name]}" for name in short)
    return (
        f"{told}, but '{long}' is one of {most}; the last of the shorter list goes with the rest. "
        "If they are files that belong together, put PairByName between, which goes by their names."
    )


def _at(slot: Given, index: int) -> Any:
    return slot[min(index, len(slot) - 1)] if type(slot) is tuple else slot


def _stop(elements: Any) -> Blocked | Failed | None:
    """A failed element outweighs a blocked one."""
    blocked = None
    for element in elements:
        if type(element) is Failed:
            return element
        if type(element) is Blocked:
            blocked = blocked or element
    return blocked


def stopped_row(spec: NodeSpec, stop: Blocked | Failed) -> Row:
    """What a call that is left out gives."""
    silent = Blocked() if type(stop) is Blocked else stop
    return Row(tuple((silent,) for _ in spec.outputs), failed=type(stop) is Failed)


def given(
    cell: Cell,
    reading: Reading,
    asked: Collection[str],
    slot_at: Callable[[Link], Given],
    slot_if_there: Callable[[Link], Given],
) -> dict[str, Given]:
    """What is at each input: a slot, the link itself where raw, None where not evaluated.

    `asked` are the lazy inputs that are evaluated; `slot_at(link)` gives what came by a link. Open
    nodes get of a lazy input that was not asked for what is there all the same, as in ComfyUI.
    """
    own = cell.node.inputs
    found: dict[str, Given] = {
        name: (Value(default),) for name, default in reading.defaults.items() if name not in own
    }
    for name, value in own.items():
        link = cell.links.get(name)
        if link is None:
            found[name] = (value if type(value) in (Value, Blocked) else Value(value),)
        elif name in reading.raw:
            found[name] = link
        elif name in reading.lazy and name not in asked:
            found[name] = slot_if_there(link) if cell.declaration.spec.is_open else None
        else:
            found[name] = slot_at(link)
    return found


def needed(
    cell: Cell,
    asked_before: Collection[str],
    calls: Sequence[Call],
    context_of: Callable[[Cell, int, Mapping[str, Any]], Context],
) -> list[str]:
    """Lazy inputs that the calls will read and that are not there yet; runs code of the node."""
    needs = cell.declaration.needs
    if needs is None:
        return []
    asked: dict[str, None] = {}
    for call in calls:
        if call.stop is None:
            context = context_of(cell, call.index, call.inputs)
            asked.update(dict.fromkeys(needs(context, call.inputs)))
    return [name for name in asked if name in cell.links and name not in asked_before]


def checked(
    inputs: Mapping[str, Any], unsure_inputs: tuple[InputSpec, ...], registry: Registry
) -> Mapping[str, Any]:
    """The inputs of a call with such data in canonical form; raises NodeError if one is wrong."""
    if not unsure_inputs:
        return inputs
    changed = dict(inputs)
    for declared in unsure_inputs:
        given = inputs[declared.name]
        if type(given) is Value:
            changed[declared.name] = _checked(declared, given, registry)
        elif type(given) is list:
            changed[declared.name] = [_checked(declared, value, registry) for value in given]
    return changed


def _checked(declared: InputSpec, value: Value, registry: Registry) -> Value:
    if value.data is None and not declared.required:
        return value
    data = _of_type(declared, value.data, registry)
    return value if data is value.data else Value(data, value.facts, value.key)


def _of_type(declared: InputSpec, datum: Any, registry: Registry) -> Any:
    reasons = []
    for type_ in in_order(declared.type, datum):
        socket = registry.socket(type_)
        try:
            data = _adapted(socket, datum)
        except ValueError as error:
            reasons.append(str(error))
            continue
        if socket in PLAIN_SOCKETS and isinstance(data, int | float | str | bool | tuple):
            data = canonical(declared, data)
            if isinstance(data, Wrong):
                raise NodeError(data.message, code=data.code)
        return data
    raise NodeError(
        f"{declared.name} {reasons[0]}{'' if reasons[0].endswith('.') else '.'}", code="wrong_type"
    )


def _adapted(socket: Socket, datum: Any) -> Any:
    """The datum in the socket's canonical form; what only comes near to it is brought there."""
    try:
        return socket.check(datum)
    except ValueError:
        if socket.adapt is None:
            raise
        return socket.check(socket.adapt(datum))


def described(inputs: Mapping[str, Any]) -> dict[str, str]:
    """What a call was given, for a report of its failure: shapes of arrays, short literals."""
    return {name: _described(value) for name, value in inputs.items()}


def _described(given: object) -> str:
    if type(given) is list:
        return (
            f"[{', '.join(_described(entry) for entry in given[:3])}{', ...' * (len(given) > 3)}]"
        )
    datum = given.data if type(given) is Value else given
    shape = getattr(datum, "shape", None)
    if shape is not None:
        return f"{getattr(datum, 'dtype', '')}[{', '.join(map(str, shape))}]"
    text = repr(datum)
    return text if len(text) <= 80 else f"{text[:77]}..."


def assemble(spec: NodeSpec, rows: Sequence[Row], slots_of: Callable[[Link], Slot]) -> Entry:
    """All calls of a node put together."""
    slots: Slots = tuple(
        tuple(element for row in rows for element in _elements(row.outputs[place], slots_of))
        for place in range(len(spec.outputs))
    )
    ui: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        for name, more in (row.ui or {}).items():
            ui[name] = (*ui.get(name, ()), *more)
    effects = tuple(effect for row in rows for effect in row.effects)
    return Entry(slots, ui or None, effects, sum(row.seconds for row in rows))


def _elements(output: Slot | Link, slots_of: Callable[[Link], Slot]) -> Slot:
    return slots_of(output) if isinstance(output, Link) else output
