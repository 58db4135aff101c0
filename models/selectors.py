"""Selecting what stands out, what words name, and what points and boxes point at."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.boxes import Boxes, joined
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.roles import (
    Candidates,
    Detector,
    FaceFinder,
    Picture,
    Prompt,
    Samples,
    Segmenter,
    SubjectFinder,
    WritingFinder,
    picture_of,
)

Category: TypeAlias = Literal["any", "full", "upper", "lower"]
"""Clothes: any of them, one piece for the whole body (a dress), of the upper, the lower body."""

Collected = TypeVar("Collected")


class Selectors:
    """Selects with the models that references mean; each stays loaded between pictures."""

    def __init__(self, models: ModelLender) -> None:
        self._models = models

    def subject(
        self,
        ref: ModelRef,
        image: Image,
        category: Category = "any",
        listening: Listening = SILENT,
    ) -> Mask:
        """The soft mask `[B, H, W]` of what stands out in each picture, in multiples of 1/255.

        The model sees 8 bits of red, green and blue; alpha is left out. `category` counts for
        models that tell clothes apart. Warns of a picture in which nothing is found. Raises
        ModelError if the model cannot be used.
        """
        placed = self._models.placed(ref)

        def work(finder: SubjectFinder) -> Mask:
            mask = np.zeros(image.shape[:3], np.float32)
            for index, picture in enumerate(image):
                listening.check()
                listening.progress(index, len(image))
                found = finder.find(picture_of(picture), category)
                if found is None:
                    listening.warn(
                        f"The model '{ref.name}' finds nothing that stands out"
                        f"{f' in picture {index}' if len(image) > 1 else ''}, so the mask selects "
                        "nothing. Try another model."
                    )
                else:
                    np.divide(found, np.float32(255), out=mask[index])
            return mask

        return self._models.use(ref, placed, work, listening)

    def find(
        self,
        ref: ModelRef,
        image: Image,
        phrases: Sequence[str],
        thresholds: tuple[float, float],
        listening: Listening = SILENT,
    ) -> Boxes:
        """What the phrases name in each picture of a batch, in the model's own order.

        `thresholds` are those of `Detector` for boxes and for words. Raises ModelError.
        """

        def work(detector: Detector) -> Boxes:
            parts = []
            for item, picture in enumerate(image):
                listening.check()
                listening.progress(item, len(image))
                found = detector.detect(
                    picture_of(picture),
                    phrases,
                    box_threshold=thresholds[0],
                    text_threshold=thresholds[1],
                )
                parts.append(found)
            return joined(parts)

        return self._models.use(ref, self._models.placed(ref), work, listening)

    def faces(
        self, ref: ModelRef, image: Image, threshold: float, listening: Listening = SILENT
    ) -> Boxes:
        """The faces in each picture of a batch whose score is above a threshold.

        Raises ModelError.
        """

        def work(finder: FaceFinder) -> Boxes:
            return joined(
                [finder.find(picture, threshold) for picture in _pictures(image, listening)]
            )

        return self._models.use(ref, self._models.placed(ref), work, listening)

    def writing(self, ref: ModelRef, image: Image, listening: Listening = SILENT) -> list[Samples]:
        """How likely each place is of writing, for each picture; see `WritingFinder`.

        Raises ModelError.
        """

        def work(finder: WritingFinder) -> list[Samples]:
            return [finder.find(picture) for picture in _pictures(image, listening)]

        return self._models.use(ref, self._models.placed(ref), work, listening)

    def select(  # noqa: PLR0913 - what to select, how, and what to make of it
        self,
        ref: ModelRef,
        image: Image,
        prompts: Sequence[Sequence[Prompt]],
        collect: Callable[[Iterator[tuple[int, Candidates]]], Collected],
        listening: Listening = SILENT,
        *,
        several: bool,
    ) -> Collected:
        """What `collect` makes of all that the prompts for each picture of a batch select in it.

        It gets them one by one, in order, each with the number of its picture, and may be called
        again if memory runs out. Raises ModelError.
        """
        total = sum(len(each) for each in prompts)

        def found(segmenter: Segmenter) -> Iterator[tuple[int, Candidates]]:
            done = 0
            for item, (picture, each) in enumerate(zip(image, prompts, strict=True)):
                if not each:
                    continue
                selected = segmenter.segment(picture_of(picture), each, several=several)
                for _ in each:
                    listening.check()
                    listening.progress(done, total)
                    done += 1
                    yield item, next(selected)

        def work(segmenter: Segmenter) -> Collected:
            return collect(found(segmenter))

        return self._models.use(ref, self._models.placed(ref), work, listening)


def _pictures(image: Image, listening: Listening) -> Iterator[Picture]:
    """The pictures of a batch, one by one; it is told how many are done."""
    for item, picture in enumerate(image):
        listening.check()
        listening.progress(item, len(image))
        yield picture_of(picture)
