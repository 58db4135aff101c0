"""What an engine that fills pictures promises, so that all of them are used alike."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.guess import FillMethod
from paintgraph.imaging.geometry.resize import resize

Fill: TypeAlias = Literal["patchmatch", FillMethod]
"""What an engine is shown under the mask."""


@dataclass(frozen=True, kw_only=True)
class InpaintRequest:
    """What to paint; an engine passes over what it has no use for (PatchMatch: all but the seed).

    Equal requests for equal arrays give equal bits on one machine.
    """

    seed: int = 0
    prompt: str = ""
    negative_prompt: str = ""
    steps: int = 30
    guidance_scale: float = 0.0
    """How closely the prompt is followed; 0: the model's own default."""
    strength: float = 1.0
    """How much of what lies under the mask is replaced, 0 to 1."""
    fill: Fill = "blur"
    """What is put under the mask before the engine sees it."""
    depth: int = 8
    """Bits per sample that the picture holds: 8 or 16."""


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA and how strongly it counts; `digest` says what is in the file."""

    name: str
    path: Path
    digest: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class VaeFile:
    """A VAE in place of the model's own: a file or folder; `digest` says what is in it."""

    name: str
    path: Path
    digest: str


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How an engine that generates samples, beside what every engine is asked.

    Attributes:
        sampler, scheduler: names of `paintgraph.models.families.diffusion.sampling`.
        clip_skip: which of CLIP's layers counts, from the last (1); 0: what the model was made for.
        disable_initial_latent: start from noise alone even where `strength` is below 1.
        preview_steps: how many steps lie between two previews.
    """

    sampler: str = "auto"
    scheduler: str = "auto"
    loras: tuple[Lora, ...] = ()
    vae: VaeFile | None = None
    clip_skip: int = 0
    disable_initial_latent: bool = False
    preview_steps: int = 5


USUAL = Sampling()


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
    def least_side(self) -> int:
        """What is smaller is enlarged until its longest side has this many px (1: never)."""

    @property
    def size_multiple(self) -> int:
        """Width and height that the engine is given are multiples of this (1: any)."""

    @property
    def tile_side(self) -> int:
        """The side in px of the tiles that it is given one by one, a multiple of 32 (0: none).

        What such an engine paints depends on no more than 32 px around, so that no tile shows.
        """

    @property
    def varies(self) -> bool:
        """Whether what is around a hole, or the seed, decides much: the best of several is kept.

        These are painted beside each other, so such an engine is called from several threads.
        """

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """Paint one picture.

        Args:
            image: `[1, H, W, 3]`, within the working size, filled as the request says.
            mask: `[1, H, W]`; above 0 is to be painted, between 0 and 1 will be blended.
            request: What to paint.
            listening: Hears of each step, and may end the work between two.
            avoid: `[1, H, W]`; an engine that copies never copies from where this is above 0.

        Returns:
            A new `[1, H, W, 3]`, 0 to 1. Of an engine that copies, only what it holds where the
            mask is above 0 is used. Another one also gives back what it made of the picture
            around the hole, which shows how its colours and its place are off.
        """

    def finish(
        self,
        part: Image,
        mask: Mask,
        painted: Image,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """Bring what was painted to the size of the part of the picture that it is for.

        Args:
            part: `[1, H, W, 3]`, the part of the picture, as it was.
            mask: `[1, H, W]`; above 0 is what was painted.
            painted: `[1, h, w, 3]`, what `inpaint` returned, at working size.
            listening: May end the work, about every 50 ms.
            avoid: `[1, H, W]`; an engine that copies never copies from where this is above 0.

        Returns:
            A new `[1, H, W, 3]`, 0 to 1; the same part of it is used as of what `inpaint` returns.
        """


class FamilyEngines(Protocol):
    """The engines of one family, for as long as a worker lives."""

    def engine(
        self, name: str, sampling: Sampling = USUAL, listening: Listening = SILENT
    ) -> Inpainter:
        """The engine that paints with the model `name@sha256:...`; raises ModelError.

        `sampling` counts for engines that generate; `listening` may end the loading of a model.
        """

    def close(self) -> None:
        """End what they have started."""


@dataclass(frozen=True, slots=True)
class OneEngine:
    """The engines of a family that needs no model, and so has one."""

    inpainter: Inpainter
    end: Callable[[], None] = lambda: None

    def engine(
        self,
        name: str,  # noqa: ARG002 - there is one
        sampling: Sampling = USUAL,  # noqa: ARG002 - nothing is sampled
        listening: Listening = SILENT,  # noqa: ARG002 - nothing is loaded
    ) -> Inpainter:
        """The engine."""
        return self.inpainter

    def close(self) -> None:
        """End its helper processes."""
        self.end()


class Filler(Protocol):
    """Continues textures into what is selected: a first guess for an engine that generates."""

    def __call__(self, image: Image, mask: Mask, seed: int, listening: Listening) -> Image:
        """A picture `[1, H, W, C]` with other colours where the mask is above 0; a new array."""


class ResizedResult:
    """The usual `finish`: areas averaged, or enlarged by Lanczos; painted once, in no tiles."""

    tile_side = 0
    varies = False

    def finish(
        self,
        part: Image,
        mask: Mask,  # noqa: ARG002 - the same everywhere
        painted: Image,
        listening: Listening,  # noqa: ARG002 - quick
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
    ) -> Image:
        """What was painted, at the size of the part; see `Inpainter`."""
        return resize(painted, part.shape[2], part.shape[1])
