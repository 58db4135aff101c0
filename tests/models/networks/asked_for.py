"""What a graph of ComfyUI asks for by name, made of tiny random networks and small pictures.

Text encoders have the whole vocabulary of CLIP, so that the tokenizer of the package serves.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image

from paintgraph.base.naming import without_pickle
from paintgraph.tests.models import tiny_upscalers
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.networks import tiny_files

Prompt = Mapping[str, Mapping[str, Any]]

CLIP_WORDS = 49_408
_SIDE = 128
_UPSCALERS = "upscale_models"
_PICTURES = {"LoadImage": "image", "LoadImageMask": "image", "LoadImageOutput": "image"}
_SIGNS = (
    *(("sd3", "sd3"), ("flux", "flux"), ("xl", "sdxl"), ("v2-", "sd2"), ("512-base", "sd2")),
    *(("768", "sd2"), ("512-inpainting", "sd1_inpaint"), ("inpaint", "sd1_inpaint")),
)
_MAKE = {
    "sd1": tiny_files.sd1,
    "sd1_inpaint": tiny_files.sd1_inpaint,
    "sd2": tiny_files.sd2,
    "sdxl": tiny_files.sdxl,
    "sd3": tiny_files.sd3,
    "flux": tiny_files.flux,
    "flux_fill": tiny_files.flux_fill,
}


class NotMadeError(Exception):
    """What no tiny networks are made of here."""


def bring(prompt: Prompt, models: Path, inputs: Path) -> None:
    """Write every file that a prompt names; NotMadeError says what cannot be made."""
    with mock.patch.object(tiny_files, "WORDS", CLIP_WORDS):
        family = family_of(prompt)
        parts = _MAKE[family]()
        for folder, name, tensors in _files(prompt, family, parts):
            path = models / folder / name.replace("\\", "/")
            if folder == _UPSCALERS:
                tiny_upscalers.put(path, tensors)
            else:
                # Pickles are refused: the same models are brought as safetensors.
                tiny_files.write(tensors, path.with_name(without_pickle(path.name)))
    if family in ("sd3", "flux", "flux_fill"):
        words, _ = tiny.t5()
        for folder in ("checkpoints", "text_encoders"):
            words.save_pretrained(models / folder / "tokenizer")
    for node in prompt.values():
        if node["class_type"] in _PICTURES:
            _picture(inputs, str(node["inputs"][_PICTURES[node["class_type"]]]))


def family_of(prompt: Prompt) -> str:
    """The family of the networks, by the names of their files."""
    names = [
        str(node["inputs"][name]).lower()
        for node in prompt.values()
        for name in ("ckpt_name", "unet_name")
        if name in node["inputs"]
    ]
    alone = [str(n["inputs"]["unet_name"]) for n in prompt.values() if "unet_name" in n["inputs"]]
    for name in alone:
        if not any(sign in name.lower() for sign, _ in _SIGNS):
            raise NotMadeError(f"'{name}' is of a family of which no tiny networks are made here")
    found = [next((f for sign, f in _SIGNS if sign in name), "sd1") for name in names] or ["sd1"]
    if found[0] == "flux" and "fill" in names[0]:
        return "flux_fill"
    return found[0]


def _files(  # noqa: C901 - one case for each loader
    prompt: Prompt, family: str, parts: tiny_files.Modules
) -> Iterator[tuple[str, str, tiny_files.Tensors]]:
    base = family.partition("_")[0]
    for node in prompt.values():
        inputs = node["inputs"]
        match node["class_type"]:
            case "CheckpointLoaderSimple":
                yield "checkpoints", inputs["ckpt_name"], tiny_files.checkpoint(base, parts)
            case "UNETLoader":
                whole = tiny_files.checkpoint(base, parts)
                start = "model.diffusion_model."
                found = {n.removeprefix(start): t for n, t in whole.items() if n.startswith(start)}
                yield "diffusion_models", inputs["unet_name"], found
            case "VAELoader":
                yield "vae", inputs["vae_name"], tiny_files.ldm_vae(parts["vae"])
            case "CLIPLoader" | "DualCLIPLoader" | "TripleCLIPLoader":
                yield from _encoders(inputs, parts)
            case "LoraLoader" | "LoraLoaderModelOnly":
                network = parts.get("unet")
                if network is None:
                    raise NotMadeError(f"{family} has no tiny LoRA here")
                tensors = tiny_files.lora(network, parts["text_encoder"], "kohya")
                yield "lora", inputs["lora_name"], tensors
            case "ControlNetLoader":
                if "unet" not in parts:
                    raise NotMadeError(f"{family} has no tiny ControlNet here")
                control = tiny_files.controlnet(parts["unet"])
                yield "controlnet", inputs["control_net_name"], tiny_files.ldm_controlnet(control)
            case "UpscaleModelLoader":
                scale = 2 if re.search("2x|x2", inputs["model_name"]) else 4
                network = partial(tiny_upscalers.compact, scale)
                yield _UPSCALERS, inputs["model_name"], tiny_upscalers.tensors(network)
            case _:
                pass


def _encoders(
    inputs: Mapping[str, Any], parts: tiny_files.Modules
) -> Iterator[tuple[str, str, tiny_files.Tensors]]:
    for key, name in inputs.items():
        if not key.startswith("clip_name"):
            continue
        if "clip_g" in name.lower():
            raise NotMadeError("CLIP G is known by its width, which no tiny one has")
        is_t5 = "t5" in name.lower()
        t5: Any = parts.get("text_encoder_3", parts.get("text_encoder_2"))
        if is_t5:
            tensors = {n: each for n, each in t5.state_dict().items() if "embed_tokens" not in n}
        else:
            tensors = tiny_files.hf_clip(parts["text_encoder"])
        yield "text_encoders", name, tensors


def _picture(folder: Path, name: str) -> None:
    """A picture of noise, with a hole in its alpha."""
    plain = name.partition(" [")[0]
    samples = np.random.default_rng(1).integers(0, 256, (_SIDE, _SIDE, 4), np.uint8)
    samples[..., 3] = 255
    samples[32:96, 32:96, 3] = 0
    path = folder / plain
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(samples).save(path.with_suffix(".png") if not path.suffix else path, "PNG")
