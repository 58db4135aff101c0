"""What arrives by a link is checked like what is written down, where types alone say too little."""

from collections.abc import Callable, Mapping
from typing import Any

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.sockets import ANY, Value
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.registry import Registry


def unsure(
    spec: NodeSpec, links: Mapping[str, Any], type_of: Callable[[Any], str]
) -> tuple[InputSpec, ...]:
    """The linked inputs whose data must be looked at: bounded ones, and those of another type."""
    return tuple(
        declared
        for declared in spec.inputs
        if declared.name in links
        and not declared.raw
        and declared.type != ANY
        and (
            declared.minimum is not None
            or declared.choices
            or type_of(links[declared.name]) != declared.type
        )
    )


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
    for type_ in declared.type.split("|"):
        socket = registry.socket(type_)
        try:
            data = socket.check(datum)
        except ValueError as error:
            reasons.append(str(error))
            continue
        if isinstance(data, int | float | str | bool | tuple):
            data = canonical(declared, data)
            if isinstance(data, Wrong):
                raise NodeError(data.message, code=data.code)
        return data
    raise NodeError(
        f"{declared.name} {reasons[0]}{'' if reasons[0].endswith('.') else '.'}", code="wrong_type"
    )
