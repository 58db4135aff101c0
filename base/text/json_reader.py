"""JSON from hostile hands: checked by orjson, then read with whole integers and unequal keys.

orjson refuses NaN, lone surrogates and deep nesting without recursing, but turns large integers
into floats and lets the last of two equal keys win. The standard library's reader has hooks for
those; it reads only what orjson has accepted.
"""

import bisect
import json
import re
from collections import Counter
from functools import cache
from itertools import islice
from typing import Any

import orjson

from paintgraph.base.errors import Place
from paintgraph.base.text import limits
from paintgraph.base.text.document import (
    MAX_PLACED,
    NOTHING_INSIDE,
    Document,
    Spot,
    TextError,
    place_at,
)

MAX_JSON_BYTES = 32 * 2**20  # Room for pictures in base64.
MAX_JSON_VALUES = 1_000_000

# A string, a bracket or comma, or anything else; a lone quote is a string without an end.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]++|"', re.DOTALL)
_LONE_QUOTE = '"'
_LONG_NUMBER = re.compile(r"[0-9]{19}")  # Looked for first: the check is slow on many numbers.
_NAN = re.compile(r"-?(?:NaN|Infinity)\b")
_STRING_OR_NAN = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+")|-?\b(?:NaN|Infinity)\b', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(
    text: bytes | str, *, max_bytes: int = MAX_JSON_BYTES, nan_is_null: bool = False
) -> Document:
    """Value of a JSON text; raises `TextError` for anything doubtful.

    With `nan_is_null` numbers that are not finite are read as null, since Python writes them.
    """
    text = limits.decode(text, max_bytes)
    if nan_is_null:
        text = _STRING_OR_NAN.sub(lambda found: found[1] or "null", text)
    _check_count(text)
    try:
        draft = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _refusal(text, error) from error
    if _is_too_deep(draft):
        raise limits.too_deep().at(_Scan(text).too_deep)
    del draft  # The value is built once more: both at once may not fit.
    parse_int = limits.whole_number if _LONG_NUMBER.search(text) else None
    try:
        value = json.loads(text, object_pairs_hook=_mapping, parse_int=parse_int)
    except TextError as error:
        raise _placed(text, error) from error
    return Document(value, cache(lambda: _Scan(text).top))


def _check_count(text: str) -> None:
    """Refuse a text that would take seconds and gigabytes; commas inside of texts count too."""
    if sum(map(text.count, ",[{")) > MAX_JSON_VALUES:
        raise TextError(
            "too_large",
            f"the text holds more than {MAX_JSON_VALUES} values; at most as many are read. Put"
            " lists of numbers into files of their own.",
            Place(1, 1),
        )


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise limits.duplicate_key(twice, None)
    return mapping


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(limits.MAX_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def _refusal(text: str, error: orjson.JSONDecodeError) -> TextError:
    scan = _Scan(text)
    if "depth" in error.msg or (scan.too_deep and scan.too_deep <= place_at(text, error.pos)):
        return limits.too_deep().at(scan.too_deep)
    start = error.pos - text.startswith("-", max(error.pos - 1, 0))  # It stands behind a sign.
    place, rest = place_at(text, start), text[start : start + 400]
    if found := _NAN.match(rest):
        return limits.not_finite(found[0]).at(place)
    if _SURROGATE.match(rest):
        return limits.lone_surrogate().at(place)
    if "infinity" in error.msg:
        token = _TOKEN.match(rest)
        return limits.not_finite(token[0] if token else rest).at(place)
    where = f"before {limits.excerpt(rest.splitlines()[0])!r}" if rest.strip() else "at its end"
    return TextError(
        "bad_json",
        f"this is not JSON from here on, {where}; allowed are values in double quotes, brackets"
        " and commas as RFC 8259 has them. Check quotes, commas and brackets here and before.",
        place,
    )


def _placed(text: str, error: TextError) -> TextError:
    """The same error with its place, which the standard library does not pass to its hooks."""
    scan = _Scan(text)
    if error.code == "duplicate_key" and scan.duplicate:
        key, first, second = scan.duplicate
        return limits.duplicate_key(key, first).at(second)
    return error.at(scan.huge)


class _Scan:
    """Places of all values of a text, and of the first fault of each kind."""

    def __init__(self, text: str) -> None:
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.inside: dict[str | int, Spot] = {}
        self.key: tuple[str, Place] | None = None
        self.stack: list[tuple[dict[str | int, Spot], bool]] = []
        self.is_mapping = False
        self.too_deep: Place | None = None
        self.duplicate: tuple[str, Place, Place] | None = None
        self.huge: Place | None = None
        top = self.inside
        for found in islice(_TOKEN.finditer(text), MAX_PLACED):
            if not self.token(found[0], found.start()):
                break
        self.top = top.get(0)

    def token(self, token: str, offset: int) -> bool:
        """Take one token; False if the scan ends here."""
        if token in ("}", "]"):
            if not self.stack:
                return False
            self.inside, self.is_mapping = self.stack.pop()
            self.key = None
        elif token in (":", ","):
            pass
        elif self.is_mapping and self.key is None and token.startswith('"'):
            return self.take_key(token, self.place(offset))
        else:
            self.take_value(token, self.place(offset))
        return token != _LONE_QUOTE and self.too_deep is None

    def take_key(self, token: str, place: Place) -> bool:
        try:
            key = token[1:-1] if "\\" not in token else str(json.loads(token))
        except ValueError:
            return False
        self.key = (key, place)
        earlier = self.inside.get(key)
        if earlier and earlier.key and self.duplicate is None:
            self.duplicate = (key, earlier.key, place)
        return True

    def take_value(self, token: str, place: Place) -> None:
        is_open = token in ("{", "[")
        spot = Spot(self.key[1] if self.key else None, place, {} if is_open else NOTHING_INSIDE)
        self.inside.setdefault(self.key[0] if self.key else len(self.inside), spot)
        self.key = None
        if is_open:
            if len(self.stack) == limits.MAX_DEPTH:
                self.too_deep = place
            self.stack.append((self.inside, self.is_mapping))
            self.inside, self.is_mapping = spot.inside, token.startswith("{")
        elif self.huge is None and token.lstrip("-").isdecimal():
            try:
                limits.whole_number(token)
            except TextError:
                self.huge = place

    def place(self, offset: int) -> Place:
        line = bisect.bisect_right(self.lines, offset)
        return Place(line, offset - self.lines[line - 1] + 1)
