"""What an engine that fills pictures promises, so that all of them are used alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from imaging.arrays import Image, Mask
from imaging.fill import FillMethod

Check: TypeAlias = Callable[[], None]
"""Raises if the work has been cancelled; called often, from the thread that asked for the work."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told (done, total) parts of the work; total stays the same during one call."""


@dataclass(frozen=True, kw_only=True)
class InpaintRequest:
    """What to paint; an engine passes over what it has no use for (PatchMatch: all but the seed).

    Equal requests for equal arrays give equal bits on one machine.
    """

    seed: int = 0
    prompt: str = ""
    negative_prompt: str = ""
    steps: int = 30
    guidance_scale: float = 7.5
    strength: float = 1.0
    """How much of what lies under the mask is replaced, 0 to 1."""
    fill: FillMethod = "blur"
    """What is put under the mask before the engine sees it."""


class Inpainter(Protocol):
    """An engine that paints what a mask selects."""

    @property
    def name(self) -> str:
        """The name that graphs call the engine by."""

    @property
    def copies_surroundings(self) -> bool:
        """Whether it only rearranges known pixels.

        Such an engine never looks under the mask and cannot paint a whole picture.
        """

    @property
    def working_side(self) -> int:
        """The longest side in px that the engine is given; larger pictures are scaled down."""

    @property
    def working_pixels(self) -> int:
        """The most px that it is asked to paint at once; larger holes are scaled down."""

    @property
    def size_multiple(self) -> int:
        """Width and height that the engine is given are multiples of this (1: any)."""

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        *,
        progress: Progress,
        check: Check,
    ) -> Image:
        """Paint one picture.

        Args:
            image: `[1, H, W, 3]`, within the working size, filled as the request says.
            mask: `[1, H, W]`; above 0 is to be painted, between 0 and 1 will be blended.
            request: What to paint.
            progress: Called after each step.
            check: Called at least at every step, or every 50 ms; what it raises ends the work.

        Returns:
            A new `[1, H, W, 3]`, 0 to 1. Only what it holds where the mask is above 0 is used.
        """


def unheard(_done: int, _total: int) -> None:
    """Progress that nobody follows."""


def never_cancelled() -> None:
    """Check of work that nobody cancels."""
