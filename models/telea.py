"""Telea's fast marching: fast, no weights, fine for scratches and thin things."""

from imaging.arrays import Image, Mask
from imaging.fill import fill
from models.protocols import Check, InpaintRequest, Progress


class Telea:
    """OpenCV's Telea filling as an `Inpainter`."""

    name = "telea"
    copies_surroundings = True
    working_side = 2048
    working_pixels = 2048 * 2048
    size_multiple = 1

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,  # noqa: ARG002 - nothing in it changes what Telea paints
        *,
        progress: Progress,
        check: Check,
    ) -> Image:
        """Continue the surroundings into what the mask selects; see `Inpainter`."""
        check()
        painted = fill(image, mask, "telea")
        progress(1, 1)
        return painted
