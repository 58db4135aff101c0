"""What models that select or enlarge promise, by role, so that all of one role are used alike."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.imaging.samples import quantise
from paintgraph.models.errors import PictureShapeError, PromptError

Picture: TypeAlias = NDArray[np.uint8]
"""`[H, W, 3]`, red, green, blue."""

Samples: TypeAlias = NDArray[np.float32]

MOST_TIMES = 256
"""How often one side of a picture may hold the other, so that a model sees more than a line."""


MOST_CHARACTERS = 2000
_SEPARATORS = str.maketrans(dict.fromkeys(",;\n\r", "."))


def picture_of(image: Samples) -> Picture:
    """The colours of a picture `[H, W, C]`, 0 to 1, without its alpha; grey where it is clear."""
    return np.ascontiguousarray(quantise(grey_where_clear(image)).astype(np.uint8, copy=False))


def check_shape(picture: Picture) -> None:
    """Refuse, by a PictureShapeError, a picture that is hardly more than a line."""
    height, width = picture.shape[:2]
    if max(height, width) <= MOST_TIMES * min(height, width):
        return
    raise PictureShapeError(
        f"the picture is {height}x{width} (height x width); for a model that looks for things one "
        f"side may be {MOST_TIMES} times the other at most. Cut it into parts."
    )


class SubjectFinder(Protocol):
    """Finds what stands out."""

    def find(self, picture: Picture, category: str) -> NDArray[np.uint8] | None:
        """The 8-bit mask `[H, W]`, or None if nothing stands out.

        `category` counts for models that tell clothes apart: "any", "full", "upper" or "lower".
        Raises ModelError if the model cannot do it.
        """


class Detector(Protocol):
    """Finds what words name."""

    def detect(
        self,
        picture: Picture,
        phrases: Sequence[str],
        *,
        box_threshold: float,
        text_threshold: float,
    ) -> Boxes:
        """The boxes whose score is above `box_threshold`, in the model's own order, of item 0.

        Corners are in px and may lie outside the picture. A label holds the words whose score is
        above `text_threshold`, or if there are none the phrase of the best one. Raises PromptError
        for more words than the model reads, PictureShapeError for a picture that is too narrow.
        """


def phrases_of(prompt: str) -> list[str]:
    """The things that a prompt names, in lower case; '.', ',', ';' and new lines separate them.

    Raises PromptError if there are none, for too many characters and for those that nobody sees.
    """
    if len(prompt) > MOST_CHARACTERS:
        raise PromptError(
            f"prompt has {len(prompt)} characters; allowed are {MOST_CHARACTERS}. Name what to "
            "look for in a few words."
        )
    for place, character in enumerate(prompt):
        if unicodedata.category(character) == "Cc" and character not in "\t\n\r":
            raise PromptError(
                f"prompt has the control character U+{ord(character):04X} at place {place}; "
                "allowed are letters, digits, blanks and punctuation. Take it out."
            )
    parts = prompt.lower().translate(_SEPARATORS).split(".")
    phrases = [phrase for part in parts if (phrase := " ".join(part.split()))]
    if not phrases:
        raise PromptError(
            f"prompt is {prompt[:20]!r}; needed are the words of what to look for. Write e.g. "
            "'cat' or 'cat, red ball'."
        )
    return phrases


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be selected, by any of these together.

    Attributes:
        points: x, y in px.
        is_wanted: of each point, whether what lies there is to be selected.
        box: left, top, right, bottom in px.
        mask: `[H, W]` 0..1, a selection of the picture's size that is to be made better.
    """

    points: tuple[tuple[float, float], ...] = ()
    is_wanted: tuple[bool, ...] = ()
    box: tuple[float, float, float, float] | None = None
    mask: Samples | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a prompt may mean: masks `[M, H, W]`, and how good each is thought to be, `[M]`."""

    masks: NDArray[np.bool_]
    scores: Samples

    @property
    def best(self) -> int:
        """Which of them is thought to be the best; of equal ones the first."""
        return int(np.argmax(self.scores))


class Segmenter(Protocol):
    """Selects what prompts point at."""

    def segment(
        self,
        picture: Picture,
        prompts: Sequence[Prompt],
        *,
        several: bool,
    ) -> Iterator[Candidates]:
        """For each prompt one candidate, or three (whole, part, part of a part) with `several`.

        They come one by one, as many masks of a large picture would fill the memory; take all of
        them before the next picture. What is worked out of the picture alone is kept for further
        prompts. Raises PictureShapeError for a picture that is too narrow.
        """


class FaceFinder(Protocol):
    """Finds faces."""

    def find(self, picture: Picture, threshold: float) -> Boxes:
        """The boxes around faces whose score is above `threshold`, of item 0.

        Corners are in px and may lie outside the picture. Raises PictureShapeError for a picture
        that is too narrow.
        """


class WritingFinder(Protocol):
    """Finds writing."""

    def find(self, picture: Picture) -> Samples:
        """How likely each place of a picture is the core of a line of writing, 0 to 1.

        A map `[H, W]` of the whole picture, in a size of its own; see
        `paintgraph.imaging.masks.writing`. Raises PictureShapeError for a picture that is too
        narrow.
        """


class Upscaler(Protocol):
    """Enlarges pictures, or restores them at a scale of 1."""

    @property
    def scale(self) -> int:
        """How many times as long both sides become."""

    def enlarge(self, picture: Samples) -> Samples:
        """The picture `[H, W, 3]`, 0 to 1, of any size, as `[H * scale, W * scale, 3]`.

        Raises ModelError if the model cannot do it.
        """
