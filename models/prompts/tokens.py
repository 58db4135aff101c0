"""Prompts as numbers: words, learnt words among them, in chunks that an encoder reads at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from paintgraph.models.prompts.weighting import LEARNT_WORD, Weighted
from paintgraph.models.sampling.values import Array

LONG_WORD = 8
"""A word of fewer tokens stands in one chunk: the next one, where it does not fit."""


class Token(NamedTuple):
    """One token: its number, or in its place a learnt vector `[width]`; and how it is weighted."""

    number: int
    weight: float = 1.0
    vector: Array | None = None


Chunk: TypeAlias = Sequence[Token]
Vectors: TypeAlias = Callable[[str], Array]
"""What an embedding's name stands for in the encoder at hand: `[tokens, width]`."""

_NO_WORD = 0  # stands where a vector goes; no token that ends a text


def words_of(
    parts: Iterable[Weighted], numbers: Callable[[str], list[int]], vectors: Vectors
) -> Iterator[list[Token]]:
    """The tokens of each word; `numbers` are those of a word without start and end."""
    for text, weight in parts:
        position = 0
        for found in LEARNT_WORD.finditer(text):
            yield from _plain(text[position : found.start()], weight, numbers)
            yield [Token(_NO_WORD, weight, vector) for vector in vectors(found[1])]
            position = found.end()
        yield from _plain(text[position:], weight, numbers)


def _plain(text: str, weight: float, numbers: Callable[[str], list[int]]) -> Iterator[list[Token]]:
    for word in text.split():
        yield [Token(number, weight) for number in numbers(word)]


def chunks_of(words: Iterable[Sequence[Token]], size: int) -> list[list[Token]]:
    """The tokens in chunks of at most `size`; of nothing one empty chunk."""
    chunks: list[list[Token]] = [[]]
    for word in words:
        rest = list(word)
        while rest:
            room = size - len(chunks[-1])
            if len(rest) > room and (room == 0 or len(rest) < LONG_WORD):
                chunks.append([])
                continue
            chunks[-1] += rest[:room]
            rest = rest[room:]
    return chunks
