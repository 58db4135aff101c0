"""Stand-in for `nodes`: classes of the convention over our own nodes, for packs to call and extend.

NODE_CLASS_MAPPINGS holds these and, once packs are loaded, the classes of all packs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from paintgraph.base import files
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions.texts import add_text
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.masks.selection import select_transparent
from paintgraph.nodes.packs.host.placeholders import names_of, placeholder
from paintgraph.nodes.packs.standins import folder_paths
from paintgraph.nodes.packs.standins.comfy import model_management
from paintgraph.nodes.packs.standins.comfy.utils import common_upscale
from paintgraph.nodes.painting.outpaint import image_pad_for_outpaint
from paintgraph.nodes.pictures.batch import image_batch
from paintgraph.nodes.pictures.colour import image_invert

MAX_RESOLUTION = 16384
_METHODS = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]
_PIXELS = {"default": 512, "min": 0, "max": MAX_RESOLUTION, "step": 1}
EXTENSION_WEB_DIRS: dict[str, str] = {}
LOADED_MODULE_DIRS: dict[str, str] = {}
NODE_DISPLAY_NAME_MAPPINGS: dict[str, str] = {}


def interrupt_processing(value: bool = True) -> None:
    """Cancel the job that runs."""
    model_management.interrupt_current_processing(value)


def before_node_execution() -> None:
    """End the node here if its job was cancelled."""
    model_management.throw_exception_if_processing_interrupted()


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.require(array, np.float32, ["C", "W"]))


def _array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().float().contiguous().numpy()


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
        for number, picture in enumerate(_array(images.clamp(0, 1))):
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
        return _tensor(picture[..., :3]), _tensor(select_transparent(picture))

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
    import hashlib

    path = Path(folder_paths.get_annotated_filepath(image))
    return hashlib.sha256(path.read_bytes()).hexdigest()


class ImageScale:
    """Scales pictures to a size."""

    upscale_methods: ClassVar[list[str]] = _METHODS
    crop_methods: ClassVar[list[str]] = ["disabled", "center"]

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        return {
            "required": {
                "image": ("IMAGE",),
                "upscale_method": (cls.upscale_methods,),
                "width": ("INT", _PIXELS),
                "height": ("INT", _PIXELS),
                "crop": (cls.crop_methods,),
            }
        }

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE",)
    FUNCTION = "upscale"
    CATEGORY = "image/upscaling"

    def upscale(
        self, image: Tensor, upscale_method: str, width: int, height: int, crop: str
    ) -> tuple[Tensor]:
        """The picture at a size; a side of 0 follows from the other."""
        if width == height == 0:
            return (image,)
        width = width or max(1, round(image.shape[2] * height / image.shape[1]))
        height = height or max(1, round(image.shape[1] * width / image.shape[2]))
        scaled = common_upscale(image.movedim(-1, 1), width, height, upscale_method, crop)
        return (scaled.movedim(1, -1),)


class ImageScaleBy:
    """Scales both sides of pictures by a factor."""

    upscale_methods: ClassVar[list[str]] = _METHODS

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        factor = ("FLOAT", {"default": 1.0, "min": 0.01, "max": 8.0, "step": 0.01})
        inputs = {"image": ("IMAGE",), "upscale_method": (cls.upscale_methods,), "scale_by": factor}
        return {"required": inputs}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE",)
    FUNCTION = "upscale"
    CATEGORY = "image/upscaling"

    def upscale(self, image: Tensor, upscale_method: str, scale_by: float) -> tuple[Tensor]:
        """The scaled picture."""
        height, width = (round(side * scale_by) for side in image.shape[1:3])
        scaled = common_upscale(image.movedim(-1, 1), width, height, upscale_method, "disabled")
        return (scaled.movedim(1, -1),)


class ImageBatch:
    """Joins two batches."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        return {"required": {"image1": ("IMAGE",), "image2": ("IMAGE",)}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE",)
    FUNCTION = "batch"
    CATEGORY = "image"

    def batch(self, image1: Tensor, image2: Tensor) -> tuple[Tensor]:
        """Both, the second at the size of the first."""
        return (_tensor(image_batch(_array(image1), _array(image2))),)


class ImageInvert:
    """Makes negatives."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        return {"required": {"image": ("IMAGE",)}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE",)
    FUNCTION = "invert"
    CATEGORY = "image"

    def invert(self, image: Tensor) -> tuple[Tensor]:
        """The negative."""
        return (_tensor(image_invert(_array(image))),)


class ImagePadForOutpaint:
    """Adds new canvas around a picture, and selects it."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        side = ("INT", {"default": 0, "min": 0, "max": MAX_RESOLUTION, "step": 8})
        inputs = {"image": ("IMAGE",), "left": side, "top": side, "right": side, "bottom": side}
        feathering = ("INT", {"default": 40, "min": 0, "max": MAX_RESOLUTION, "step": 1})
        return {"required": {**inputs, "feathering": feathering}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE", "MASK")
    FUNCTION = "expand_image"
    CATEGORY = "image"

    def expand_image(
        self, image: Tensor, left: int, top: int, right: int, bottom: int, feathering: int
    ) -> tuple[Tensor, Tensor]:
        """The larger picture and the mask of what is new, soft over `feathering` px."""
        padded, mask = image_pad_for_outpaint(_array(image), left, top, right, bottom, feathering)
        return _tensor(padded), _tensor(mask)


class EmptyImage:
    """Makes pictures of one colour."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs."""
        side = ("INT", {"default": 512, "min": 1, "max": MAX_RESOLUTION, "step": 1})
        size = ("INT", {"default": 1, "min": 1, "max": 4096})
        color = ("INT", {"default": 0, "min": 0, "max": 0xFFFFFF, "display": "color"})
        return {"required": {"width": side, "height": side, "batch_size": size, "color": color}}

    RETURN_TYPES: ClassVar[tuple[Any, ...]] = ("IMAGE",)
    FUNCTION = "generate"
    CATEGORY = "image"

    def generate(
        self, width: int, height: int, batch_size: int = 1, color: int = 0
    ) -> tuple[Tensor]:
        """Pictures `[B, H, W, 3]` of a colour 0xRRGGBB."""
        channels = torch.tensor([color >> shift & 0xFF for shift in (16, 8, 0)]) / 255
        return (channels.expand(batch_size, height, width, 3).clone(),)


_CLASSES: Sequence[type] = (
    *(SaveImage, PreviewImage, LoadImage, LoadImageMask, ImageScale, ImageScaleBy),
    *(ImageBatch, ImageInvert, ImagePadForOutpaint, EmptyImage),
)


class _Mappings(dict[str, Any]):
    """Classes by name. One that there is none of is a placeholder, as packs take some at import."""

    def __missing__(self, name: str) -> Any:
        return placeholder("nodes", name)


NODE_CLASS_MAPPINGS = _Mappings({each.__name__: each for each in _CLASSES})

__getattr__ = names_of("nodes")
