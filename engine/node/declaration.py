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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import Node
from paintgraph.engine.graph.sockets import Socket, Value, accepts
from paintgraph.engine.graph.spec import Conversion, Lane, NodeSpec, When
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.groups import Group, choosing, growing, with_default
from paintgraph.engine.node.hints import (
    LAZY,
    MULTILINE,
    RAW,
    Forms,
    Grows,
    OneOf,
    Output,
    Range,
    Resource,
    Rows,
    Similar,
    input_of,
    item_of,
    outputs_of,
    peeled,
)
from paintgraph.engine.node.sources import sources_of

__all__ = [
    "LAZY",
    "MULTILINE",
    "RAW",
    "Conversion",
    "Declaration",
    "Forms",
    "Grows",
    "Needs",
    "OneOf",
    "Output",
    "Range",
    "Resource",
    "Rows",
    "Similar",
    "When",
    "declaration_of",
    "node",
    "unwrap",
]

Function = TypeVar("Function", bound=Callable[..., Any])
Needs = Callable[..., "list[str]"]
Faults = Callable[[str, Mapping[str, Any], Mapping[str, str]], list[tuple[str, str]]]
_DECLARATION = "declaration"
_RESERVED = ("node", "recipe", "_title")  # what a recipe writes beside a node's inputs


@dataclass(frozen=True, slots=True)
class Declaration:
    """A node type: its spec, the code behind it, and the sockets that it uses.

    `call(context, inputs)` gets a `Value` per input (a list of them if the spec `takes_lists`, a
    `Link` for a raw input, None for what is not there) and returns data, or a `Result`.
    `needs(context, inputs)` names the lazy inputs that the call will read. `sources` is what
    `sources.sources_of` said of the code when it was declared, "" if it is not in this process.
    `expand(inputs)`, of a recipe, gives its nodes with what it is given in place of its inputs.
    `state(id, literals, extra)` tells what the results depend on besides the inputs, None if it
    must run each time; `faults(id, literals, types)` which inputs are wrong before a run, and why.
    Both get the node's id and its inputs, None for a link; `extra` is `Nodes.extra`, `types` are
    those of what is linked. `renewed()` is the spec as it would be declared now, where choices may
    have changed. `release()` lets go of what the code keeps between calls.
    """

    spec: NodeSpec
    call: Callable[[Context, Mapping[str, Any]], Any]
    needs: Callable[[Context, Mapping[str, Any]], list[str]] | None = None
    sockets: tuple[Socket, ...] = ()
    is_async: bool = False
    sources: str | None = ""
    expand: Callable[[Mapping[str, Any]], Mapping[str, Node]] | None = None
    state: Callable[[str, Mapping[str, Any], Mapping[str, Any]], str | None] | None = None
    faults: Faults | None = None
    renewed: Callable[[], NodeSpec] | None = None
    release: Callable[[], None] | None = None


def node(  # noqa: PLR0913 - each is an independent property of a node
    *,
    title: str,
    category: str = "own",
    keywords: tuple[str, ...] = (),
    name: str = "",
    version: str = "1",
    lane: Lane = "cpu",
    volatile: bool = False,
    takes_lists: bool = False,
    is_target: bool = False,
    heavy: bool = False,
    packages: tuple[str, ...] = (),
    converts: tuple[Conversion, ...] = (),
    outputs: type[tuple[Any, ...]] | None = None,
    needs: Needs | None = None,
    see_also: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[Function], Function]:
    """Declare a typed function as a node; it stays an ordinary function.

    `name` is the node's id, by default the function's name in PascalCase; people look for it by
    `keywords`, too. `see_also` names nodes that do nearly the same, each with a sentence on what
    it does otherwise. `outputs` names the `values` of a `Result`: it is a NamedTuple class.
    """

    def declare(function: Function) -> Function:
        hints = get_type_hints(function, include_extras=True)
        context_name = next((n for n, hint in hints.items() if hint is Context), None)
        groups = _groups(function, hints, context_name, takes_lists=takes_lists)
        described = [one for group in groups.values() for one in group.inputs]
        results = outputs_of(function, outputs or hints.get("return"))
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
            heavy=heavy,
            packages=packages,
            converts=converts,
            keywords=keywords,
            see_also=tuple(see_also.items()),
            module=function.__module__,
        )
        _check(spec)
        sockets = tuple({s.name: s for _, many in (*described, *results) for s in many}.values())
        call = _as_call(function, context_name, groups)
        is_async = inspect.iscoroutinefunction(function)
        ask = None if needs is None else _as_needs(needs)
        declaration = Declaration(spec, call, ask, sockets, is_async, sources_of(function))
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
    function: Callable[..., Any], context_name: str | None, groups: Mapping[str, Group]
) -> Callable[[Context, Mapping[str, Any]], Any]:
    gathers = {name: group.gather for name, group in groups.items() if group.gather is not None}

    def call(context: Context, inputs: Mapping[str, Any]) -> object:
        data = {name: unwrap(given) for name, given in inputs.items()}
        for name, gather in gathers.items():
            data[name] = gather(data)
        if context_name is not None:
            data[context_name] = context
        return function(**data)

    return call


