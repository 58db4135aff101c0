"""What flows along a link: values, what a call of a node gives, and how sockets treat each type.

A socket checks, freezes, weighs, digests, encodes and decodes the data of its type, so that the
engine bounds and stores what it knows nothing of.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from paintgraph.engine.graph.graph import Link, Node

Facts = Mapping[str, Any]
NO_FACTS: Facts = MappingProxyType({})

ANY = "any"
BIGGEST_INT = 2**64 - 1
SMALLEST_INT = -(2**63)


@dataclass(frozen=True, slots=True)
class Value:
    """One datum with what is known about it.

    `facts` are plain data that savers need (sample depth, colour profile, ...). `key` names the
    value by how it was made; two values of equal key are equal.
    """

    data: Any
    facts: Facts = field(default_factory=lambda: NO_FACTS)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Socket:
    """How data of one type is treated.

    Attributes:
        name: the type's name in recipes, lower case.
        wire: its name in ComfyUI's protocol.
        check: gives the datum in its canonical, frozen form, or raises ValueError saying what is
            wrong with it and what is allowed (without naming the place).
        weigh: memory that a datum holds, in bytes.
        digest: digest of the content, or None: then values are keyed by how they were made only.
        encode, decode: codec for stores, or None: then values stay in their worker's memory.
        common_facts: facts that follow from inputs of other types too, if none of its own has any.
        own_facts: facts of one value alone: they never follow to what is made of it.
        adapt: brings what an open node gave nearer to the canonical form, for `check` to look at.
    """

    name: str
    wire: str
    check: Callable[[Any], Any]
    weigh: Callable[[Any], int] = lambda _: 64
    digest: Callable[[Value], str] | None = None
    encode: Callable[[Any], bytes] | None = None
    decode: Callable[[bytes], Any] | None = None
    common_facts: frozenset[str] = frozenset()
    own_facts: frozenset[str] = frozenset()
    adapt: Callable[[Any], Any] | None = None


def accepts(wanted: str, given: str, *, exactly: bool = False) -> bool:
    """Whether an input of type `wanted` takes an output of type `given`.

    Both may be unions such as "image|text". An int serves where a float is wanted, unless types
    are to fit `exactly`.
    """
    if wanted == given or ANY in (wanted, given):
        return True
    allowed = wanted.split("|")
    return any(
        part in allowed
        or ANY in (part, *allowed)
        or (part == "int" and "float" in allowed and not exactly)
        for part in given.split("|")
    )


def union(sockets: Sequence[Socket]) -> Socket:
    """The socket of a union: each datum is treated by the first of some sockets that takes it."""

    def treated(datum: object) -> tuple[int, Any]:
        reasons = []
        for place, socket in enumerate(sockets):
            try:
                return place, socket.check(datum)
            except ValueError as error:
                reasons.append(error)
        raise reasons[0]

    def digest(value: Value) -> str:
        by = sockets[treated(value.data)[0]].digest
        return value.key if by is None else by(value)

    def encode(datum: object) -> bytes:
        place, data = treated(datum)
        by = sockets[place].encode
        return bytes([place]) + (by(data) if by else b"")

    def decode(data: bytes) -> object:
        by = sockets[data[0]].decode
        return by(data[1:]) if by else None

    is_kept = all(socket.encode and socket.decode for socket in sockets)
    return Socket(
        "|".join(socket.name for socket in sockets),
        ",".join(socket.wire for socket in sockets),
        lambda datum: treated(datum)[1],
        lambda datum: sockets[treated(datum)[0]].weigh(datum),
        digest if all(socket.digest for socket in sockets) else None,
        encode if is_kept else None,
        decode if is_kept else None,
        frozenset[str]().union(*(socket.common_facts for socket in sockets)),
        frozenset[str]().union(*(socket.own_facts for socket in sockets)),
    )


def literal_types(type_: str) -> str:
    """The parts of a type that a literal can have."""
    plain = ("int", "float", "bool", "text", "list", "any")
    return "|".join(part for part in type_.split("|") if part in plain) or "none"


def _check_int(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"is {shown(value)}; allowed is a whole number")  # noqa: TRY004
    if not SMALLEST_INT <= value <= BIGGEST_INT:
        raise ValueError(f"is {shown(value)}; allowed are whole numbers of 64 bits")
    return value


def _check_float(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"is {shown(value)}; allowed is a number")  # noqa: TRY004
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"is {shown(value)}; allowed are finite numbers")
    return number + 0.0  # -0.0 becomes 0.0, so that equal numbers have equal keys


def _check_bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is {shown(value)}; allowed are true and false")  # noqa: TRY004
    return value


def _check_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {shown(value)}; allowed is text. Quote it")  # noqa: TRY004
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("has half a character (a lone surrogate); allowed is Unicode") from error
    return unicodedata.normalize("NFC", value)


def _check_list(value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        cure = f". Write [{shown(value)}]" if isinstance(value, str) else ""
        raise ValueError(f"is {shown(value)}; allowed is a list{cure}")  # noqa: TRY004
    return tuple(value)


def shown(value: object) -> str:
    """A value as a message shows it: short, in JSON's spelling where it has one."""
    match value:
        case str():
            text = repr(value)
        case None | True | False:
            text = {None: "null", True: "true", False: "false"}[value]
        case int() if abs(value) > BIGGEST_INT:
            text = "an integer beyond 64 bits"
        case int() | float():
            text = repr(value)
        case list() | tuple():
            text = f"a list of {len(value)}"
        case dict():
            text = f"a mapping of {len(value)}"
        case _:
            text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _encode_plain(value: object) -> bytes:
    return orjson.dumps(value)


