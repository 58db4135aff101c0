"""Names for results, made from what they are computed from.

key(call) = digest(declaration, canonical literals, keys of what is linked). An element of output
`s` of a call is named `CALL:s`, or `CALL:s:i` for entry `i` of a list output, so that a node that
maps over one element has the key of its only call.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson


def json_text(value: object) -> str:
    """A part of a key as text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def literal_part(value: object) -> list[Any]:
    """The part of a key that a literal gives."""
    return [0, value]


def value_part(key: str) -> list[Any]:
    """The part of a key that a linked or embedded value gives."""
    return [1, key]


def list_part(keys: Sequence[str]) -> list[Any]:
    """The part of a key that a list of values gives, to a node that takes lists."""
    return [2, *keys]


def call_key(print_: str, parts: Mapping[str, list[Any]], scope: str = "") -> str:
    """Key of a call. `scope` (job and node id) keeps volatile results to themselves."""
    body = orjson.dumps([print_, scope, parts], option=orjson.OPT_SORT_KEYS)
    return blake2b(body, digest_size=20).hexdigest()


def element_key(call: str, slot: int, index: int | None = None) -> str:
    """Key of one element that a call gave."""
    return f"{call}:{slot}" if index is None else f"{call}:{slot}:{index}"
