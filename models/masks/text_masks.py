"""Finding by words, and selecting by points and boxes, with models that stay loaded."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.geometry.boxes import Boxes, joined
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.catalogue.readiness import backend_of, bad_option, text_encoder_of
from paintgraph.models.families.dino.detection import Detector
from paintgraph.models.families.sam.segmentation import KEPT_BYTES, Candidates, Prompt, Segmenter
from paintgraph.models.loading.devices import DeviceRules, Placement, torch_devices
from paintgraph.models.loading.loaded import LoadedModels, Loading
from paintgraph.models.loading.loaded_work import perform
from paintgraph.models.pictures import pictures_of

Collected = TypeVar("Collected")

# What works with a model of unknown need takes beside its weights.
_WORK_BYTES = 1_000_000_000


class TextMasks:
    """Lends detectors and segmenters over the files that names mean."""

    def __init__(self, names: ModelNames, loaded: LoadedModels, rules: DeviceRules) -> None:
        self._names = names
        self._loaded = loaded
        self._rules = rules

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
        pictures = pictures_of(image)

        def work(detector: Detector) -> Boxes:
            parts = []
            for item, picture in enumerate(pictures):
                listening.check()
                listening.progress(item, len(pictures))
                found = detector.detect(
                    picture, phrases, box_threshold=thresholds[0], text_threshold=thresholds[1]
                )
                parts.append(found)
            return joined(parts)

        return cast("Boxes", self._perform(ref, load_detector, work, listening))

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
        pictures = pictures_of(image)
        total = sum(len(each) for each in prompts)

        def found(segmenter: Segmenter) -> Iterator[tuple[int, Candidates]]:
            done = 0
            for item, (picture, each) in enumerate(zip(pictures, prompts, strict=True)):
                selected = segmenter.segment(picture, each, several=several)
                for _ in each:
                    listening.check()
                    listening.progress(done, total)
                    done += 1
                    yield item, next(selected)

        def work(segmenter: Segmenter) -> Collected:
            return collect(found(segmenter))

        return cast("Collected", self._perform(ref, load_segmenter, work, listening))

    def _perform(
        self,
        ref: ModelRef,
        load: Callable[[Placed, Placement], Any],
        work: Callable[[Any], Any],
        listening: Listening,
    ) -> Any:
        placed = self._names.placed(ref.name)
        return perform(
            self._loaded,
            Loading(str(ref), _memory_bytes(placed), partial(load, placed)),
            torch_devices(self._rules).placement(str(placed.entry.options.get("device", ""))),
            work,
            listening=listening,
        )


def load_detector(placed: Placed, placement: Placement) -> Detector:
    """The model that finds things by words; raises ModelError."""
    if backend_of(placed.entry) == "transformers":
        from paintgraph.models.families.dino.transformers_detector import TransformersDetector

        return TransformersDetector.load(placed.folder, placement.device)
    from paintgraph.models.families.dino.groundingdino import (
        Architecture,
        GroundingDino,
    )

    given = placed.entry.options.get("architecture", {})
    try:
        architecture = Architecture(**given)
    except TypeError as error:
        known = ", ".join(Architecture.__slots__)
        raise bad_option(placed.entry, "architecture", f"mappings with {known}") from error
    words = text_encoder_of(placed)
    return GroundingDino.load(placed.file, words, architecture, placement.device)


def load_segmenter(placed: Placed, placement: Placement) -> Segmenter:
    """The model that selects by points and boxes; raises ModelError."""
    if backend_of(placed.entry) == "transformers":
        from paintgraph.models.families.sam.transformers_segmenter import TransformersSegmenter

        return TransformersSegmenter.load(placed.folder, placement.device)
    from paintgraph.models.families.sam.sam import (
        Sam,
        kinds,
    )

    kind = str(placed.entry.options.get("type", ""))
    if kind not in kinds():
        raise bad_option(placed.entry, "type", ", ".join(kinds()))
    return Sam.load(placed.file, kind, placement.device)


def _memory_bytes(placed: Placed) -> int:
    """What the model takes while it works, roughly where nobody measured it."""
    weights = sum(path.stat().st_size for path in placed.files.values())
    return placed.entry.memory_bytes or weights + KEPT_BYTES + _WORK_BYTES
