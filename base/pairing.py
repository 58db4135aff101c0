"""Pairing files by their names: which of several lists belong together, and what is alone."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from paintgraph.base.words import shorten

_NUMBER = re.compile(r"\d+", re.ASCII)
_MOST_TOLD = 5

Key = Callable[[str], str]
"""What two names must have in common to be partners."""


def stem_of(name: str) -> str:
    """A file's name without its folders and its suffix."""
    return PurePosixPath(name).stem


def number_of(name: str) -> str:
    """The last number in a file's name, without zeros before it; "" if there is none."""
    found = _NUMBER.findall(stem_of(name))
    return str(int(found[-1])) if found else ""


class Pairs(NamedTuple):
    """What was paired.

    Attributes:
        rows: by place in the first list, the partner of each in every other list; who lacks one is
            left out.
        alone: sentences on what has no partner.
        twice: sentences on what has more than one.
    """

    rows: dict[int, dict[str, int]]
    alone: list[str]
    twice: list[str]


def pair(
    first: str, names: Sequence[str], others: Mapping[str, Sequence[str]], key: Key = stem_of
) -> Pairs:
    """Find the partners of names in other lists.

    Args:
        first: what messages call the list `names`.
        names: those that partners are looked for.
        others: the other lists by what messages call them.
        key: what partners have in common, once in each list; who has "" lacks a partner.
    """
    alone: list[str] = []
    twice: list[str] = []
    rows: dict[int, dict[str, int]] = {place: {} for place in range(len(names))}
    used = _places(first, names, key, twice) if others else {}
    for other, candidates in others.items():
        known = _places(other, candidates, key, twice)
        if lacking := [name for name in names if key(name) not in known]:
            alone.append(f"{other} has no partner for {_counted(lacking)} of {first}.")
        if spare := [name for name in candidates if key(name) not in used]:
            alone.append(f"{first} has no partner for {_counted(spare)} of {other}.")
        for place, name in enumerate(names):
            if key(name) in known:
                rows[place][other] = known[key(name)]
    whole = {place: row for place, row in rows.items() if len(row) == len(others)}
    return Pairs(whole, alone, twice)


def _places(of: str, names: Sequence[str], key: Key, twice: list[str]) -> dict[str, int]:
    """Where each key stands in a list; those that stand there twice are told."""
    known: dict[str, int] = {}
    for place, name in enumerate(names):
        at = known.setdefault(key(name), place) if key(name) else place
        if at != place:
            twice.append(
                f"{of}: '{shorten(names[at])}' and '{shorten(name)}' are both "
                f"'{shorten(key(name))}'; allowed is one partner for each."
            )
    return known


def _counted(names: Sequence[str]) -> str:
    """The first of the names, and how many there are beside them."""
    shown = ", ".join(f"'{shorten(name)}'" for name in names[:_MOST_TOLD])
    rest = len(names) - _MOST_TOLD
    return f"{shown} and {rest} more" if rest > 0 else shown
