"""Nodes that tell samplers which part of a picture is painted."""

from dataclasses import replace
from typing import Annotated, NamedTuple

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import node
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.latents.holes import fitted, greyed, mask_of_latents
from paintgraph.models.sampling import values
from paintgraph.nodes.sampling.vae import PACKAGES, Pixels
from paintgraph.nodes.sampling_sockets import Autoencoder, Conditioning, Latent
from paintgraph.nodes.sockets import Mask


class Inpainting(NamedTuple):
    """Conditions that show the picture with its hole, and the latents that are sampled."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node(
    title="Set Latent Noise Mask",
    category="latent/inpaint",
    keywords=("repaint", "mask", "inpaint"),
    see_also={
        "VAEEncodeForInpaint": "Greys what is painted, for strong repaints.",
        "InpaintModelConditioning": "For models that were made for inpainting.",
    },
)
def set_latent_noise_mask(
    samples: Latent,
    mask: Annotated[Mask, "1 is sampled, 0 stays; any size, scaled to the latents'."],
) -> Latent:
    """Sample only where a mask is; what lies under it is the start, by how much denoise says."""
    return replace(samples, noise_mask=mask_of_latents(mask, samples.samples))


@node(
    title="Inpaint Model Conditioning",
    category="conditioning/inpaint",
    keywords=("inpaint model", "repaint", "fill", "mask"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={"SetLatentNoiseMask": "For models that were not made for inpainting."},
)
def inpaint_model_conditioning(
    context: Context,
    positive: Conditioning,
    negative: Conditioning,
    vae: Autoencoder,
    pixels: Pixels,
    mask: Annotated[Mask, "What is painted; one of another size is scaled to the picture's."],
    noise_mask: Annotated[bool, "Sample only where the mask is."] = True,  # noqa: FBT002
) -> Inpainting:
    """Show models made for inpainting the picture, grey where the mask is, and the mask."""
    pixels, mask = fitted(pixels, mask)
    encoders = context.service(Autoencoders)
    seen = encoders.encode(vae, greyed(pixels, mask), context.listening.part(0, 2))
    samples = encoders.encode(vae, pixels, context.listening.part(1, 2))
    told = [
        tuple(replace(each, concat_latents=seen, concat_mask=mask) for each in conditioning)
        for conditioning in (positive, negative)
    ]
    latent = values.Latent(samples, mask if noise_mask else None)
    return Inpainting(told[0], told[1], latent)
