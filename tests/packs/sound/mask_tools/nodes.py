import os

import comfy.model_management as mm
import comfy.utils
import folder_paths
import numpy as np
import torch
from comfy.utils import ProgressBar, common_upscale

script_directory = os.path.dirname(os.path.abspath(__file__))
folder_paths.add_model_folder_path("mask_tools", os.path.join(folder_paths.models_dir, "mask_tools"))
main_device = mm.get_torch_device()
offload_device = mm.unet_offload_device()


class PackGrowMask:
    @classmethod
    def INPUT_TYPES(s):
        return {
            "required": {
                "mask": ("MASK",),
                "expand": ("INT", {"default": 1, "min": 0, "max": 64, "step": 1}),
                "method": (["square", "cross"], {"default": "square"}),
            },
            "optional": {"invert": ("BOOLEAN", {"default": False})},
        }

    RETURN_TYPES = ("MASK", "INT")
    RETURN_NAMES = ("mask", "selected")
    FUNCTION = "grow"
    CATEGORY = "mask tools"
    DESCRIPTION = "Grows a mask."

    def grow(self, mask, expand, method, invert=False):
        pbar = ProgressBar(expand)
        out = mask.clone()
        for _ in range(expand):
            if method == "square":
                out = torch.nn.functional.max_pool2d(out.unsqueeze(1), 3, 1, 1).squeeze(1)
            else:
                across = torch.nn.functional.max_pool2d(out.unsqueeze(1), (1, 3), 1, (0, 1))
                down = torch.nn.functional.max_pool2d(out.unsqueeze(1), (3, 1), 1, (1, 0))
                out = torch.maximum(across, down).squeeze(1)
            mm.throw_exception_if_processing_interrupted()
            pbar.update(1)
        if invert:
            out = 1.0 - out
        return (out, int((out > 0.5).sum()))


class PackResize:
    @classmethod
    def INPUT_TYPES(s):
        return {
            "required": {
                "image": ("IMAGE",),
                "width": ("INT", {"default": 64, "min": 1, "max": 4096}),
                "height": ("INT", {"default": 64, "min": 1, "max": 4096}),
                "method": (["nearest-exact", "bilinear", "lanczos"],),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "resize"
    CATEGORY = "mask tools"

    def resize(self, image, width, height, method):
        scaled = common_upscale(image.movedim(-1, 1), width, height, method, "center")
        return (scaled.movedim(1, -1).clamp(0, 1),)


class PackFillColor:
    """Uses numpy, and writes into what it was given as many packs do."""

    @classmethod
    def INPUT_TYPES(s):
        return {"required": {"image": ("IMAGE",), "mask": ("MASK",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "fill"
    CATEGORY = "mask tools"

    def fill(self, image, mask):
        array = np.array(image.cpu().numpy())
        array[mask.cpu().numpy() > 0.5] = (1.0, 0.0, 0.0)
        return (torch.from_numpy(array),)


NODE_CLASS_MAPPINGS = {
    "PackGrowMask": PackGrowMask,
    "Pack Resize+": PackResize,
    "PackFillColor": PackFillColor,
}
NODE_DISPLAY_NAME_MAPPINGS = {"PackGrowMask": "Grow Mask (Pack)"}
