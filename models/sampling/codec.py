"""Sampling's values as bytes and back: checked by the types of their fields, never pickled.

A `kind` is a type as `values` writes it: one of its classes, a tuple, a union, an array. The bytes
are one line of JSON, a list of fields for each value, and after it the samples of all arrays
(float32, little endian) in the order in which their shapes stand there.
"""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b
from math import copysign, isfinite, prod
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np
import orjson

from paintgraph.base.words import shorten
from paintgraph.imaging.arrays import freeze
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.errors import ModelError
from paintgraph.models.sampling.rules import AXES, BOUNDS, REFERENCES, Field
from paintgraph.models.sampling.values import Array

_SAMPLE = np.dtype("<f4")
_BITS = 2**64
_ALLOWED = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}


def canonical(kind: Any, datum: object) -> Any:
    """The datum with lists as tuples, numbers as floats where such are meant, arrays frozen.

    Raises ValueError that says what is wrong where, without naming the place of the whole.
    """
    return _checked(kind, datum, _Spot())


def encode(kind: Any, datum: Any) -> bytes:
    """The bytes of a datum; raises ValueError as `canonical`."""
    return b"".join(_pieces(kind, canonical(kind, datum)))


def decode(kind: Any, data: bytes) -> Any:
    """The datum of bytes that `encode` gave; raises ValueError for any others."""
    head, found, samples = data.partition(b"\n")
    if not found:
        raise ValueError("is cut off")
    source = _Source(samples)
    datum = _read(kind, orjson.loads(head), source)
    source.end()
    return canonical(kind, datum)


def digest(kind: Any, datum: Any) -> str:
    """Of the content of a datum: equal for equal ones of one kind, else different.

    Raises ValueError as `canonical`.
    """
    found = blake2b(repr(kind).encode(), digest_size=20)
    for piece in _pieces(kind, canonical(kind, datum)):
        found.update(piece)
    return found.hexdigest()


def weigh(datum: object) -> int:
    """About how many bytes a datum holds in memory; of what is not of `values` a little."""
    own = 64 + (datum.nbytes if isinstance(datum, np.ndarray) else 0)
    return own + sum(weigh(part) for part in _parts(datum))


class _Spot(NamedTuple):
    """Where in a datum something is: its path for messages, the field whose rules count."""

    path: str = ""
    field: Field | None = None

    def wrong(self, what: str, allowed: str) -> ValueError:
        """The error of what is there."""
        where = f"is wrong in '{self.path}', which " if self.path else ""
        return ValueError(f"{where}{what}; allowed is {allowed}")

    def at(self, place: int) -> "_Spot":
        """An entry of it."""
        return _Spot(f"{self.path}[{place}]", self.field)

    def to(self, kind: type, name: str) -> "_Spot":
        """A field of it."""
        return _Spot(f"{self.path}.{name}".removeprefix("."), (kind, name))


class _Source:
    """The samples behind a head, taken one array after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, shape: Any) -> Array:
        """The next array; raises ValueError if there are too few samples, or no shape."""
        if not isinstance(shape, list) or not all(type(side) is int and side > 0 for side in shape):
            raise ValueError("has an array without a shape")
        size = prod(shape) * _SAMPLE.itemsize
        if size > len(self._data) - self._at:
            raise ValueError("has too few samples")
        taken = np.frombuffer(self._data, _SAMPLE, prod(shape), self._at).reshape(shape)
        self._at += size
        return taken.astype(np.float32)  # a copy: neither unaligned, nor holding all of the bytes

    def end(self) -> None:
        """Raise ValueError if samples are left."""
        if self._at != len(self._data):
            raise ValueError("has too many samples")


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    """Names and kinds of a class's fields."""
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind)


def _entries(kind: Any, given: Sequence[object]) -> tuple[Any, ...]:
    """The kind of each entry of a tuple; raises ValueError where there are too many or too few."""
    arguments = get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return (arguments[0],) * len(given)
    if len(arguments) != len(given):
        raise ValueError(f"has {len(given)} entries; allowed is a list of {len(arguments)}")
    return arguments


def _chosen(kind: Any, datum: object) -> Any:
    """The part of a union that a datum is meant as: that of its type, else the first."""
    if datum is None and NoneType in get_args(kind):
        return NoneType
    options = [option for option in get_args(kind) if option is not NoneType]
    return next((option for option in options if type(datum) is option), options[0])


def _checked(kind: Any, datum: Any, spot: _Spot) -> Any:
    if kind is NoneType:
        return None
    if kind == Array:
        return _checked_array(datum, spot)
    if _is_class(kind):
        if type(datum) is not kind:
            raise spot.wrong(f"is {_shown(datum)}", f"a {kind.__name__}, as nodes give it")
        return _with_checked_fields(kind, datum, spot)
    if get_origin(kind) is tuple:
        if not isinstance(datum, tuple | list):
            raise spot.wrong(f"is {_shown(datum)}", "a list, as nodes give it")
        kinds = _entries(kind, datum)
        pairs = enumerate(zip(kinds, datum, strict=True))
        checked = tuple(_checked(inner, entry, spot.at(place)) for place, (inner, entry) in pairs)
        is_same = isinstance(datum, tuple) and all(map(operator.is_, checked, datum))
        return datum if is_same else checked
    if get_origin(kind) in (Union, UnionType):
        return _checked(_chosen(kind, datum), datum, spot)
    return _checked_plain(kind, datum, spot)


