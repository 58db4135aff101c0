"""ComfyUI's classes that load, encode, sample and decode, over our own nodes.

Packs call their methods, some of which take their arguments in another order than the inputs.
"""

from functools import partial

from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.packs.standins import folder_paths
from paintgraph.nodes.sampling import (
    conditioning,
    controls,
    inpainting,
    latents,
    loaders,
    patches,
    samplers,
    text,
    vae,
)

_loader = partial(core_class, files=folder_paths.get_filename_list)

CLASSES = (
    _loader(loaders.checkpoint_loader_simple, "load_checkpoint"),
    _loader(loaders.diffusers_loader, "load_checkpoint"),
    _loader(loaders.unet_loader, "load_unet"),
    _loader(loaders.vae_loader, "load_vae"),
    _loader(loaders.clip_loader, "load_clip"),
    _loader(loaders.dual_clip_loader, "load_clip"),
    _loader(loaders.lora_loader, "load_lora"),
    _loader(loaders.lora_loader_model_only, "load_lora_model_only"),
    _loader(loaders.control_net_loader, "load_controlnet"),
    _loader(loaders.diff_control_net_loader, "load_controlnet"),
    core_class(patches.clip_set_last_layer, "set_last_layer"),
    core_class(text.clip_text_encode, "encode", ("clip", "text")),
    core_class(conditioning.conditioning_average, "addWeighted"),
    core_class(conditioning.conditioning_combine, "combine"),
    core_class(conditioning.conditioning_concat, "concat"),
    core_class(conditioning.conditioning_set_area, "append"),
    core_class(conditioning.conditioning_set_area_percentage, "append"),
    core_class(conditioning.conditioning_set_area_strength, "append"),
    core_class(
        conditioning.conditioning_set_mask,
        "append",
        ("conditioning", "mask", "set_cond_area", "strength"),
    ),
    core_class(conditioning.conditioning_set_timestep_range, "set_range"),
    core_class(conditioning.conditioning_zero_out, "zero_out"),
    core_class(controls.control_net_apply, "apply_controlnet"),
    core_class(controls.control_net_apply_advanced, "apply_controlnet"),
    core_class(vae.vae_encode, "encode", ("vae", "pixels")),
    core_class(vae.vae_encode_tiled, "encode", ("vae", "pixels", "tile_size", "overlap")),
    core_class(vae.vae_encode_for_inpaint, "encode", ("vae", "pixels", "mask", "grow_mask_by")),
    core_class(vae.vae_decode, "decode", ("vae", "samples")),
    core_class(vae.vae_decode_tiled, "decode", ("vae", "samples", "tile_size", "overlap")),
    core_class(inpainting.set_latent_noise_mask, "set_mask"),
    core_class(
        inpainting.inpaint_model_conditioning,
        "encode",
        ("positive", "negative", "pixels", "vae", "mask", "noise_mask"),
    ),
    core_class(latents.empty_latent_image, "generate"),
    core_class(latents.latent_upscale, "upscale"),
    core_class(latents.latent_upscale_by, "upscale"),
    core_class(latents.latent_composite, "composite"),
    core_class(latents.latent_crop, "crop"),
    core_class(latents.latent_flip, "flip"),
    core_class(latents.latent_rotate, "rotate"),
    core_class(latents.latent_blend, "blend"),
    core_class(latents.repeat_latent_batch, "repeat"),
    core_class(latents.latent_from_batch, "frombatch"),
    core_class(samplers.k_sampler, "sample"),
    core_class(samplers.k_sampler_advanced, "sample"),
)
"""Those of module `nodes`."""