def _decode_list(data: bytes) -> tuple[Any, ...]:
    return tuple(orjson.loads(data))


def _plain(name: str, wire: str, check: Callable[[Any], Any]) -> Socket:
    decode = _decode_list if name == "list" else orjson.loads
    return Socket(name, wire, check, weigh=_weigh_plain, encode=_encode_plain, decode=decode)


def _weigh_plain(value: object) -> int:
    return 64 + (len(value) * 2 if isinstance(value, str | list | tuple) else 0)


INT = _plain("int", "INT", _check_int)
FLOAT = _plain("float", "FLOAT", _check_float)
BOOL = _plain("bool", "BOOLEAN", _check_bool)
TEXT = _plain("text", "STRING", _check_text)
LIST = _plain("list", "LIST", _check_list)
ANYTHING = Socket(ANY, "*", lambda value: value, lambda value: getattr(value, "nbytes", 64))
PLAIN_SOCKETS = (INT, FLOAT, BOOL, TEXT, LIST, ANYTHING)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Takes a value's place: calls that would read it are left out. `message` is a warning."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Takes the place of a value whose call at node `node` failed, or was not made after that."""

    node: str


@dataclass(frozen=True, slots=True)
class Effect:
    """A file that a node wants written: whoever runs the job publishes it, once.

    Attributes:
        blob: digest of the content.
        prefix: wanted name without number and suffix.
        suffix: with its dot.
        folder: "output" is kept, "temp" is not.
        ui: name under which editors show it.
        media_type: of the content.
        is_numbered: whether the name always gets a number, or only where it is taken.
        made: digest of the samples of a picture whose file is to tell what made it, or "".
    """

    blob: str
    prefix: str
    suffix: str
    folder: str = "output"
    ui: str = "images"
    media_type: str = "image/png"
    is_numbered: bool = True
    made: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returns when it is more than its outputs.

    `values` holds one entry per output: a datum, a `Value` with its own facts, `Blocked`, or a
    `Link` into `expand`. `ui` maps names to lists for editors. `expand` is a sub-graph.
    """

    values: Sequence[Any] = ()
    ui: Mapping[str, Sequence[Any]] | None = None
    effects: Sequence[Effect] = ()
    expand: Mapping[str, Node] | None = None


Element = Value | Blocked | Failed
Slot = tuple[Element, ...]
Slots = tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One finished call: per output its elements, or the link into `expand` that gives them.

    `failed` says that the call failed, or was left out because another one did; `is_found`, that
    its result was kept under its `key` and the node was not called.
    """

    outputs: tuple[Slot | Link, ...]
    ui: Mapping[str, Sequence[Any]] | None = None
    effects: tuple[Effect, ...] = ()
    seconds: float = 0.0
    expand: Mapping[str, Node] | None = None
    failed: bool = False
    key: str = ""
    is_found: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a part of it is still to come from other nodes."""
        return bool(self.expand) or any(isinstance(slot, Link) for slot in self.outputs)


@dataclass(frozen=True, slots=True)
class Inside:
    """What a node of an expansion shows.

    `id` and `parent` lack the id of the node that expanded, before them; `display` is the node that
    an editor shows it at, "" for the one that expanded.
    """

    id: str
    kind: str
    parent: str
    display: str
    ui: Mapping[str, tuple[Any, ...]]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a finished node or call: all its elements, `ui` values and effects.

    `inside` is what the nodes of its expansions show.
    """

    slots: Slots
    ui: Mapping[str, tuple[Any, ...]] | None = None
    effects: tuple[Effect, ...] = ()
    seconds: float = 0.0
    inside: tuple["Inside", ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether no element failed."""
        return not any(isinstance(element, Failed) for slot in self.slots for element in slot)

    @property
    def is_lost(self) -> bool:
        """Whether there are elements, and all of them failed."""
        return any(self.slots) and all(isinstance(e, Failed) for slot in self.slots for e in slot)
