"""Parameters that stand for several inputs: a choice that brings its own, and as many as one gives.

Their inputs are called `PARAMETER.NAME`, as graphs of ComfyUI write them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from paintgraph.engine.errors import DeclarationError, NodeError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.sockets import Socket, shown
from paintgraph.engine.graph.spec import InputSpec, When
from paintgraph.engine.node.hints import Forms, Grows, input_of, peeled

Described = list[tuple[InputSpec, tuple[Socket, ...]]]
Gather = Callable[[dict[str, Any]], object]
"""Takes the inputs of one parameter out of those of a call, and gives the parameter's value."""


@dataclass(frozen=True, slots=True)
class Group:
    """The inputs of one parameter, and what makes its value of theirs where there are several."""

    inputs: Described
    gather: Gather | None = None


def with_default(place: str, spec: InputSpec, default: object) -> InputSpec:
    """The input with its default in canonical form, so that writing it down changes no key."""
    spec = replace(spec, required=False, default=default)
    found = canonical(spec, default)
    if isinstance(found, Wrong):
        raise DeclarationError(f"{place} has a default that it would refuse: {found.message}")
    return replace(spec, default=found)


def growing(place: str, name: str, hint: Any, grows: Grows) -> Group:
    """The inputs `NAME.a`, `NAME.b` ... of a parameter that is a mapping of those given."""
    base, metadata = peeled(hint)
    if get_origin(base) not in (dict, Mapping):
        raise DeclarationError(f"{place} is a {base!r}; what grows is a mapping by name. Use dict.")
    first, sockets = input_of(place, name, Annotated[get_args(base)[1], *metadata])
    inputs: Described = []
    for index, key in enumerate(grows.names):
        own = replace(first, name=f"{name}.{key}", grows=True, required=index < grows.least)
        inputs.append((own, sockets))

    def gather(data: dict[str, Any]) -> dict[str, Any]:
        given = ((key, data.pop(f"{name}.{key}", None)) for key in grows.names)
        return {key: value for key, value in given if value is not None}

    return Group(inputs, gather)


def choosing(place: str, name: str, hint: Any, forms: Forms) -> Group:
    """A choice, and the fields of the class of each as inputs that count with it alone."""
    about = next((entry for entry in peeled(hint)[1] if isinstance(entry, str)), "")
    choice = InputSpec(name, "text", choices=tuple(forms.classes), about=about)
    found: dict[str, tuple[InputSpec, tuple[Socket, ...]]] = {}
    for value, form in forms.classes.items():
        hints = get_type_hints(form, include_extras=True)
        for field in fields_of(form):
            full = f"{name}.{field}"
            where = f"{place}, {field} of '{value}',"
            spec, sockets = input_of(where, full, hints[field])
            if field in defaults_of(form):
                spec = with_default(where, spec, defaults_of(form)[field])
            before = found.get(full)
            if before is not None and replace(before[0], when=None) != spec:
                raise DeclarationError(
                    f"{place} has two different inputs '{full}'; choices share one or have names "
                    "of their own. Rename one."
                )
            values = before[0].when.values if before and before[0].when else ()
            found[full] = replace(spec, when=When(name, (*values, value))), sockets

    def gather(data: dict[str, Any]) -> object:
        value = data.pop(name)
        form = forms.classes[value]
        given = {full.removeprefix(f"{name}."): data.pop(full, None) for full in found}
        own = {field: given[field] for field in fields_of(form)}
        for field, datum in own.items():
            if datum is None and field not in defaults_of(form):
                raise NodeError(
                    f"{name} is {shown(value)}, but {name}.{field} is not given. "
                    "Link or write a value there.",
                    code="missing_input",
                )
        return form(**own)

    return Group([(choice, ()), *found.values()], gather)


def fields_of(form: type) -> tuple[str, ...]:
    """The names of the fields of a NamedTuple class."""
    fields: tuple[str, ...] = getattr(form, "_fields", ())
    return fields


def defaults_of(form: type) -> Mapping[str, Any]:
    """The defaults of the fields that have one."""
    defaults: Mapping[str, Any] = getattr(form, "_field_defaults", {})
    return defaults
