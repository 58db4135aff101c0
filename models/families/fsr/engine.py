"""Frequency-selective reconstruction: mends scratches, writing, wires and dust; no weights."""

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.frequencies import reconstruct
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult

_STEPS = 100
_ANY = 1 << 30  # never scaled down: it works tile by tile


class Fsr(ResizedResult):
    """Waves of the surroundings that go on into a thin hole, as an `Inpainter`."""

    name = "fsr"
    copies_surroundings = True
    working_side = _ANY
    working_pixels = _ANY
    least_side = 1
    size_multiple = 1
    tile_side = 256

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,  # noqa: ARG002 - nothing in it changes what is found
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """Continue the surroundings into what the mask selects; see `Inpainter`."""

        def step(done: int, total: int) -> None:
            listening.check()
            listening.progress(_STEPS * done // total, _STEPS)

        usable = None if avoid is None else avoid[0] == 0
        painted = reconstruct(image[0], mask[0] > 0, usable, step)
        listening.progress(_STEPS, _STEPS)
        return painted[None]
