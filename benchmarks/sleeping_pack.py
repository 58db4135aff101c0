"""A node pack in ComfyUI's convention whose nodes wait."""

import asyncio
import time
from typing import Any


class SleepingNode:
    """Waits without giving way, as most nodes of packs work."""

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"
    CATEGORY = "benchmark"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - the convention's name
        """What such a node takes."""
        return {"required": {"value": ("INT",), "seconds": ("FLOAT", {"default": 0.5})}}

    def go(self, value: int, seconds: float) -> tuple[int]:
        """Wait."""
        time.sleep(seconds)
        return (value,)


class WaitingNode(SleepingNode):
    """Waits on the event loop."""

    async def go(self, value: int, seconds: float) -> tuple[int]:  # type: ignore[override] # as packs do
        """Wait."""
        await asyncio.sleep(seconds)
        return (value,)


NODE_CLASS_MAPPINGS = {"PackSleep": SleepingNode, "PackWait": WaitingNode}
