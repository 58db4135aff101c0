"""Telea's fast marching: fast, no weights, fine for scratches and thin things."""

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.guess import fill
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult


class Telea(ResizedResult):
    """OpenCV's Telea filling as an `Inpainter`."""

    name = "telea"
    copies_surroundings = True
    working_side = 2048
    working_pixels = 2048 * 2048
    least_side = 1
    size_multiple = 1

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,  # noqa: ARG002 - nothing in it changes what Telea paints
        listening: Listening,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - it blends what borders the hole, copies nothing
    ) -> Image:
        """Continue the surroundings into what the mask selects; see `Inpainter`."""
        listening.check()
        painted = fill(image, mask, "telea")
        listening.progress(1, 1)
        return painted
