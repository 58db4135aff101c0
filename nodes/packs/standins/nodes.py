"""Stand-in for `nodes`: classes of the convention over our own nodes, for packs to call and extend.

NODE_CLASS_MAPPINGS holds these and, once packs are loaded, the classes of all packs.
"""

import hashlib
import json
import logging  # noqa: F401 - and others: packs that import all of `nodes` take them from here
import math  # noqa: F401
import os  # noqa: F401
import random  # noqa: F401
import sys  # noqa: F401
import time  # noqa: F401
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np  # noqa: F401
import torch  # noqa: F401
from PIL import Image, ImageOps, ImageSequence  # noqa: F401
from PIL.PngImagePlugin import PngInfo  # noqa: F401
from torch import Tensor

from paintgraph.base import files
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions.texts import add_text
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.masks.selection import select_transparent
from paintgraph.models.denoising.requests import SampleRequest, Steps
from paintgraph.models.sampling import values
from paintgraph.nodes.packs.host.placeholders import names_of, placeholder
from paintgraph.nodes.packs.sampling.conditionings import from_pairs
from paintgraph.nodes.packs.sampling.core_classes import as_array, as_tensor, core_class
from paintgraph.nodes.packs.sampling.crossing import from_latent
from paintgraph.nodes.packs.sampling.handles import Model
from paintgraph.nodes.packs.sampling.running import sampled
from paintgraph.nodes.packs.standins import (
    _sampling,
    comfy,  # noqa: F401
    folder_paths,
)
from paintgraph.nodes.packs.standins.comfy import model_management
from paintgraph.nodes.packs.standins.comfy_extras import (
    nodes_compositing,
    nodes_custom_sampler,
    nodes_differential_diffusion,
    nodes_images,
    nodes_mask,
    nodes_post_processing,
)
from paintgraph.nodes.painting.outpaint import image_pad_for_outpaint
from paintgraph.nodes.pictures.batch import empty_image, image_batch
from paintgraph.nodes.pictures.colour import image_invert
from paintgraph.nodes.pictures.size import image_scale, image_scale_by

MAX_RESOLUTION = 16384
_METHODS = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]
EXTENSION_WEB_DIRS: dict[str, str] = {}
LOADED_MODULE_DIRS: dict[str, str] = {}
NODE_DISPLAY_NAME_MAPPINGS: dict[str, str] = {}


def interrupt_processing(value: bool = True) -> None:
    """Cancel the job that runs."""
    model_management.interrupt_current_processing(value)


def before_node_execution() -> None:
    """End the node here if its job was cancelled."""
    model_management.throw_exception_if_processing_interrupted()


def _pictures() -> list[str]:
    """The pictures that graphs may name."""
    folder = Path(folder_paths.get_input_directory())
    names = [each.name for each in folder.iterdir() if each.is_file()] if folder.is_dir() else []
    return sorted(folder_paths.filter_files_content_types(names, ["image"]))


