"""Networks that erase, such as LaMa and MI-GAN, as engines: they paint without a prompt."""

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef, Placed
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.inpainting.protocols import (
    USUAL,
    InpaintRequest,
    ResizedResult,
    Sampling,
)


class Erasers:
    """The erasers that references mean."""

    def __init__(self, models: ModelLender) -> None:
        self._models = models

    def engine(
        self,
        name: str,
        sampling: Sampling = USUAL,  # noqa: ARG002 - nothing is sampled
        listening: Listening = SILENT,
    ) -> "Eraser":
        """The engine that paints with a model, which is loaded to see at which size it works.

        Raises ModelError if its file cannot be used.
        """
        ref = ModelRef.parse(name)
        placed = self._models.placed(ref)
        side = self._models.use(ref, placed, lambda network: network.working_side, listening)
        return Eraser(self._models, ref, placed, side)

    def close(self) -> None:
        """Nothing: its models belong to the lender."""


class Eraser(ResizedResult):
    """One network as an `Inpainter`; of a request it has no use for anything."""

    copies_surroundings = False
    least_side = 1  # what is smaller than the network's picture is continued, not enlarged
    size_multiple = 1

    def __init__(self, models: ModelLender, ref: ModelRef, placed: Placed, side: int) -> None:
        self.name = ref.name
        self.working_side = side
        self.working_pixels = side**2
        self._models = models
        self._ref = ref
        self._placed = placed
        self._has_warned = False

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
    ) -> Image:
        """Paint what the mask selects; see `Inpainter`."""
        if request.prompt and not self._has_warned:
            self._has_warned = True
            listening.warn(f"The engine '{self.name}' only erases; it reads no prompt.")
        listening.check()
        painted: Image = self._models.use(
            self._ref, self._placed, lambda network: network.paint(image, mask), listening
        )
        listening.progress(1, 1)
        return painted
