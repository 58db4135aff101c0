"""What a node class of ComfyUI's convention declares, as a spec, which other processes can have.

Its own description for editors goes along word for word, as JSON.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import orjson

from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.sockets import ANY
from paintgraph.engine.graph.spec import InputSpec, NodeSpec, OutputSpec
from paintgraph.nodes.sampling_sockets import SAMPLING_SOCKETS

KINDS = {
    "INT": "int",
    "FLOAT": "float",
    "STRING": "text",
    "BOOLEAN": "bool",
    "IMAGE": "image",
    "MASK": "mask",
    **{socket.wire: socket.name for socket in SAMPLING_SOCKETS},
    "*": ANY,
}
"""Our types by ComfyUI's; every other type is one of a pack, and has the same name here."""

HIDDEN = (
    *("PROMPT", "DYNPROMPT", "EXTRA_PNGINFO", "UNIQUE_ID"),
    *("AUTH_TOKEN_COMFY_ORG", "API_KEY_COMFY_ORG"),
)
"""What the engine fills in; another hidden input is one that editors do not show."""

_EXTRA = frozenset({"PROMPT", "DYNPROMPT", "EXTRA_PNGINFO"})
_WIRE = {own: wire for wire, own in KINDS.items()}
_PLAIN = {bool: "bool", int: "int", float: "float", str: "text"}
_NO_LITERALS = ("image", "mask", *(socket.name for socket in SAMPLING_SOCKETS))
_LARGEST = 2**63


def declared_type(type_: str) -> str:
    """A type as a class declares it: ours by ComfyUI's names, a pack's as it is."""
    return ",".join(_WIRE.get(part, part) for part in type_.split("|"))


@dataclass(frozen=True, slots=True)
class Group:
    """One input of INPUT_TYPES: the group that it stands in, its type and its options."""

    group: str
    type: Any
    options: Mapping[str, Any]


def inputs_of(cls: Any) -> dict[str, Group]:
    """The inputs that a class declares now, by name."""
    found: dict[str, Group] = {}
    declared = cls.INPUT_TYPES()
    for group in ("required", "optional", "hidden"):
        for name, info in (declared.get(group) or {}).items():
            parts = info if isinstance(info, tuple | list) else (info,)
            options = parts[1] if len(parts) > 1 and isinstance(parts[1], Mapping) else {}
            found.setdefault(name, Group(group, parts[0] if parts else "*", options))
    return found


def hidden_of(inputs: Mapping[str, Group]) -> dict[str, str]:
    """The inputs that the engine fills in, each with what it gets."""
    kinds = {
        name: "".join(one.type)  # of a wildcard its text alone: it says that it equals all
        for name, one in inputs.items()
        if one.group == "hidden" and isinstance(one.type, str)
    }
    return {name: kind for name, kind in kinds.items() if kind in HIDDEN}


def describe_class(name: str, cls: Any, module: str) -> NodeSpec:
    """The spec of a node class; `module` is where editors say that it comes from.

    Raises DeclarationError for a class that is none of a node, and whatever its own code raises.
    """
    if not callable(getattr(cls, "INPUT_TYPES", None)) or not hasattr(cls, "FUNCTION"):
        raise DeclarationError(f"'{name}' has no INPUT_TYPES or no FUNCTION, as node classes have.")
    if not callable(getattr(cls, cls.FUNCTION, None)):
        raise DeclarationError(f"'{name}' has no method '{cls.FUNCTION}', its FUNCTION.")
    declared = inputs_of(cls)
    hidden = hidden_of(declared)
    check = getattr(cls, "VALIDATE_INPUTS", None)
    has_state = hasattr(cls, "IS_CHANGED")
    checks = Checks.of(check)
    inputs = [_input(key, one, checks) for key, one in declared.items() if key not in hidden]
    about = getattr(cls, "DESCRIPTION", "") or inspect.cleandoc(cls.__doc__ or "")
    return NodeSpec(
        id=name,
        title=name,
        category=str(getattr(cls, "CATEGORY", "") or "own"),
        about=str(about),
        inputs=tuple(inputs),
        outputs=tuple(_outputs(cls)),
        lane="serial",
        takes_lists=bool(getattr(cls, "INPUT_IS_LIST", False)),
        is_target=bool(getattr(cls, "OUTPUT_NODE", False)),
        heavy=True,
        module=module,
        is_open=True,
        takes_extras=_takes_all(cls.INPUT_TYPES()),
        is_single=bool(getattr(cls, "NOT_IDEMPOTENT", False)) or "UNIQUE_ID" in hidden.values(),
        has_checks=check is not None,
        has_state=has_state,
        wants_extra=has_state or not _EXTRA.isdisjoint(hidden.values()),
        object_info=object_info(name, cls, module),
    )


@dataclass(frozen=True, slots=True)
class Checks:
    """What a VALIDATE_INPUTS function looks at itself, and so is not checked before."""

    names: frozenset[str] = frozenset()
    takes_all: bool = False

    @staticmethod
    def of(function: Any) -> "Checks":
        """By its parameters; nothing without a function."""
        if function is None:
            return Checks()
        parameters = inspect.signature(function).parameters.values()
        takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters)
        return Checks(frozenset(one.name for one in parameters), takes_all)

    def covers(self, name: str) -> bool:
        """Whether it looks at the literal of an input."""
        return self.takes_all or name in self.names

    @property
    def covers_types(self) -> bool:
        """Whether it looks at the types of what is linked."""
        return "input_types" in self.names