def _as_needs(needs: Needs) -> Callable[[Context, Mapping[str, Any]], list[str]]:
    return lambda _, inputs: needs(**{name: unwrap(given) for name, given in inputs.items()})


def unwrap(given: object) -> object:
    """The datum of a value, the data of a list of values; anything else as it is."""
    if type(given) is Value:
        return given.data
    if type(given) is list:
        return [unwrap(entry) for entry in given]
    return given


def _groups(
    function: Callable[..., Any],
    hints: Mapping[str, Any],
    context_name: str | None,
    *,
    takes_lists: bool,
) -> dict[str, Group]:
    """The inputs of each parameter but the context."""
    return {
        parameter.name: _group(function, parameter, hints, takes_lists=takes_lists)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != context_name
    }


def _group(
    function: Callable[..., Any],
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    *,
    takes_lists: bool,
) -> Group:
    """The inputs that a parameter declares, one for most."""
    name = parameter.name
    place = f"{function.__qualname__}: parameter '{name}'"
    if name in _RESERVED:
        raise DeclarationError(f"{place} has a name that recipes need themselves. Rename it.")
    if name not in hints or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
        raise DeclarationError(f"{place} has no type; each input needs one. Annotate it.")
    hint = item_of(place, hints[name]) if takes_lists else hints[name]
    grows, forms = (
        next((entry for entry in peeled(hint)[1] if isinstance(entry, kind)), None)
        for kind in (Grows, Forms)
    )
    if isinstance(grows, Grows):
        return growing(place, name, hint, grows)
    if isinstance(forms, Forms):
        return choosing(place, name, hint, forms)
    spec, sockets = input_of(place, name, hint)
    if parameter.default is not parameter.empty:
        spec = (
            replace(spec, required=False, default=parameter.default)
            if takes_lists
            else with_default(place, spec, parameter.default)
        )
    return Group([(spec, sockets)])


def _check(spec: NodeSpec) -> None:
    if not spec.about:
        raise DeclarationError(f"{spec.id} has no docstring; its first line is the tooltip.")
    names = [output.name for output in spec.outputs]
    if len(set(names)) < len(names):
        raise DeclarationError(f"{spec.id}: two outputs have one name in {names}; rename one.")
    named = [name for output in spec.outputs for name in output.follows]
    before: set[str] = set()
    for declared in spec.inputs:
        if declared.when and declared.when.input not in before:
            raise DeclarationError(
                f"{spec.id}: '{declared.name}' counts by '{declared.when.input}', which is no "
                "input before it. Correct it."
            )
        before.add(declared.name)
    if unknown := [name for name in named if name not in before]:
        raise DeclarationError(
            f"{spec.id}: an output follows '{unknown[0]}', which is no input. Correct it."
        )
    for conversion in spec.converts:
        if wrong := _unfit(conversion, spec):
            raise DeclarationError(
                f"{spec.id}: the conversion of {conversion.source} does not fit the node by "
                f"{', '.join(wrong)}. Correct it."
            )


def _unfit(conversion: Conversion, spec: NodeSpec) -> list[str]:
    """The names in a conversion that are not the node's, or do not take what is said."""
    inputs = {declared.name: declared for declared in spec.inputs}
    entry = inputs.get(conversion.input)
    takes = entry is not None and accepts(entry.type, conversion.source)
    wrong = [] if takes else [conversion.input]
    if conversion.output not in [output.name for output in spec.outputs]:
        wrong.append(conversion.output)
    return wrong + [
        name
        for name, value in conversion.settings
        if name not in inputs or isinstance(canonical(inputs[name], value), Wrong)
    ]


def _pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