def _with_checked_fields(kind: Any, datum: Any, spot: _Spot) -> Any:
    """The datum itself where nothing of it had to be changed."""
    given = {name: getattr(datum, name) for name, _ in _fields(kind)}
    checked = {
        name: _checked(inner, given[name], spot.to(kind, name)) for name, inner in _fields(kind)
    }
    is_same = all(checked[name] is given[name] for name in given)
    return datum if is_same else kind(**checked)


def _checked_array(datum: Any, spot: _Spot) -> Array:
    if not isinstance(datum, np.ndarray) or not np.issubdtype(datum.dtype, np.floating):
        raise spot.wrong(f"is {_shown(datum)}", "a numpy array of floating point numbers")
    axes = AXES[spot.field] if spot.field else ()
    fits = len(axes) == datum.ndim and all(
        size == int(axis.partition(" ")[0]) if axis[0].isdigit() else size > 0
        for axis, size in zip(axes, datum.shape, strict=True)
    )
    if not fits:
        raise spot.wrong(f"has the shape {list(datum.shape)}", f"[{', '.join(axes)}]")
    low, high = float(datum.min()), float(datum.max())
    if not (isfinite(low) and isfinite(high)):
        raise spot.wrong("holds NaN or infinity", "an array of finite numbers")
    _check_bounds(low, high, spot)
    return freeze(datum.astype(np.float32, copy=False))


def _checked_plain(kind: Any, datum: Any, spot: _Spot) -> Any:
    if kind is float and type(datum) is int and abs(datum) < _BITS:
        datum = float(datum)
    if type(datum) is not kind or (kind is float and not isfinite(datum)):
        raise spot.wrong(f"is {_shown(datum)}", _ALLOWED[kind])
    if kind in (int, float):
        _check_bounds(datum, datum, spot)
    if spot.field in REFERENCES:
        try:
            ModelRef.parse(datum)
        except ModelError as error:
            raise ValueError(f"is wrong in '{spot.path}': {error.message}") from error
    if kind is str and not _is_unicode(datum):
        raise spot.wrong("has half a character", "Unicode")
    is_minus_zero = kind is float and datum == 0 and copysign(1, datum) < 0
    return 0.0 if is_minus_zero else datum


def _check_bounds(low: float, high: float, spot: _Spot) -> None:
    least, most = BOUNDS.get(spot.field, (-_BITS, _BITS)) if spot.field else (-_BITS, _BITS)
    if low < least or high > most:
        shown = [f"{n:d}" if isinstance(n, int) else f"{n:g}" for n in (low, high, least, most)]
        found = f"is {shown[0]}" if low == high else f"goes from {shown[0]} to {shown[1]}"
        raise spot.wrong(found, f"{shown[2]} to {shown[3]}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(datum: object) -> str:
    match datum:
        case None:
            return "nothing"
        case int() if abs(datum) >= _BITS:
            return "an integer beyond 64 bits"
        case int() | float() | str():
            return shorten(repr(datum), 60)
        case np.ndarray():
            return f"an array of {datum.dtype}"
        case _:
            return f"a {type(datum).__name__}"


def _pieces(kind: Any, datum: Any) -> Iterator[Any]:
    """The head of the bytes, and the memory of each array."""
    arrays: list[Array] = []
    yield orjson.dumps(_plain(kind, datum, arrays))
    yield b"\n"
    for array in arrays:
        yield np.ascontiguousarray(array, _SAMPLE).data.cast("B")


def _plain(kind: Any, datum: Any, arrays: list[Array]) -> Any:
    """The datum as JSON holds it; its arrays are added to those that are there."""
    if datum is None:
        return None
    if kind == Array:
        arrays.append(datum)
        return datum.shape
    if _is_class(kind):
        return [_plain(inner, getattr(datum, name), arrays) for name, inner in _fields(kind)]
    if get_origin(kind) is tuple:
        kinds = zip(_entries(kind, datum), datum, strict=True)
        return [_plain(inner, entry, arrays) for inner, entry in kinds]
    if get_origin(kind) in (Union, UnionType):
        return _plain(_chosen(kind, datum), datum, arrays)
    return datum


def _read(kind: Any, plain: Any, source: _Source) -> Any:
    """The datum of what JSON held, not checked yet but for its form."""
    if kind == Array:
        return source.take(plain)
    if _is_class(kind):
        kinds = [inner for _, inner in _fields(kind)]
        if not isinstance(plain, list) or len(plain) != len(kinds):
            raise ValueError(f"is no {kind.__name__}")
        pairs = zip(kinds, plain, strict=True)
        return kind(*[_read(inner, entry, source) for inner, entry in pairs])
    if get_origin(kind) is tuple:
        if not isinstance(plain, list):
            raise ValueError("has no list where one is needed")
        pairs = zip(_entries(kind, plain), plain, strict=True)
        return tuple(_read(inner, entry, source) for inner, entry in pairs)
    if get_origin(kind) in (Union, UnionType):
        chosen = _chosen(kind, plain)
        return None if chosen is NoneType else _read(chosen, plain, source)
    return plain


def _parts(datum: object) -> Iterator[object]:
    if is_dataclass(datum) and not isinstance(datum, type):
        yield from (getattr(datum, field.name) for field in fields(datum))
    elif isinstance(datum, tuple):
        yield from datum
