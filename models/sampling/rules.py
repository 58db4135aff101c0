"""What the fields of sampling's values may hold beyond their types."""

from collections.abc import Mapping
from types import MappingProxyType

from paintgraph.models.sampling.values import (
    Area,
    Autoencoder,
    Condition,
    ControlNet,
    ControlUse,
    Denoiser,
    Latent,
    LoraUse,
    Noise,
    SizeHint,
    TextEncoder,
)

Field = tuple[type, str]

_LATENTS = ("batch", "channels", "height", "width")
_MASKS = ("batch", "height", "width")

AXES: Mapping[Field, tuple[str, ...]] = MappingProxyType(
    {
        (Latent, "samples"): _LATENTS,
        (Latent, "noise_mask"): _MASKS,
        (Condition, "embeddings"): ("batch", "tokens", "width"),
        (Condition, "pooled"): ("batch", "width"),
        (Condition, "mask"): _MASKS,
        (Condition, "concat_latents"): _LATENTS,
        (Condition, "concat_mask"): _MASKS,
        (Condition, "references"): _LATENTS,
        (ControlUse, "picture"): ("batch", "height", "width", "3 channels"),
        (ControlUse, "mask"): _MASKS,
    }
)
"""The axes of each array; one that begins with a number has that size."""

_MANY = float(2**31)

BOUNDS: Mapping[Field, tuple[float, float]] = MappingProxyType(
    {
        (Latent, "noise_mask"): (0, 1),
        (Latent, "batch_index"): (0, _MANY),
        (Condition, "mask"): (0, 1),
        (Condition, "concat_mask"): (0, 1),
        (Condition, "start"): (0, 1),
        (Condition, "end"): (0, 1),
        (ControlUse, "picture"): (0, 1),
        (ControlUse, "mask"): (0, 1),
        (ControlUse, "start"): (0, 1),
        (ControlUse, "end"): (0, 1),
        (Area, "left"): (0, _MANY),
        (Area, "top"): (0, _MANY),
        (Area, "width"): (0, _MANY),
        (Area, "height"): (0, _MANY),
        (SizeHint, "width"): (0, _MANY),
        (SizeHint, "height"): (0, _MANY),
        (SizeHint, "crop_left"): (0, _MANY),
        (SizeHint, "crop_top"): (0, _MANY),
        (SizeHint, "target_width"): (0, _MANY),
        (SizeHint, "target_height"): (0, _MANY),
        (TextEncoder, "last_layer"): (-_MANY, -1),
        (Noise, "seed"): (0, 2**64 - 1),
    }
)
"""The least and the largest number, in arrays too."""

REFERENCES = frozenset(
    {
        (LoraUse, "source"),
        (Denoiser, "source"),
        (TextEncoder, "sources"),
        (Autoencoder, "source"),
        (ControlNet, "source"),
    }
)
"""Where a text is a reference of files, `name@sha256:...`."""
