"""What every text and every value in one is held to: size, depth, characters, numbers."""

import math
import re

from paintgraph.base.errors import Place
from paintgraph.base.text.document import TextError, place_at
from paintgraph.base.words import shorten

MAX_DEPTH = 64
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1  # What JSON writers and databases can hold.
# What YAML calls not printable: neither format may hold it unescaped.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_DIGITS = 20  # Longer ones are refused unread: int() takes quadratic time and has a limit.
_KINDS = "dict, list, str, int, float, bool and None"


def decode(text: bytes | str, max_bytes: int) -> str:
    """Text without byte order mark, refused if it is too large, not UTF-8 or blank."""
    try:
        data = text.encode() if isinstance(text, str) else text
        _check_size(len(data), max_bytes)
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        raise TextError(
            "not_utf8",
            f"byte {error.start} of the text is 0x{data[error.start]:02x}, which is not UTF-8;"
            " only UTF-8 is read. Save the file as UTF-8.",
            place_at(before, len(before)),
        ) from error
    except UnicodeEncodeError as error:
        raise lone_surrogate().at(place_at(error.object, error.start)) from error
    text = text.removeprefix("\ufeff")
    if not text.strip(" \t\r\n"):
        raise TextError("empty", "the text is empty; a value is needed. Write one.", Place(1, 1))
    return text


def refuse_unprintable(text: str) -> None:
    """Refuse a text that holds a control character or a byte order mark in the middle."""
    if found := UNPRINTABLE.search(text):
        raise TextError(
            "control_character",
            f"the text holds the character U+{ord(found[0]):04X}; only printable ones, tabs and"
            f" line ends are allowed. Remove it, or write {escape(found[0])} in double quotes.",
            place_at(text, found.start()),
        )


def escape(character: str) -> str:
    """Escape of a character of the first plane, as YAML and JSON know it inside double quotes."""
    return f"\\u{ord(character):04x}"


def whole_number(digits: str) -> int:
    """Integer of decimal digits with an optional sign, refused beyond 64 bits."""
    bare = digits.lstrip("+-").lstrip("0") or "0"
    number = int(bare) if len(bare) <= _MAX_DIGITS else MAX_INTEGER + 1
    return check_integer(-number if digits.startswith("-") else number, digits)


def check_integer(number: int, written: str) -> int:
    """The number itself, refused beyond 64 bits."""
    if MIN_INTEGER <= number <= MAX_INTEGER:
        return number
    raise TextError(
        "integer_range",
        f"the integer {excerpt(written)} is out of range; allowed {MIN_INTEGER} to {MAX_INTEGER}."
        " Write it as text, in quotes.",
    )


def finite_number(written: str) -> float:
    """Float of its text, refused if it is too large for one."""
    number = float(written)
    if math.isfinite(number):
        return number
    raise not_finite(written)


def not_finite(written: str) -> TextError:
    """Error for NaN, infinity and numbers too large for a float."""
    return TextError(
        "not_finite",
        f"the number {excerpt(written)} is not finite; allowed are numbers up to about 1.8e308."
        " Write a finite one, or quote it if it is meant as text.",
    )


def lone_surrogate() -> TextError:
    """Error for half of a character that takes two surrogates."""
    return TextError(
        "lone_surrogate",
        "half a surrogate pair stands alone, which is no character; only whole characters are"
        " allowed. Write the character itself, or both halves of it.",
    )


def too_deep() -> TextError:
    """Error for a value inside more than `MAX_DEPTH` lists and mappings."""
    return TextError(
        "too_deep",
        f"lists and mappings are nested more than {MAX_DEPTH} deep; at most {MAX_DEPTH} are"
        " allowed. Flatten the value.",
    )


def duplicate_key(key: str, first: Place | None) -> TextError:
    """Error for a key that a mapping has twice."""
    where = f"at line {first.line}, column {first.column}" if first else "in the same mapping"
    return TextError(
        "duplicate_key",
        f"the key {excerpt(key)!r} was given before, {where}; a key is allowed once in a"
        " mapping. Rename or remove one of them.",
    )


def excerpt(written: str) -> str:
    """What a message quotes of a text."""
    return shorten(written, 40)


def check_tree(value: object, depth: int = 0) -> None:
    """Refuse a value that no text could hold: other types, NaN, huge integers, deep nesting."""
    if isinstance(value, dict | list | tuple) and depth >= MAX_DEPTH:
        raise too_deep()
    if isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str):
                raise _refused_type(key, "bad_key", "key", "str")
            check_tree(key)
            check_tree(child, depth + 1)
    elif isinstance(value, list | tuple):
        for child in value:
            check_tree(child, depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
            raise lone_surrogate()
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise not_finite(repr(value))
    elif isinstance(value, int):
        check_integer(value, "" if MIN_INTEGER <= value <= MAX_INTEGER else hex(value))
    elif value is not None:
        raise _refused_type(value, "bad_value", "value", _KINDS)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TextError(
            "too_large",
            f"the text is {size} bytes long; at most {max_bytes} are read. Take out what is"
            " large: pictures belong in files of their own.",
            Place(1, 1),
        )


def _refused_type(value: object, code: str, what: str, allowed: str) -> TextError:
    return TextError(
        code,
        f"a {what} of type {type(value).__name__} cannot be written; allowed: {allowed}. Convert it"
        " first.",
    )
