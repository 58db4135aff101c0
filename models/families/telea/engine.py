"""Telea's fast marching: fast, no weights, fine for scratches and thin things."""

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.guess import fill
from paintgraph.models.inpainting.protocols import Check, InpaintRequest, Progress, resized_to


class Telea:
    """OpenCV's Telea filling as an `Inpainter`."""

    name = "telea"
    copies_surroundings = True
    working_side = 2048
    working_pixels = 2048 * 2048
    least_side = 1
    size_multiple = 1

    def inpaint(  # noqa: PLR0913 - as `Inpainter` says
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,  # noqa: ARG002 - nothing in it changes what Telea paints
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - it blends what borders the hole, copies nothing
        progress: Progress,
        check: Check,
    ) -> Image:
        """Continue the surroundings into what the mask selects; see `Inpainter`."""
        check()
        painted = fill(image, mask, "telea")
        progress(1, 1)
        return painted

    def finish(
        self,
        part: Image,
        mask: Mask,  # noqa: ARG002 - Telea is smooth: enlarging loses nothing
        painted: Image,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
        check: Check,  # noqa: ARG002 - quick
    ) -> Image:
        """What was painted, at the size of the part; see `Inpainter`."""
        return resized_to(part, painted)
