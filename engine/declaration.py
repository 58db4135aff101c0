"""A typed function is the whole declaration of a node.

    @node(title="Invert Mask", category="mask")
    def invert_mask(mask: Mask) -> Mask:
        \"\"\"Select what was not selected.\"\"\"
        return 1 - mask

Parameter names are the stable ids of inputs; a default makes an input optional; metadata in
`Annotated` (a `Socket`, `Range`, a sentence for people, ...) says the rest. Several outputs are
the fields of a NamedTuple. A parameter of type `Context` is no input.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from engine.context import Context
from engine.elements import Blocked, Result
from engine.errors import DeclarationError
from engine.sockets import ANY, BOOL, FLOAT, INT, LIST, TEXT, Socket, Value
from engine.spec import InputSpec, Lane, NodeSpec, OutputSpec

Function = TypeVar("Function", bound=Callable[..., Any])
Needs = Callable[..., "list[str]"]
_DECLARATION = "declaration"
_PLAIN = {int: INT, float: FLOAT, bool: BOOL, str: TEXT}


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both allowed; `step` is for editors."""

    minimum: float
    maximum: float
    unit: str = ""
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """The text names a thing outside the graph ("picture", "model", "seed"), bound before a run."""

    kind: str


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
    """Names a single output otherwise than by its type."""

    name: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A node type: its spec, the code behind it, and the sockets that it uses.

    `call(context, inputs)` gets a `Value` per input (a list of them if the spec `takes_lists`, a
    `Link` for a raw input, None for what is not there) and returns data, or a `Result`.
    `needs(**data)` names the lazy inputs that the call will read.
    """

    spec: NodeSpec
    call: Callable[[Context, Mapping[str, Any]], Any]
    needs: Needs | None = None
    sockets: tuple[Socket, ...] = ()
    is_async: bool = False


def node(  # noqa: PLR0913 - each is an independent property of a node
    *,
    title: str,
    category: str,
    name: str = "",
    version: str = "1",
    lane: Lane = "cpu",
    volatile: bool = False,
    takes_lists: bool = False,
    is_target: bool = False,
    packages: tuple[str, ...] = (),
    outputs: type[tuple[Any, ...]] | None = None,
    needs: Needs | None = None,
) -> Callable[[Function], Function]:
    """Declare a typed function as a node; it stays an ordinary function.

    `name` is the node's id, by default the function's name in PascalCase. `outputs` is for a
    function that returns a `Result`: a NamedTuple class that names what `values` holds.
    """

    def declare(function: Function) -> Function:
        hints = get_type_hints(function, include_extras=True)
        returned = hints.pop("return", None)
        context_name = next((n for n, hint in hints.items() if hint is Context), None)
        described = [
            _describe(function, parameter, hints, takes_lists=takes_lists)
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name != context_name
        ]
        results = _outputs(function, outputs if outputs is not None else returned)
        spec = NodeSpec(
            id=name or _pascal_case(function.__name__),
            title=title,
            category=category,
            about=inspect.cleandoc(function.__doc__ or ""),
            inputs=tuple(spec for spec, _ in described),
            outputs=tuple(spec for spec, _ in results),
            version=version,
            lane=lane,
            volatile=volatile,
            takes_lists=takes_lists,
            is_target=is_target,
            packages=packages,
            module=function.__module__,
        )
        _check(spec)
        sockets = tuple({s.name: s for _, many in (*described, *results) for s in many}.values())
        declaration = Declaration(
            spec,
            _as_call(function, context_name),
            needs,
            sockets,
            inspect.iscoroutinefunction(function),
        )
        setattr(function, _DECLARATION, declaration)
        return function

    return declare


def declaration_of(function: object) -> Declaration:
    """The declaration that `node` made of a function."""
    found = getattr(function, _DECLARATION, None)
    if not isinstance(found, Declaration):
        raise DeclarationError(f"{function!r} is no node. Decorate it with @node.")
    return found


def _as_call(
    function: Callable[..., Any], context_name: str | None
) -> Callable[[Context, Mapping[str, Any]], Any]:
    def call(context: Context, inputs: Mapping[str, Any]) -> object:
        data = {name: unwrap(given) for name, given in inputs.items()}
        if context_name is not None:
            data[context_name] = context
        return function(**data)

    return call


def unwrap(given: object) -> object:
    """The datum of a value, the data of a list of values; anything else as it is."""
    if type(given) is Value:
        return given.data
    if type(given) is list:
        return [unwrap(entry) for entry in given]
    return given


def _describe(
    function: Callable[..., Any],
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    *,
    takes_lists: bool,
) -> tuple[InputSpec, tuple[Socket, ...]]:
    place = f"{function.__qualname__}: parameter '{parameter.name}'"
    if parameter.name not in hints or parameter.kind in (
        parameter.VAR_KEYWORD,
        parameter.VAR_POSITIONAL,
    ):
        raise DeclarationError(f"{place} has no type; each input needs one. Annotate it.")
    hint = hints[parameter.name]
    if takes_lists:
        hint, metadata = _peel(hint)
        hint = Annotated[get_args(hint)[0], *metadata] if metadata else get_args(hint)[0]
    spec, sockets = _typed(place, parameter.name, hint)
    if parameter.default is not parameter.empty:
        spec = replace(spec, required=False, default=parameter.default)
    return spec, sockets


def _typed(place: str, name: str, hint: Any) -> tuple[InputSpec, tuple[Socket, ...]]:  # noqa: ANN401
    base, metadata = _peel(hint)
    type_, sockets = _type_of(place, base, metadata)
    spec = InputSpec(name, type_)
    if get_origin(base) is Literal:
        spec = replace(spec, choices=get_args(base))
    if get_origin(base) is list:
        (item,) = get_args(base)
        if get_origin(item) is Literal:
            spec = replace(spec, choices=get_args(item), items="text")
        else:
            spec = replace(spec, items=_PLAIN[item].name)
    for entry in metadata:
        match entry:
            case Range(minimum, maximum, unit, step):
                spec = replace(spec, minimum=minimum, maximum=maximum, unit=unit, step=step)
            case Resource(kind):
                spec = replace(spec, resource=kind)
            case Mark(field):
                spec = replace(spec, **_marked(field))
            case str():
                spec = replace(spec, about=entry)
            case _:
                pass
    return spec, sockets


def _marked(field: str) -> dict[str, Any]:
    return {field: True}


def _type_of(place: str, base: Any, metadata: tuple[Any, ...]) -> tuple[str, tuple[Socket, ...]]:  # noqa: ANN401
    """Name of a type and the sockets behind it."""
    for entry in metadata:
        if isinstance(entry, Socket):
            return entry.name, (entry,)
        if isinstance(entry, OneOf):
            return "|".join(socket.name for socket in entry.sockets), entry.sockets
    if base in _PLAIN:
        return _PLAIN[base].name, ()
    if get_origin(base) is Literal:
        return TEXT.name, ()
    if get_origin(base) is list:
        return LIST.name, ()
    if base is object or base is Any:
        return ANY, ()
    raise DeclarationError(f"{place} is a {base!r}; no socket is known for it. Add one.")


def _outputs(
    function: Callable[..., Any],
    returned: Any,  # noqa: ANN401
) -> list[tuple[OutputSpec, tuple[Socket, ...]]]:
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
    hint: Any,  # noqa: ANN401
) -> tuple[OutputSpec, tuple[Socket, ...]]:
    base, metadata = _peel(hint)
    is_list = get_origin(base) is list
    if is_list:
        base, inner = _peel(get_args(base)[0])
        metadata = (*inner, *metadata)
    type_, sockets = _type_of(f"{function.__qualname__}: output '{name}'", base, metadata)
    name = name or next((m.name for m in metadata if isinstance(m, Output)), type_)
    about = next((m for m in metadata if isinstance(m, str)), "")
    return OutputSpec(name, type_, about, is_list), sockets


def _peel(hint: Any) -> tuple[Any, tuple[Any, ...]]:  # noqa: ANN401
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


def _check(spec: NodeSpec) -> None:
    if not spec.about:
        raise DeclarationError(f"{spec.id} has no docstring; its first line is the tooltip.")
    names = [output.name for output in spec.outputs]
    if len(set(names)) < len(names):
        raise DeclarationError(f"{spec.id}: two outputs have one name in {names}; rename one.")


def _pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
