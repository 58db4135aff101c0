"""What flows between the nodes that load, encode, sample and decode: small, immutable values.

They say what to build, not what is built: weights are named by reference (`name@sha256:...`) and
borrowed from the worker's store when an encoder, a sampler or a decoder runs. So these values are
kept, stored, compared and sent like any other. Arrays are float32 and never written to.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

UnionType: TypeAlias = Literal[
    "openpose",
    "depth",
    "hed/pidi/scribble/ted",
    "canny/lineart/anime_lineart/mlsd",
    "normal",
    "segment",
    "tile",
    "repaint",
]
"""What ControlNets for several kinds of pictures take one for, in the order of their inputs."""


@dataclass(frozen=True, slots=True)
class LoraUse:
    """A LoRA, by reference, and how strongly it acts; 1 is as it was made, negative turns round."""

    source: str
    strength: float


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of how a denoiser is sampled, such as ("differential", (1.0,)) or ("shift", (3.0,)).

    Of several of one kind the last counts.
    """

    kind: str
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Denoiser:
    """The network that removes noise (socket MODEL).

    Attributes:
        source: reference of the file or folder with its weights.
        family: what its weights' header says it is: "sd1", "sd2", "sdxl", "sdxl_refiner", "sd3",
            "flux", "qwen_image".
        loras: in the order in which they were added.
        patches: in the order in which they were added.
    """

    source: str
    family: str
    loras: tuple[LoraUse, ...] = ()
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """The networks that read a prompt (socket CLIP).

    Attributes:
        sources: references of the files with their weights: one checkpoint, or encoders by
            themselves.
        family: for which family of denoisers they encode, as in `Denoiser`.
        loras: with strengths of their own.
        last_layer: the layer whose output counts, from the last one: -1, -2 ("clip skip 2"), ...;
            None for what the family was made for.
    """

    sources: tuple[str, ...]
    family: str
    loras: tuple[LoraUse, ...] = ()
    last_layer: int | None = None


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """The networks between pictures and latents (socket VAE), by reference of their weights."""

    source: str
    family: str


@dataclass(frozen=True, slots=True)
class ControlNet:
    """A network that steers a denoiser by a picture (socket CONTROL_NET).

    `family` is that of the denoisers that it steers; `union_type` chooses what a network that was
    trained for several kinds of pictures takes the picture for ("" for others, or by itself).
    """

    source: str
    family: str
    union_type: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ControlUse:
    """One ControlNet at work.

    Attributes:
        picture: `[B, H, W, 3]`, 0 to 1, of any size.
        strength: by how much what it adds is multiplied.
        start, end: the part of sampling during which it acts, 0 to 1.
        mask: `[B, H, W]` of what is to be painted, for networks that inpaint, or None.
        vae: what encodes the picture for networks that steer in latents, or None.
        acts_on_negative: whether, on the positive side, it acts with those negative conditions too
            that have no ControlNet of their own.
    """

    network: ControlNet
    picture: Array
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    mask: Array | None = None
    vae: Autoencoder | None = None
    acts_on_negative: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the picture in px, or in shares of its sides if `is_relative`."""

    left: float
    top: float
    width: float
    height: float
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class SizeHint:
    """What SDXL is told of a picture's size, in px."""

    width: int
    height: int
    crop_left: int
    crop_top: int
    target_width: int
    target_height: int
    score: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What a denoiser is told, for the whole picture or a part of it.

    Attributes:
        embeddings: `[B, tokens, width]` of the prompt.
        pooled: `[B, width]`, one vector of the whole prompt, for families that read it.
        size: what SDXL is told of the size; None: the size that is sampled.
        guidance: for denoisers that were distilled with guidance as an input (Flux).
        strength: its weight where conditions overlap.
        area: where it acts; None: everywhere.
        mask: `[B, H, W]` 0 to 1 where it acts, of any size; None: everywhere.
        is_mask_bound: whether only the mask's bounding box is sampled for it.
        start, end: the part of sampling during which it acts, 0 to 1.
        controls: the ControlNets that act with it; what they add is summed.
        concat_latents: `[B, C, h, w]` unscaled latents of the picture with its hole greyed, for
            denoisers made for inpainting.
        concat_mask: `[B, H, W]` of that hole in px, 1 is painted.
        references: unscaled latents of pictures that are edited or looked at.
    """

    embeddings: Array
    pooled: Array | None = None
    size: SizeHint | None = None
    guidance: float | None = None
    strength: float = 1.0
    area: Area | None = None
    mask: Array | None = None
    is_mask_bound: bool = False
    start: float = 0.0
    end: float = 1.0
    controls: tuple[ControlUse, ...] = ()
    concat_latents: Array | None = None
    concat_mask: Array | None = None
    references: tuple[Array, ...] = ()


Conditioning: TypeAlias = tuple[Condition, ...]
"""Socket CONDITIONING: conditions that act together."""


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """Pictures as an autoencoder writes them (socket LATENT).

    Attributes:
        samples: `[B, C, h, w]`, unscaled: what the VAE gives. The sampler applies the family's
            factor and shift. Pictures that are still noisy are in the same unit.
        noise_mask: `[B, H, W]`, 0 to 1, of any size: 1 is sampled, 0 stays, between is sampled
            softly. None: all is sampled.
        batch_index: which pictures of a larger batch these are, so that each keeps its noise; ()
            for all.
    """

    samples: Array
    noise_mask: Array | None = None
    batch_index: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """What sampling starts from (socket NOISE): drawn from a seed, or none for None."""

    seed: int | None


Sigmas: TypeAlias = tuple[float, ...]
"""Socket SIGMAS: how much noise there is before each step and after the last, falling."""


@dataclass(frozen=True, slots=True)
class SamplerChoice:
    """How noise is removed (socket SAMPLER): ComfyUI's name of a sampler, and its options."""

    name: str
    options: tuple[tuple[str, float | str | bool], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Guider:
    """A denoiser with what it is told (socket GUIDER).

    `cfg` is how far it goes away from `negative`; without `negative` it is guided by nothing else.
    """

    denoiser: Denoiser
    positive: Conditioning
    negative: Conditioning | None = None
    cfg: float = 1.0
