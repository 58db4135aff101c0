"""Words become numbers, in chunks of what an encoder reads at once."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.models.prompts.tokens import LONG_WORD, Token, chunks_of, words_of
from paintgraph.models.prompts.vocabulary import clip_tokenizer
from paintgraph.models.prompts.weighting import weighted

words = st.lists(st.lists(st.integers(1, 99).map(Token), max_size=30), max_size=40)


@cache
def tokenizer() -> Any:
    return clip_tokenizer()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("A photo of a Cat", [320, 1125, 539, 320, 2368]),
        ("a diagram", [320, 22697]),
        ("a dog", [320, 1929]),
        ("hello world!", [3306, 1002, 256]),
    ],
)
def test_the_vocabulary_is_that_of_clip(text: str, numbers: list[int]) -> None:
    assert tokenizer()(text)["input_ids"] == [49406, *numbers, 49407]


def test_the_vocabulary_has_all_tokens_of_clip() -> None:
    assert len(tokenizer()) == 49_408
    assert (tokenizer().bos_token_id, tokenizer().eos_token_id) == (49_406, 49_407)


@given(words)
def test_chunks_hold_all_tokens_in_their_order(words: list[list[Token]]) -> None:
    chunks = chunks_of(words, 75)

    assert [token for chunk in chunks for token in chunk] == [t for word in words for t in word]
    assert all(len(chunk) <= 75 for chunk in chunks)
    assert all(chunks) or chunks == [[]]


@given(words)
def test_a_short_word_is_in_one_chunk(words: list[list[Token]]) -> None:
    told_apart = [[Token(place) for _ in word] for place, word in enumerate(words)]
    chunks = chunks_of(told_apart, 75)

    for place, word in enumerate(told_apart):
        if 0 < len(word) < LONG_WORD:
            assert sum(Token(place) in chunk for chunk in chunks) == 1


@pytest.mark.parametrize(
    ("count", "chunks"), [(0, 1), (1, 1), (75, 1), (76, 2), (150, 2), (151, 3)]
)
def test_a_chunk_holds_75_words(count: int, chunks: int) -> None:
    assert len(chunks_of([[Token(1)]] * count, 75)) == chunks


def test_a_long_word_fills_the_chunk_and_goes_on_in_the_next() -> None:
    lengths = [len(chunk) for chunk in chunks_of([[Token(1)] * 70, [Token(2)] * 8], 75)]
    moved = [len(chunk) for chunk in chunks_of([[Token(1)] * 70, [Token(2)] * 7], 75)]

    assert (lengths, moved) == ([75, 3], [70, 7])


def test_learnt_words_stand_where_they_are_named_with_the_weight_of_their_place() -> None:
    learnt = np.eye(2, 4, dtype=np.float32)
    text = "a (embedding:ugly, b:1.5) embedding:ugly xembedding:ugly"
    found = list(words_of(weighted(text), lambda word: [len(word)], lambda _: learnt))

    assert [[token.weight for token in word] for word in found] == [
        *([1], [1.5, 1.5], [1.5], [1.5], [1, 1], [1])
    ]
    assert [token.vector is not None for word in found for token in word] == [
        *(False, True, True, False, False, True, True, False)
    ]
