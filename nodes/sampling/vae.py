"""Nodes between pictures and latents."""

from dataclasses import replace
from typing import Annotated

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks.morphology import dilate
from paintgraph.models.latents.autoencoders import Autoencoders, Tiling
from paintgraph.models.latents.holes import fitted, greyed
from paintgraph.models.sampling import values
from paintgraph.nodes.sampling_sockets import Autoencoder, Latent
from paintgraph.nodes.sockets import Image, Mask

PACKAGES = ("torch", "diffusers")
Pixels = Annotated[Image, "Sides that are no multiples of 8 px are cut at both ends."]
TileSize = Annotated[int, Range(64, 4096, "px", step=32), "Side of a tile."]
Overlap = Annotated[
    int, Range(0, 4096, "px", step=32), "How much two tiles share, at most half of a tile."
]
Frames = Annotated[int, Range(8, 4096), "Of videos alone; here it changes nothing."]
SharedFrames = Annotated[int, Range(4, 4096), "Of videos alone; here it changes nothing."]


@node(
    name="VAEEncode",
    title="VAE Encode",
    category="latent",
    keywords=("picture to latent", "img2img"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={"VAEEncodeForInpaint": "Greys what is painted, for strong repaints."},
)
def vae_encode(context: Context, pixels: Pixels, vae: Autoencoder) -> Latent:
    """Write a picture as latents, to be sampled further; alpha is left out.

    The same picture has the same latents each time.
    """
    samples = context.service(Autoencoders).encode(vae, pixels, context.listening)
    return values.Latent(samples)


@node(
    name="VAEEncodeTiled",
    title="VAE Encode (Tiled)",
    category="latent",
    keywords=("picture to latent", "memory"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
)
def vae_encode_tiled(
    context: Context,
    pixels: Pixels,
    vae: Autoencoder,
    tile_size: TileSize = 512,
    overlap: Overlap = 64,
    temporal_size: Frames = 64,
    temporal_overlap: SharedFrames = 8,
) -> Latent:
    """Write a picture as latents, tile by tile, which needs less memory; edges are blended."""
    del temporal_size, temporal_overlap
    tiling = Tiling(tile_size, overlap)
    return values.Latent(
        context.service(Autoencoders).encode(vae, pixels, context.listening, tiling)
    )


@node(
    name="VAEDecode",
    title="VAE Decode",
    category="latent",
    keywords=("latent to picture",),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={
        "ImageCompositeMasked": "Puts the pixels outside the mask back, which a VAE changes.",
        "VAEDecodeTiled": "Needs less memory.",
    },
)
def vae_decode(
    context: Context,
    samples: Annotated[Latent, "One latent becomes 8 x 8 px."],
    vae: Autoencoder,
) -> Image:
    """Make pictures of latents; every pixel changes a little, also outside the mask.

    Large ones go in tiles, so that memory suffices.
    """
    return context.service(Autoencoders).decode(vae, samples.samples, context.listening)


@node(
    name="VAEDecodeTiled",
    title="VAE Decode (Tiled)",
    category="latent",
    keywords=("latent to picture", "memory"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={"VAEDecode": "Makes tiles of large ones alone."},
)
def vae_decode_tiled(
    context: Context,
    samples: Latent,
    vae: Autoencoder,
    tile_size: TileSize = 512,
    overlap: Overlap = 64,
    temporal_size: Frames = 64,
    temporal_overlap: SharedFrames = 8,
) -> Image:
    """Make pictures of latents, tile by tile, which needs less memory; edges are blended."""
    del temporal_size, temporal_overlap
    tiling = Tiling(tile_size, overlap)
    return context.service(Autoencoders).decode(vae, samples.samples, context.listening, tiling)


@node(
    name="VAEEncodeForInpaint",
    title="VAE Encode (for Inpainting)",
    category="latent/inpaint",
    keywords=("picture to latent", "repaint", "mask"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={
        "SetLatentNoiseMask": "Keeps what lies under the mask, for weak repaints.",
        "VAEEncode": "Leaves the picture as it is.",
    },
)
def vae_encode_for_inpaint(
    context: Context,
    pixels: Pixels,
    vae: Autoencoder,
    mask: Annotated[Mask, "What is painted; one of another size is scaled to the picture's."],
    grow_mask_by: Annotated[int, Range(0, 64, "px"), "How far what is sampled grows."] = 6,
) -> Latent:
    """Write a picture as latents, grey where the mask is, which alone is sampled.

    Nothing is left of what lies under the mask, so sample with a denoise of 1.
    """
    pixels, mask = fitted(pixels, mask)
    hole = (mask > 0.5).astype(mask.dtype)
    encoded = context.service(Autoencoders).encode(vae, greyed(pixels, hole), context.listening)
    return replace(values.Latent(encoded), noise_mask=dilate(hole, grow_mask_by))
