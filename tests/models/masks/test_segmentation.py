"""What is kept of pictures, and masks as prompts."""

import numpy as np

from paintgraph.models.families.sam.sam import EncodedPictures, mask_logits
from paintgraph.models.roles import Candidates


def picture(value: int, height: int = 2, width: int = 3) -> np.ndarray[tuple[int, ...], np.dtype]:
    return np.full((height, width, 3), value, np.uint8)


class Encoder:
    """Gives a number to each picture that it sees."""

    def __init__(self, size: int = 10) -> None:
        self.calls = 0
        self._size = size

    def __call__(self) -> tuple[int, int]:
        self.calls += 1
        return self.calls, self._size


def test_an_equal_picture_is_encoded_once() -> None:
    kept: EncodedPictures[int] = EncodedPictures()
    encode = Encoder()

    assert [kept.get(picture(n), encode) for n in (1, 2, 1, 2, 1)] == [1, 2, 1, 2, 1]


def test_a_picture_of_another_shape_is_another_one() -> None:
    kept: EncodedPictures[int] = EncodedPictures()
    encode = Encoder()

    assert kept.get(picture(0, 2, 3), encode) != kept.get(picture(0, 3, 2), encode)


def test_the_last_used_stay_within_the_bytes() -> None:
    kept: EncodedPictures[int] = EncodedPictures(most_bytes=25)
    encode = Encoder()
    for value in (1, 2, 1, 3):  # 2 goes
        kept.get(picture(value), encode)

    assert [kept.get(picture(value), encode) for value in (1, 3, 2)] == [1, 3, 4]


def test_what_is_too_large_to_keep_is_given_all_the_same() -> None:
    kept: EncodedPictures[int] = EncodedPictures(most_bytes=5)
    encode = Encoder()

    assert [kept.get(picture(1), encode), kept.get(picture(1), encode)] == [1, 2]


def test_a_mask_becomes_logits_at_the_models_scale() -> None:
    mask = np.zeros((2, 4), np.float32)
    mask[0, :2] = 1
    mask[1, 2:] = 0.75

    logits = mask_logits(mask, 8)

    assert logits.shape == (1, 8, 8)
    assert (logits[0, :2, :4] == 10).all()
    assert (logits[0, 2:4, 4:] == 5).all()
    assert (logits[0, 4:] == -10).all()


def test_the_best_candidate_is_the_first_of_the_highest_score() -> None:
    masks = np.zeros((3, 1, 1), np.bool_)

    assert Candidates(masks, np.asarray([0.5, 0.75, 0.75], np.float32)).best == 1