def _input(name: str, one: Group, checks: Checks) -> InputSpec:
    options = one.options
    type_, choices = _type(one.type, options)
    is_free = _is_free(type_) and not choices
    if checks.covers_types and ANY not in type_.split("|"):
        type_ = f"{type_}|{ANY}"
    is_number = type_.split("|")[0] in ("int", "float") and not choices
    spec = InputSpec(
        name,
        type_,
        required=one.group == "required",
        about=str(options.get("tooltip") or ""),
        lazy=bool(options.get("lazy")),
        raw=bool(options.get("rawLink")),
        multiline=bool(options.get("multiline")),
        omitted=one.group != "required",
        free=is_free,
    )
    if checks.covers(name):
        return spec
    bounds: dict[str, Any] = {
        field: _sent(options[option])
        for field, option in (("minimum", "min"), ("maximum", "max"))
        if is_number and isinstance(options.get(option), int | float)
    }
    return replace(spec, choices=choices, **bounds)


def _sent(bound: float) -> float:
    """A bound as JSON can hold it: packs set some that no number of 64 bits reaches."""
    is_large = isinstance(bound, int) and not -_LARGEST <= bound < 2 * _LARGEST
    return float(bound) if is_large else bound


def _is_free(type_: str) -> bool:
    """Whether literals are taken as they are: of types of packs, and of several types."""
    return type_ not in (*_PLAIN.values(), *_NO_LITERALS)


def _type(type_: Any, options: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """The type and the choices of what a class declares as a type."""
    if isinstance(type_, list | tuple):
        return _combo(type_)
    if not isinstance(type_, str) or _is_wildcard(type_):
        return ANY, ()
    text = str(type_.value if isinstance(type_, Enum) else type_)
    if text == "COMBO":
        is_open = options.get("multiselect") or options.get("multi_select") or "remote" in options
        return (ANY, ()) if is_open else _combo(options.get("options") or ())
    return "|".join(KINDS.get(part.strip(), part.strip()) for part in text.split(",")) or ANY, ()


def _combo(choices: Any) -> tuple[str, tuple[Any, ...]]:
    """A choice of plain values; of other objects anything goes."""
    plain = tuple(one.value if isinstance(one, Enum) else one for one in choices)
    kinds = [_PLAIN.get(type(one)) for one in plain]
    if not plain:
        return "text", ()
    if None in kinds:
        return ANY, ()
    return "|".join(dict.fromkeys(kind for kind in kinds if kind)), plain


def _is_wildcard(type_: str) -> bool:
    """Whether a type says of itself that it differs from no other, as wildcards of packs do."""
    return not type_ != "\0 no type of anybody"  # noqa: SIM202 - it is `!=` that they overwrite


def _takes_all(groups: Mapping[str, Any]) -> bool:
    """Whether a group of inputs says of itself that it has every name."""
    declared = (groups.get(group) for group in ("required", "optional", "hidden"))
    return any("\0 no input of anybody" in group for group in declared if group is not None)


def _outputs(cls: Any) -> Iterator[OutputSpec]:
    types = _listed(getattr(cls, "RETURN_TYPES", ()))
    names = _listed(getattr(cls, "RETURN_NAMES", ()))
    lists = _listed(getattr(cls, "OUTPUT_IS_LIST", ()))
    tips = _listed(getattr(cls, "OUTPUT_TOOLTIPS", ()))
    taken: set[str] = set()
    for place, type_ in enumerate(types):
        own = ANY if isinstance(type_, list | tuple) else _type(type_, {})[0]
        name = _name(names[place] if place < len(names) else own, taken)
        about = str(tips[place] or "") if place < len(tips) else ""
        yield OutputSpec(name, own, about, place < len(lists) and bool(lists[place]))


def _listed(given: Any) -> tuple[Any, ...]:
    """A tuple, also of somebody who forgot its comma."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _name(wanted: object, taken: set[str]) -> str:
    """A name that a recipe can refer to, and that no other output has."""
    name = "".join("_" if sign in "{}." else sign for sign in str(wanted)) or "output"
    number = 1
    unique = name
    while unique in taken:
        number += 1
        unique = f"{name} {number}"
    taken.add(unique)
    return unique


def object_info(name: str, cls: Any, module: str) -> str:
    """How ComfyUI describes a class to editors, as JSON."""
    groups = cls.INPUT_TYPES()
    types = _listed(getattr(cls, "RETURN_TYPES", ()))
    lists = _listed(getattr(cls, "OUTPUT_IS_LIST", ()))
    info: dict[str, Any] = {
        "input": groups,
        "input_order": {group: list(inputs or ()) for group, inputs in groups.items()},
        "is_input_list": bool(getattr(cls, "INPUT_IS_LIST", False)),
        "output": types,
        "output_is_list": lists or [False] * len(types),
        "output_name": _listed(getattr(cls, "RETURN_NAMES", None)) or types,
        "name": name,
        "display_name": name,
        "description": getattr(cls, "DESCRIPTION", ""),
        "python_module": module,
        "category": getattr(cls, "CATEGORY", "sd"),
        "output_node": bool(getattr(cls, "OUTPUT_NODE", False)),
    }
    tips = _listed(getattr(cls, "OUTPUT_TOOLTIPS", ()))
    info |= {"output_tooltips": tips} if tips else {}
    for mark in ("DEPRECATED", "EXPERIMENTAL", "API_NODE"):
        if getattr(cls, mark, False):
            info[mark.lower()] = True
    return orjson.dumps(_plain(info)).decode()


def _plain(value: Any) -> Any:
    """A value as JSON has it; what has no form there becomes its text."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return "".join(value)  # of a wildcard its text alone
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | None) else str(value)
