"""Extends and calls ComfyUI's own classes."""
import folder_paths
import nodes
from nodes import MAX_RESOLUTION, PreviewImage, SaveImage


class SaveTwice(SaveImage):
    def __init__(self):
        super().__init__()
        self.prefix_append = "_twice"

    @classmethod
    def INPUT_TYPES(s):
        types = SaveImage.INPUT_TYPES()
        types["required"]["times"] = ("INT", {"default": 2, "min": 1, "max": 4})
        return types

    FUNCTION = "save_twice"
    CATEGORY = "extending"

    def save_twice(self, images, filename_prefix, times, prompt=None, extra_pnginfo=None):
        shown = []
        for _ in range(times):
            saved = self.save_images(images, filename_prefix, prompt, extra_pnginfo)
            shown += saved["ui"]["images"]
        return {"ui": {"images": shown}}


class PreviewHalf(PreviewImage):
    @classmethod
    def INPUT_TYPES(s):
        return {"required": {"images": ("IMAGE",)}, "hidden": {"prompt": "PROMPT"}}

    FUNCTION = "preview"
    CATEGORY = "extending"

    def preview(self, images, prompt=None):
        (half,) = nodes.ImageScaleBy().upscale(images, "area", 0.5)
        return self.save_images(half, prompt=prompt)


class PadAndInvert:
    @classmethod
    def INPUT_TYPES(s):
        return {
            "required": {
                "image": ("IMAGE",),
                "left": ("INT", {"default": 8, "min": 0, "max": MAX_RESOLUTION, "step": 8}),
            }
        }

    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "pad"
    CATEGORY = "extending"

    def pad(self, image, left):
        padded, mask = nodes.ImagePadForOutpaint().expand_image(image, left, 0, 0, 0, 0)
        invert = nodes.NODE_CLASS_MAPPINGS["ImageInvert"]()
        return (getattr(invert, invert.FUNCTION)(padded)[0], mask)


NODE_CLASS_MAPPINGS = {
    "SaveTwice": SaveTwice,
    "PreviewHalf": PreviewHalf,
    "PadAndInvert": PadAndInvert,
}
assert folder_paths.get_output_directory()
