"""A node that takes a tenth of a second for each step, and shows what it has so far."""

import time
from typing import Any

from comfy.utils import ProgressBar  # type: ignore[import-not-found] # there when packs load
from PIL import Image


class SlowBrush:
    """Inverts a picture."""

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "paint"
    CATEGORY = "brushes"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """A picture, and how many steps."""
        steps = ("INT", {"default": 10, "min": 1, "max": 10_000})
        return {"required": {"image": ("IMAGE",), "steps": steps}}

    def paint(self, image: Any, steps: int) -> tuple[Any]:
        """Invert, slowly."""
        bar = ProgressBar(steps)
        for step in range(steps):
            time.sleep(0.1)
            preview = Image.new("RGB", (64, 48), (255, 160, step % 256))
            bar.update_absolute(step + 1, steps, ("JPEG", preview, 64))
        return (1 - image,)


NODE_CLASS_MAPPINGS = {"SlowBrush": SlowBrush}
