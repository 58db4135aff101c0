r"""How strongly each part of a prompt counts, as ComfyUI's users write it.

`(red)` counts 1.1 times, each further pair of brackets 1.1 times more; `(red:1.3)` counts 1.3,
whatever surrounds it, so `((red:0.5) car:2)` has red at 0.5. `\(` and `\)` are brackets to be
read. `[` and `]` mean nothing. The rules are those of ComfyUI's README and of its issue 4610.
"""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from paintgraph.models.errors import PromptError

MORE = 1.1
"""What a pair of brackets multiplies by."""

MOST_WEIGHT = 1000.0
MOST_CHARACTERS = 50_000

LEARNT_WORD = re.compile(r"(?:^|(?<=[\s,]))embedding:([^\s,]+)")
"""What stands in a part of a prompt for a file of embeddings; blanks and commas end it."""

_MARK = re.compile(r"\\[()]|[()]")
_NUMBER = re.compile(r":\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*\Z")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Weighted(NamedTuple):
    """A part of a prompt, and how strongly it counts; 1 is as it is, negative turns it round."""

    text: str
    weight: float


class _Group(NamedTuple):
    """A pair of brackets: where its words end, and its weight if one is written."""

    words_end: int
    weight: float | None


def check_text(text: str, where: str = "text") -> None:
    """Refuse, by a PromptError, what is too long, has unseen characters or wrong weights."""
    if len(text) > MOST_CHARACTERS:
        raise PromptError(
            f"{where} has {len(text)} characters; allowed are {MOST_CHARACTERS}. Shorten it."
        )
    if unseen := _UNSEEN.search(text):
        raise PromptError(
            f"{where} has the control character U+{ord(unseen[0]):04X} at place "
            f"{unseen.start()}; allowed are letters, digits, punctuation, blanks and new lines. "
            "Take it out."
        )
    for part in weighted(text):
        if abs(part.weight) > MOST_WEIGHT:
            raise PromptError(
                f"{where} gives '{part.text.strip()[:40]}' the weight {part.weight:g}; allowed "
                f"are {-MOST_WEIGHT:g} to {MOST_WEIGHT:g}. Mostly 0.5 to 1.5 is meant."
            )


def embedding_names(texts: Iterable[str]) -> list[str]:
    """The names that follow `embedding:` in prompts, each once."""
    parts = (part for text in texts for part in weighted(text))
    return sorted({name for part in parts for name in LEARNT_WORD.findall(part.text)})


def weighted(text: str) -> list[Weighted]:
    r"""The parts of a prompt in their order, without the brackets.

    A bracket without its partner is text.

    >>> [(part.text, round(part.weight, 2)) for part in weighted("a ((red)) (car (blue:0.5):1.4)")]
    [('a ', 1.0), ('red', 1.21), (' ', 1.0), ('car ', 1.4), ('blue', 0.5)]
    >>> weighted(r"a cat \(1999\)")
    [Weighted(text='a cat (1999)', weight=1.0)]
    """
    groups, partners = _groups(text)
    parts: list[Weighted] = []
    written: list[str] = []
    weights = [1.0]
    position = 0

    def write(end: int, after: int) -> None:
        nonlocal position
        written.append(text[position:end])
        position = after

    def close_part() -> None:
        if words := "".join(written):
            parts.append(Weighted(words, weights[-1]))
        written.clear()

    for mark in _MARK.finditer(text):
        start, after = mark.span()
        if len(mark[0]) == len("\\("):
            write(start, start + 1)
        elif start in groups:
            write(start, after)
            close_part()
            given = groups[start].weight
            weights.append(weights[-1] * MORE if given is None else given)
        elif start in partners:
            write(groups[partners[start]].words_end, after)
            close_part()
            weights.pop()
    write(len(text), len(text))
    close_part()
    return parts


def _groups(text: str) -> tuple[dict[int, _Group], dict[int, int]]:
    """The pairs of brackets by where they open, and that place by where they close."""
    groups: dict[int, _Group] = {}
    partners: dict[int, int] = {}
    opened: list[int] = []
    last = 0  # where the words begin that may end in a number
    for mark in _MARK.finditer(text):
        start = mark.start()
        if mark[0] == "(":
            opened.append(start)
        elif mark[0] == ")" and opened:
            opening = opened.pop()
            groups[opening] = _group(text, opening, last, start)
            partners[start] = opening
        if mark[0] in "()":
            last = mark.end()
    return groups, partners


def _group(text: str, opening: int, last: int, closing: int) -> _Group:
    number = _NUMBER.search(text, last, closing)
    if number is None or number.start() == opening + 1 or not math.isfinite(float(number[1])):
        return _Group(closing, None)
    return _Group(number.start(), float(number[1]))