class SaveImage:
    """Writes pictures into a folder at once, each a PNG with the graph that made it."""

    def __init__(self) -> None:
        self.output_dir = folder_paths.get_output_directory()
        self.type = "output"
        self.prefix_append = ""
        self.compress_level = 4

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        prefix = ("STRING", {"default": "ComfyUI", "tooltip": "Name of the file, less its number."})
        return {
            "required": {"images": ("IMAGE",), "filename_prefix": prefix},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ()
    FUNCTION = "save_images"
    OUTPUT_NODE = True
    CATEGORY = "image"

    def save_images(
        self,
        images: Tensor,
        filename_prefix: str = "ComfyUI",
        prompt: Any = None,
        extra_pnginfo: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write pictures `[B, H, W, C]`; gives their names for editors."""
        height, width = images.shape[1:3]
        folder, filename, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix + self.prefix_append, self.output_dir, width, height
        )
        texts = {} if prompt is None else {"prompt": json.dumps(prompt)}
        texts |= {name: json.dumps(value) for name, value in (extra_pnginfo or {}).items()}
        shown = []
        for number, picture in enumerate(as_array(images.clamp(0, 1))):
            name = filename.replace("%batch_num%", str(number))
            data = encode(picture, format="PNG")
            data = add_text(data, texts) if texts else data
            file, counter = _written(Path(folder), name, counter, data)
            shown.append({"filename": file, "subfolder": subfolder, "type": self.type})
        return {"ui": {"images": shown}}


def _written(folder: Path, name: str, counter: int, data: bytes) -> tuple[str, int]:
    """The name of the first file that was free, which holds the data now, and the next number."""
    while True:
        file = f"{name}_{counter:05}_.png"
        counter += 1
        try:
            files.write_new(folder / file, data)
        except FileExistsError:  # of another worker, or of a name that holds its own number
            continue
        return file, counter


class PreviewImage(SaveImage):
    """Shows pictures without keeping them."""

    def __init__(self) -> None:
        super().__init__()
        self.output_dir = folder_paths.get_temp_directory()
        self.type = "temp"
        self.prefix_append = "_temp"
        self.compress_level = 1

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        return {
            "required": {"images": ("IMAGE",)},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }


class LoadImage:
    """Reads a picture; the mask selects what is transparent."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        return {"required": {"image": (_pictures(), {"image_upload": True})}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE", "MASK")
    FUNCTION = "load_image"
    CATEGORY = "image"

    def load_image(self, image: str) -> tuple[Tensor, Tensor]:
        """The picture `[1, H, W, 3]` and its mask `[1, H, W]`."""
        picture = decode(Path(folder_paths.get_annotated_filepath(image)).read_bytes()).image
        return as_tensor(picture[..., :3]), as_tensor(select_transparent(picture))

    @classmethod
    def IS_CHANGED(cls, image: str) -> str:
        """The digest of the file."""
        return _digest(image)

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        """Whether there is such a file."""
        if folder_paths.exists_annotated_filepath(image):
            return True
        return f"there is no picture '{image}'. Upload it first."


class LoadImageMask(LoadImage):
    """Reads one channel of a picture as a mask."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        channels = (["alpha", "red", "green", "blue"],)
        image = (_pictures(), {"image_upload": True})
        return {"required": {"image": image, "channel": channels}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("MASK",)
    CATEGORY = "mask"

    def load_image(self, image: str, channel: str = "alpha") -> tuple[Tensor]:  # type: ignore[override] # the convention's
        """The mask `[1, H, W]`; of alpha what is transparent is selected."""
        picture, mask = super().load_image(image)
        if channel == "alpha":
            return (mask,)
        return (picture[..., ("red", "green", "blue").index(channel)],)

    @classmethod
    def IS_CHANGED(cls, image: str, channel: str = "alpha") -> str:
        """The digest of the file."""
        del channel
        return _digest(image)


def _digest(image: str) -> str:
    path = Path(folder_paths.get_annotated_filepath(image))
    return hashlib.sha256(path.read_bytes()).hexdigest()


ImageScale = core_class(
    image_scale, "upscale", upscale_methods=_METHODS, crop_methods=["disabled", "center"]
)
ImageScaleBy = core_class(image_scale_by, "upscale", upscale_methods=_METHODS)
ImageBatch = core_class(image_batch, "batch")
ImageInvert = core_class(image_invert, "invert")
ImagePadForOutpaint = core_class(image_pad_for_outpaint, "expand_image")
EmptyImage = core_class(empty_image, "generate")

globals().update({each.__name__: each for each in _sampling.CLASSES})


def common_ksampler(
    model: Model,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: list[Any],
    negative: list[Any],
    latent: dict[str, Any],
    denoise: float = 1.0,
    disable_noise: bool = False,
    start_step: int | None = None,
    last_step: int | None = None,
    force_full_denoise: bool = False,
) -> tuple[dict[str, Any]]:
    """A LATENT after some steps of a schedule, from the noise of its seed.

    What its noise mask does not select stays as it is.
    """
    start = from_latent({name: latent[name] for name in _OF_LATENTS if name in latent})
    leaves_noise = not force_full_denoise
    request = SampleRequest(
        values.Guider(model.value, from_pairs(positive), from_pairs(negative), float(cfg)),
        start,
        values.Noise(None if disable_noise else seed),
        values.SamplerChoice(sampler_name),
        Steps(steps, scheduler, denoise, start_step or 0, last_step, leaves_noise),
    )
    return ({**latent, "samples": sampled(request)},)


_OF_LATENTS = ("samples", "noise_mask", "batch_index")

_CLASSES: Sequence[type] = (
    *(SaveImage, PreviewImage, LoadImage, LoadImageMask, ImageScale, ImageScaleBy),
    *(ImageBatch, ImageInvert, ImagePadForOutpaint, EmptyImage),
    *(*nodes_mask.CLASSES, *nodes_images.CLASSES),
    *(*_sampling.CLASSES, *nodes_custom_sampler.CLASSES, *nodes_differential_diffusion.CLASSES),
    *(*nodes_compositing.CLASSES, *nodes_post_processing.CLASSES),
)


class _Mappings(dict[str, Any]):
    """Classes by name. One that there is none of is a placeholder, as packs take some at import."""

    def __missing__(self, name: str) -> Any:
        return placeholder("nodes", name)


NODE_CLASS_MAPPINGS = _Mappings({each.__name__: each for each in _CLASSES})

__getattr__ = names_of("nodes")
