"""Words, thresholds and boxes, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.models.errors import PromptError
from paintgraph.models.families.dino.detection import Answers, Tokens, caption_of
from paintgraph.models.roles import phrases_of

NAMES = {1: "[CLS]", 2: "[SEP]", 3: ".", 10: "cat", 11: "red", 12: "ball"}
CAPTION = Tokens(
    (1, 10, 3, 11, 12, 3, 2), frozenset({1, 2, 3}), lambda ids: " ".join(NAMES[i] for i in ids)
)
PICTURE = np.zeros((100, 200, 3), np.uint8)


@pytest.mark.parametrize(
    ("prompt", "phrases"),
    [
        ("Cat", ["cat"]),
        ("cat . red  ball .", ["cat", "red ball"]),
        ("cat, red\tball; dog\nbird,,", ["cat", "red ball", "dog", "bird"]),
        ("two-tone cat's eye", ["two-tone cat's eye"]),
    ],
)
def test_a_prompt_names_things(prompt: str, phrases: list[str]) -> None:
    assert phrases_of(prompt) == phrases


@pytest.mark.parametrize("prompt", ["", "   ", " . , ;\n"])
def test_a_prompt_without_words_is_refused(prompt: str) -> None:
    with pytest.raises(PromptError, match=r"needed are the words of what to look for\. Write e\.g"):
        phrases_of(prompt)


def test_a_prompt_of_ten_thousand_characters_is_refused() -> None:
    with pytest.raises(PromptError) as caught:
        phrases_of("x" * 10_000)

    assert str(caught.value) == (
        "prompt has 10000 characters; allowed are 2000. Name what to look for in a few words."
    )


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x85"])
def test_characters_that_nobody_sees_are_refused(character: str) -> None:
    with pytest.raises(PromptError, match=rf"U\+{ord(character):04X} at place 3"):
        phrases_of(f"cat{character}")


@given(st.text(max_size=60))
def test_any_text_names_things_in_lower_case_or_is_refused(prompt: str) -> None:
    try:
        phrases = phrases_of(prompt)
    except PromptError:
        return
    assert all(phrase == " ".join(phrase.split()) != "" for phrase in phrases)
    assert phrases_of(caption_of(phrases)) == phrases


def test_a_caption_ends_each_phrase_with_a_full_stop() -> None:
    assert caption_of(["cat", "red ball"]) == "cat . red ball ."


def test_a_label_has_the_words_above_the_threshold_and_no_others() -> None:
    scores = np.asarray([0.9, 0.1, 0.9, 0.25, 0.5, 0.9, 0.9, 0.9], np.float32)

    assert CAPTION.label(scores, 0.2) == "red ball"
    assert CAPTION.label(scores, 0.25) == "ball"


def test_a_label_without_such_words_is_the_phrase_of_the_best_one() -> None:
    scores = np.asarray([0.9, 0.1, 0.9, 0.12, 0.3, 0.9, 0.9], np.float32)

    assert CAPTION.label(scores, 0.3) == "red ball"


def test_more_words_than_the_model_reads_are_refused() -> None:
    CAPTION.check_count(7)
    with pytest.raises(PromptError, match="prompt has 7 parts of words; the model reads 6"):
        CAPTION.check_count(6)


def test_boxes_are_those_above_the_threshold_in_the_order_of_queries() -> None:
    scores = np.zeros((4, 7), np.float32)
    scores[:, 1] = [0.5, 0.25, 0.75, 0.5]
    scores[3, 0] = 0.625  # a score counts wherever it is
    places = np.asarray(
        [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0.25, 0.25, 0.5], [0.25, 0.75, 0.125, 0.25]],
        np.float32,
    )

    found = Answers(scores, places).boxes(PICTURE, CAPTION, 0.25, 0.3)

    assert found.corners.tolist() == [[50, 25, 150, 75], [-25, 0, 25, 50], [37.5, 62.5, 62.5, 87.5]]
    assert found.scores.tolist() == [0.5, 0.75, 0.625]
    assert found.labels == ("cat", "cat", "cat")
    assert found.items.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("threshold", "count"), [(0.49, 1), (0.5, 0), (0.51, 0)])
def test_a_score_that_equals_the_threshold_is_not_enough(threshold: float, count: int) -> None:
    scores = np.full((1, 7), 0.5, np.float32)
    places = np.full((1, 4), 0.5, np.float32)

    assert len(Answers(scores, places).boxes(PICTURE, CAPTION, threshold, 0)) == count
