"""A tiny Qwen-Image with random weights, as diffusers writes its folder."""

from pathlib import Path
from typing import Any

import diffusers
import tokenizers
import torch
import transformers

from paintgraph.tests.models.denoising.transformers_by_hand import qwen_image

_WIDTH = 48
_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>", "<|video_pad|>"]
_T: Any = transformers
_D: Any = diffusers


def put(folder: Path) -> None:
    """Write the folder of a pipeline."""
    tokenizer = _tokenizer()
    torch.manual_seed(9)
    pipe = _D.QwenImagePipeline(
        scheduler=_D.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=_D.AutoencoderKLQwenImage(base_dim=8, num_res_blocks=1),
        text_encoder=_reader(len(tokenizer)),
        tokenizer=tokenizer,
        transformer=qwen_image()["transformer"],
    )
    pipe.save_pretrained(folder)


def _tokenizer() -> Any:
    """A token for each byte, as many as the words of Qwen's have at least."""
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model: Any = tokenizers.models.BPE({each: n for n, each in enumerate(letters)}, [])
    plain = tokenizers.Tokenizer(model)
    plain.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = tokenizers.decoders.ByteLevel()
    plain.add_special_tokens(_SPECIAL)
    return _T.Qwen2Tokenizer(tokenizer_object=plain)


def _reader(words: int) -> Any:
    text = {
        "vocab_size": words,
        "hidden_size": _WIDTH,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "rope_scaling": {"type": "mrope", "mrope_section": [1, 2, 3]},
    }
    seeing = {"depth": 1, "hidden_size": 32, "num_heads": 2, "out_hidden_size": _WIDTH}
    config = _T.Qwen2_5_VLConfig(text_config=text, vision_config=seeing)
    return _T.Qwen2_5_VLForConditionalGeneration(config)
