"""Type hints of a function as inputs and outputs of a node, and the marks that they may have."""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.sockets import (
    ANY,
    BIGGEST_INT,
    BOOL,
    FLOAT,
    INT,
    LIST,
    SMALLEST_INT,
    TEXT,
    Blocked,
    Result,
    Socket,
)
from paintgraph.engine.graph.spec import InputSpec, OutputSpec, When


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both allowed; `step` is for editors."""

    minimum: float
    maximum: float
    unit: str = ""
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Names something outside the graph, such as a "picture" or "seed", bound before a run.

    With `found_by` it is no name, but what other inputs together lead to, such as the files of a
    folder: it is left empty, and filled before a run.
    """

    kind: str
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Similar:
    """For errors: names that others have for what is not a choice here, and the nearest choice."""

    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """The numbers of a list are a table, row by row: of what is in `columns`, `most` rows at most.

    It may be empty only where that is its default, or where there is no such bound.
    """

    columns: tuple[str, ...]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A property without a value: see `LAZY`, `RAW`, `MULTILINE`."""

    field: str


LAZY = Mark("lazy")
RAW = Mark("raw")
MULTILINE = Mark("multiline")


@dataclass(frozen=True, slots=True)
class OneOf:
    """Takes any of several types."""

    sockets: tuple[Socket, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """Names a single output otherwise than by its type.

    `follows` are inputs that it has its type of: it passes on what comes to them, or makes the
    like of it.
    """

    name: str
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grows:
    """As many inputs as a graph gives, called `PARAMETER.NAME`; the first `least` must be given.

    The annotation says what each of them is; the function gets a mapping of those given by name.
    """

    names: Sequence[str]
    least: int = 0


@dataclass(frozen=True, slots=True)
class Forms:
    """A choice that brings inputs of its own, called `PARAMETER.FIELD`.

    `classes` are NamedTuple classes by choice, whose fields are those inputs; the function gets an
    object of the class that is chosen. Choices may share an input.
    """

    classes: Mapping[str, type[tuple[Any, ...]]]


_PLAIN = {int: INT, float: FLOAT, bool: BOOL, str: TEXT}


def input_of(place: str, name: str, hint: Any) -> tuple[InputSpec, tuple[Socket, ...]]:
    """The declaration of an input, and the sockets behind it."""
    base, metadata = peeled(hint)
    type_, sockets = _type_of(place, base, metadata)
    spec = InputSpec(name, type_)
    if get_origin(base) is Literal:
        spec = replace(spec, choices=get_args(base))
    if get_origin(base) is list:
        (item,) = get_args(base)
        is_choice = get_origin(item) is Literal
        items, _ = _type_of(f"{place}, an entry,", item, ())
        spec = replace(spec, choices=get_args(item) if is_choice else (), items=items)
    for entry in metadata:
        spec = _described(place, spec, entry)
    return spec, sockets


def _described(place: str, spec: InputSpec, entry: object) -> InputSpec:  # noqa: PLR0911 - one for each
    """The declaration with what one entry of an annotation says."""
    match entry:
        case Range(minimum, maximum, unit, step):
            _check_bounds(place, minimum, maximum)
            return replace(spec, minimum=minimum, maximum=maximum, unit=unit, step=step)
        case Resource(kind, found_by):
            return replace(spec, resource=kind, found_by=found_by)
        case Similar(names):
            return replace(spec, similar=tuple(names.items()))
        case Mark(field):
            return replace(spec, **_marked(field))
        case Rows(columns, most):
            items = spec.items or FLOAT.name
            return replace(spec, columns=columns, most_rows=most, items=items)
        case When():
            return replace(spec, when=entry)
        case str():
            return replace(spec, about=entry)
    return spec


def _check_bounds(place: str, *bounds: float) -> None:
    """Refuse whole numbers that no value reaches, nor JSON holds in which workers tell of nodes."""
    for bound in bounds:
        if isinstance(bound, int) and not SMALLEST_INT <= bound <= BIGGEST_INT:
            raise DeclarationError(
                f"{place} has the bound {bound}; allowed are whole numbers from {SMALLEST_INT} to "
                f"{BIGGEST_INT}. Take one of these."
            )


def _marked(field: str) -> dict[str, Any]:
    return {field: True}


def _type_of(place: str, base: Any, metadata: tuple[Any, ...]) -> tuple[str, tuple[Socket, ...]]:
    """Name of a type and the sockets behind it."""
    for entry in metadata:
        if isinstance(entry, Socket):
            return entry.name, (entry,)
        if isinstance(entry, OneOf):
            return "|".join(socket.name for socket in entry.sockets), entry.sockets
    if base in _PLAIN:
        return _PLAIN[base].name, ()
    if get_origin(base) is Literal and all(isinstance(choice, str) for choice in get_args(base)):
        return TEXT.name, ()
    if get_origin(base) is list:
        return LIST.name, ()
    if base is object or base is Any:
        return ANY, ()
    raise DeclarationError(f"{place} is a {base!r}; no socket is known for it. Add one.")


def item_of(place: str, hint: Any) -> Any:
    """The type of a list's items, with the metadata of the list."""
    base, metadata = peeled(hint)
    if get_origin(base) is not list:
        raise DeclarationError(f"{place} is a {base!r}; a node that takes lists needs a list.")
    (item,) = get_args(base)
    return Annotated[item, *metadata] if metadata else item


def outputs_of(
    function: Callable[..., Any],
    returned: Any,
) -> list[tuple[OutputSpec, tuple[Socket, ...]]]:
    """The outputs that a return type declares, and the sockets behind each."""
    if returned in (None, type(None), Result):
        return []
    fields = getattr(returned, "__annotations__", None)
    if fields and getattr(returned, "_fields", None):
        hints = get_type_hints(returned, include_extras=True)
        return [_output(function, name, hints[name]) for name in returned._fields]
    return [_output(function, "", returned)]


def _output(
    function: Callable[..., Any],
    name: str,
    hint: Any,
) -> tuple[OutputSpec, tuple[Socket, ...]]:
    base, metadata = peeled(hint)
    is_list = get_origin(base) is list
    if is_list:
        base, inner = peeled(get_args(base)[0])
        metadata = (*inner, *metadata)
    type_, sockets = _type_of(f"{function.__qualname__}: output '{name}'", base, metadata)
    name = name or next((m.name for m in metadata if isinstance(m, Output)), type_)
    about = next((m for m in metadata if isinstance(m, str)), "")
    follows = next((m.follows for m in metadata if isinstance(m, Output)), ())
    return OutputSpec(name, type_, about, is_list, follows), sockets


def peeled(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside `Annotated`, `| None` and `| Blocked`, with all metadata."""
    metadata: tuple[Any, ...] = ()
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            metadata = (*more, *metadata)
        elif get_origin(hint) in (Union, types.UnionType):
            left = [arg for arg in get_args(hint) if arg not in (type(None), Blocked)]
            if len(left) != 1:
                return hint, metadata
            hint = left[0]
        else:
            return hint, metadata
