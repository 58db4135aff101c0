"""A detailer as packs have them: it crops to the mask, repaints the crop at its own size, pastes."""
import comfy.model_management
import comfy.sample
import comfy.samplers
import comfy.utils
import latent_preview
import nodes
import torch
from comfy_extras.nodes_differential_diffusion import DifferentialDiffusion


class DetailMasked:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "image": ("IMAGE",),
                "mask": ("MASK",),
                "model": ("MODEL",),
                "clip": ("CLIP",),
                "vae": ("VAE",),
                "positive": ("CONDITIONING",),
                "negative": ("CONDITIONING",),
                "seed": ("INT", {"default": 0, "min": 0, "max": 2**64 - 1}),
                "steps": ("INT", {"default": 20, "min": 1, "max": 10000}),
                "cfg": ("FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0}),
                "sampler_name": (comfy.samplers.KSampler.SAMPLERS,),
                "scheduler": (comfy.samplers.KSampler.SCHEDULERS,),
                "denoise": ("FLOAT", {"default": 0.5, "min": 0.0, "max": 1.0}),
                "guide_size": ("INT", {"default": 64, "min": 64, "max": nodes.MAX_RESOLUTION}),
                "way": (["common", "sample", "classes"],),
            },
            "optional": {"wildcard": ("STRING", {"default": "", "multiline": True})},
        }

    RETURN_TYPES = ("IMAGE", "LATENT", "DETAILER_PIPE")
    RETURN_NAMES = ("image", "latent", "detailer_pipe")
    FUNCTION = "doit"
    CATEGORY = "detailer"

    def doit(
        self, image, mask, model, clip, vae, positive, negative, seed, steps, cfg,
        sampler_name, scheduler, denoise, guide_size, way, wildcard="",
    ):
        if wildcard:
            cond, pooled = clip.encode_from_tokens(clip.tokenize(wildcard), return_pooled=True)
            positive = [[cond, {"pooled_output": pooled}]]
        if "denoise_mask_function" not in model.model_options:
            model = DifferentialDiffusion().apply(model)[0]
        rows, columns = torch.where(mask[0] > 0)
        top, bottom = int(rows.min()), int(rows.max()) + 1
        left, right = int(columns.min()), int(columns.max()) + 1
        crop = image[:, top:bottom, left:right, :]
        crop_mask = mask[:, top:bottom, left:right]
        scale = guide_size / min(crop.shape[1:3])
        width, height = (round(side * scale) // 8 * 8 for side in (right - left, bottom - top))
        large = comfy.utils.common_upscale(
            crop.movedim(-1, 1), width, height, "bicubic", "disabled"
        ).movedim(1, -1)
        latent = {"samples": vae.encode(large[:, :, :, :3])}
        latent["noise_mask"] = torch.nn.functional.interpolate(
            crop_mask[:, None], size=(height, width), mode="bilinear"
        )
        latent = self.sample(
            way, model, seed, steps, cfg, sampler_name, scheduler, positive, negative, latent, denoise
        )
        refined = vae.decode(latent["samples"])
        small = comfy.utils.common_upscale(
            refined.movedim(-1, 1), right - left, bottom - top, "lanczos", "disabled"
        ).movedim(1, -1)
        alpha = crop_mask[..., None]
        image[:, top:bottom, left:right, :] = crop * (1 - alpha) + small * alpha
        return (image, latent, (model, clip, vae, positive, negative))

    def sample(
        self, way, model, seed, steps, cfg, sampler, scheduler, positive, negative, latent, denoise
    ):
        given = (steps, cfg, sampler, scheduler, positive, negative)
        if way == "common":
            return nodes.common_ksampler(model, seed, *given, latent, denoise=denoise)[0]
        if way == "classes":
            return nodes.KSampler().sample(model, seed, *given, latent, denoise)[0]
        samples = comfy.sample.fix_empty_latent_channels(model, latent["samples"])
        noise = comfy.sample.prepare_noise(samples, seed, latent.get("batch_index"))
        samples = comfy.sample.sample(
            model, noise, *given, samples, denoise=denoise, noise_mask=latent["noise_mask"],
            callback=latent_preview.prepare_callback(model, steps), disable_pbar=False, seed=seed,
        )
        out = latent.copy()
        out["samples"] = samples
        return out


class FromPipe:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"detailer_pipe": ("DETAILER_PIPE",)}}

    RETURN_TYPES = ("MODEL", "CLIP", "VAE", "CONDITIONING", "CONDITIONING")
    FUNCTION = "doit"
    CATEGORY = "detailer"

    def doit(self, detailer_pipe):
        return detailer_pipe


class PatchAttention:
    """Refused before anything runs: its helper changes the model."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",), "strength": ("FLOAT", {"default": 1.0})}}

    RETURN_TYPES = ("MODEL",)
    FUNCTION = "patch"
    CATEGORY = "detailer"

    def patch(self, model, strength):
        return (_patched(model.clone(), strength),)


def _patched(model, strength):
    def attention(q, k, v, extra):
        return q * strength, k, v

    model.set_model_attn2_patch(attention)
    return model


class PatchAtRun:
    """Nobody can tell before it runs: what it changes has no name in its code."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"model": ("MODEL",)}}

    RETURN_TYPES = ("MODEL",)
    FUNCTION = "patch"
    CATEGORY = "detailer"

    def patch(self, model):
        getattr(model, "add_" + "patches")({})
        return (model,)


NODE_CLASS_MAPPINGS = {
    "DetailMasked": DetailMasked,
    "FromPipe": FromPipe,
    "PatchAttention": PatchAttention,
    "PatchAtRun": PatchAtRun,
}
