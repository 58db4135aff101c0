"""V3 classes inside the mappings of V1, and names of model objects for some other nodes."""
import comfy.samplers
import latent_preview
from comfy.ldm.modules.attention import optimized_attention
from comfy_api.latest import io
from comfy_extras.nodes_mask import MaskComposite


class MixedAdd(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="MixedAdd",
            category="mixed",
            inputs=[io.Int.Input("a", default=1), io.Int.Input("b", default=2)],
            outputs=[io.Int.Output("sum")],
        )

    @classmethod
    def execute(cls, a, b):
        return io.NodeOutput(a + b)


class MixedText:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": "a", "multiline": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "upper"
    CATEGORY = "mixed"

    def upper(self, text):
        return (text.upper(),)


class MixedSampler:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "model": ("CLIP_VISION",),
                "sampler": (comfy.samplers.KSampler.SAMPLERS,),
            }
        }

    RETURN_TYPES = ("STYLE_MODEL",)
    FUNCTION = "sample"
    CATEGORY = "mixed"

    def sample(self, model, sampler):
        return (optimized_attention(model), latent_preview, MaskComposite)


NODE_CLASS_MAPPINGS = {"MixedAdd": MixedAdd, "MixedText": MixedText, "MixedSampler": MixedSampler}
