"""How Grounding DINO reads words, and how its answer becomes boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.models.errors import PromptError
from paintgraph.models.roles import Picture


def caption_of(phrases: Sequence[str]) -> str:
    """The phrases as Grounding DINO reads them: each ends with a full stop."""
    return " ".join(f"{phrase} ." for phrase in phrases)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A caption as a model reads it.

    Attributes:
        ids: of all tokens, with those at the begin, at the end and between phrases.
        special: the ids of the latter.
        decode: the text of tokens.
    """

    ids: Sequence[int]
    special: frozenset[int]
    decode: Callable[[Sequence[int]], str]

    def check_count(self, most: int) -> None:
        """Refuse, by a PromptError, a caption that the model would cut off."""
        if len(self.ids) > most:
            raise PromptError(
                f"prompt has {len(self.ids)} parts of words; the model reads {most}. Name fewer "
                "things, or look for them one after the other."
            )

    def label(self, scores: NDArray[np.float32], threshold: float) -> str:
        """The words whose score `[T]` is above the threshold, else the phrase of the best one."""
        words = [n for n, token in enumerate(self.ids) if token not in self.special]
        named = [n for n in words if scores[n] > threshold]
        if not named and words:
            named = self._phrase(max(words, key=lambda n: scores[n]))
        return self.decode([self.ids[n] for n in named]).strip()

    def _phrase(self, place: int) -> list[int]:
        """The places of the words of the phrase that a place lies in."""
        first = last = place
        while first > 0 and self.ids[first - 1] not in self.special:
            first -= 1
        while last + 1 < len(self.ids) and self.ids[last + 1] not in self.special:
            last += 1
        return list(range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Answers:
    """What Grounding DINO says of a picture, of each of its Q queries.

    Attributes:
        scores: `[Q, T]`, how well it fits each token, 0..1; T may exceed the number of tokens.
        places: `[Q, 4]`, the middle's x and y, width and height, each 0..1 of the picture's.
    """

    scores: NDArray[np.float32]
    places: NDArray[np.float32]

    def boxes(
        self, picture: Picture, tokens: Tokens, box_threshold: float, text_threshold: float
    ) -> Boxes:
        """Those whose best score is above `box_threshold`, in the order of queries, of item 0."""
        best = self.scores.max(axis=1)
        kept = np.flatnonzero(best > np.float32(box_threshold))
        height, width = picture.shape[:2]
        size = np.asarray([width, height], np.float32)
        middles, halves = self.places[kept, :2] * size, self.places[kept, 2:] * size / 2
        corners = np.concatenate([middles - halves, middles + halves], axis=1)
        labels = tuple(tokens.label(self.scores[query], text_threshold) for query in kept)
        return Boxes(corners, best[kept], labels, np.zeros(len(kept), np.int64))
