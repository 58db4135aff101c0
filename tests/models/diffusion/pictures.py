"""Pictures, masks, and the same work done by hand with diffusers alone."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling
from paintgraph.tests.models.diffusion.tiny import SIDE

DIGEST = "sha256:" + "0" * 64


def picture(seed: int = 0, side: int = SIDE) -> Image:
    """Smooth colours, so that an encoder has something to see."""
    generator = np.random.default_rng(seed)
    small = generator.random((1, side // 8, side // 8, 3), np.float32)
    image: Image = small.repeat(8, 1).repeat(8, 2)
    return image


def hole(side: int = SIDE) -> Mask:
    mask = np.zeros((1, side, side), np.float32)
    mask[:, side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    return mask


def paint(  # noqa: PLR0913 - what a request says
    models: DiffusionModels,
    name: str,
    image: Image | None = None,
    mask: Mask | None = None,
    *,
    sampling: Sampling | None = None,
    told: list[str] | None = None,
    **request: Any,
) -> Image:
    """What the engine gives at its working size, in two steps if nothing else is asked for."""
    engine = models.engine(str(ModelRef(name, DIGEST)), sampling or Sampling())
    return engine.inpaint(
        picture() if image is None else image,
        hole() if mask is None else mask,
        InpaintRequest(**{"seed": 1, "prompt": "a cat", "steps": 2, **request}),
        Listening(warn=(told if told is not None else []).append),
    )


def by_hand(
    folder: Path,
    *,
    seed: int = 1,
    steps: int = 2,
    loras: Mapping[Path, float] | None = None,
    **options: Any,
) -> Image:
    """What diffusers gives for the same, without anything of ours."""
    pipe: Any = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    if "mask_image" not in inspect.signature(pipe.__call__).parameters:
        pipe = diffusers.AutoPipelineForInpainting.from_pipe(pipe)
    pipe.set_progress_bar_config(disable=True)
    if "clip_skip" in options:  # transformers 5 has no such layer, which diffusers 0.42 asks for
        pipe.text_encoder.__dict__["text_model"] = pipe.text_encoder
    options = {
        "prompt": "a cat",
        "image": picture(),
        "mask_image": hole(),
        "strength": 1.0,
        **options,
    }
    for number, path in enumerate(loras or ()):
        pipe.load_lora_weights(path.parent, weight_name=path.name, adapter_name=f"a{number}")
    if loras:
        pipe.set_adapters([f"a{number}" for number in range(len(loras))], list(loras.values()))
    images: Image = pipe(
        **options,
        height=options["image"].shape[1],
        width=options["image"].shape[2],
        num_inference_steps=steps,
        generator=torch.Generator("cpu").manual_seed(seed),
        output_type="np",
    ).images
    return images
