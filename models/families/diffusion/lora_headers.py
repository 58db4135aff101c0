"""For which family a LoRA was made, by the names and shapes of its tensors."""

from paintgraph.models.families.diffusion.sources import Shapes

_MARKS = (".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", ".lora.down.", ".lora.up.", "_lora.")
_OTHERS = (".hada_w1_a", ".lokr_w1")
_BY_NAMES = (
    ("single_transformer_blocks", "flux"),
    ("single_blocks", "flux"),
    ("double_blocks", "flux"),
    ("img_mlp", "qwen_image"),
    ("img_mod", "qwen_image"),
    ("joint_blocks", "sd3"),
    ("lora_te2_", "sdxl"),
)
_BY_CONTEXT = {768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: "sdxl_refiner"}


def is_lora(shapes: Shapes) -> bool:
    """Whether these are the tensors of a LoRA, LoHa or LoKr."""
    return any(mark in name for name in shapes for mark in (*_MARKS, *_OTHERS))


def lora_family(shapes: Shapes) -> str | None:
    """The family of denoisers that a LoRA was made for, or None if its header does not say."""
    for mark, family in _BY_NAMES:
        if any(mark in name for name in shapes):
            return family
    for name, shape in shapes.items():
        is_context = "attn2" in name and ("to_k" in name or "to_v" in name)
        is_down = "down.weight" in name or "lora_A" in name
        if is_context and is_down and len(shape) > 1:
            return _BY_CONTEXT.get(shape[1])
    return None
