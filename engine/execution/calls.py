"""From slots to calls and back: which elements a node is called with, and what its calls gave."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.execution.keys import element_key
from paintgraph.engine.graph.elements import (
    Blocked,
    Element,
    Entry,
    Failed,
    Result,
    Row,
    Slot,
    Slots,
)
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import NO_FACTS, Facts, Socket, Value, shown
from paintgraph.engine.graph.spec import NodeSpec, OutputSpec
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry

Given = Slot | Link | None


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
            data = socket.check(raw)
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

    What is common to several types follows from the first other input where that has none; what
    is a value's own stays with it.
    """
    first: Facts = NO_FACTS
    other: Facts = NO_FACTS
    for declared in spec.inputs:
        given = inputs.get(declared.name)
        value = given[0] if type(given) is list and given else given
        if type(value) is Value:
            if value.data is datum:
                return value.facts
            if socket.name in declared.type.split("|"):
                first = first or _without(value.facts, socket.own_facts)
            elif not other:
                other = {n: fact for n, fact in value.facts.items() if n in socket.common_facts}
    return first or other


def _without(facts: Facts, names: frozenset[str]) -> Facts:
    return {n: f for n, f in facts.items() if n not in names} if names & facts.keys() else facts


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
