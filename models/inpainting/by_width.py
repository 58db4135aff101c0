"""Two engines as one: each island of what is selected is for the one that suits its width."""

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest


class ByWidth:
    """An engine for thin islands beside one for wide ones; `repaint` gives each its own.

    Whoever uses it as an `Inpainter` without `repaint` has the one for wide islands.
    """

    tile_side = 0
    varies = False

    def __init__(self, name: str, thin: Inpainter, wide: Inpainter) -> None:
        self.name = name
        self.thin = thin
        self.wide = wide
        self.copies_surroundings = wide.copies_surroundings
        self.working_side = wide.working_side
        self.working_pixels = wide.working_pixels
        self.least_side = wide.least_side
        self.size_multiple = wide.size_multiple

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """What the engine for wide islands paints; see `Inpainter`."""
        return self.wide.inpaint(image, mask, request, listening, avoid=avoid)

    def finish(
        self,
        part: Image,
        mask: Mask,
        painted: Image,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """What it painted, at the size of the part; see `Inpainter`."""
        return self.wide.finish(part, mask, painted, listening, avoid=avoid)
