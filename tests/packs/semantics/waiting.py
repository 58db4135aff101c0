"""Coroutines, and V3 nodes."""

import asyncio
import time

from comfy.utils import ProgressBar
from comfy_api.latest import ComfyAPI, io, ui
from comfy_execution.graph_utils import GraphBuilder

from .making import ANY

api = ComfyAPI()


class Sleep:
    """Waits on the event loop, and tells how far it is."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"value": (ANY, {}), "seconds": ("FLOAT", {"default": 0.1})},
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def go(self, value, seconds, unique_id):
        bar = ProgressBar(4, node_id=unique_id)
        for _ in range(4):
            await asyncio.sleep(seconds / 4)
            bar.update(1)
        return (value,)


class SyncSleep(Sleep):
    """Waits in its thread."""

    def go(self, value, seconds, unique_id):
        time.sleep(seconds)
        return (value,)


class SleepInside:
    """Expands into as many sleeps as it has pictures."""

    @classmethod
    def INPUT_TYPES(cls):
        image = ("IMAGE",)
        return {
            "required": {
                "image1": image,
                "image2": image,
                "seconds1": ("FLOAT", {}),
                "seconds2": ("FLOAT", {}),
            },
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    def go(self, image1, image2, seconds1, seconds2, unique_id):
        graph = GraphBuilder()
        one = graph.node("Sleep", value=image1, seconds=seconds1)
        two = graph.node("Sleep", value=image2, seconds=seconds2)
        mean = graph.node("Average", input1=one.out(0), input2=two.out(0))
        return {"result": (mean.out(0),), "expand": graph.finalize()}


class AsyncFails:
    """Fails after a while."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,), "after": ("FLOAT", {"default": 0.05})}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def go(self, value, after):
        await asyncio.sleep(after)
        raise RuntimeError("an error after a while")


class TimesOut:
    """Gives up after a while."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,), "most": ("FLOAT", {}), "takes": ("FLOAT", {})}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def go(self, value, most, takes):
        try:
            await asyncio.wait_for(asyncio.sleep(takes), most)
        except asyncio.TimeoutError:
            raise RuntimeError(f"it timed out after {most} s") from None
        return (value,)


class LazyLater:
    """Asks in a coroutine, and is one."""

    @classmethod
    def INPUT_TYPES(cls):
        lazy = (ANY, {"lazy": True})
        return {"required": {"first": ("BOOLEAN", {}), "a": lazy, "b": lazy}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def check_lazy_status(self, first, a=None, b=None):
        await asyncio.sleep(0.01)
        wanted = "a" if first else "b"
        return [wanted] if (a if first else b) is None else []

    async def go(self, first, a=None, b=None):
        await asyncio.sleep(0.01)
        return (a if first else b,)


class ExpandsLater:
    """Expands in a coroutine."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "times": ("INT", {"default": 3})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    async def go(self, image, times):
        await asyncio.sleep(0.01)
        graph = GraphBuilder()
        nodes = [graph.node("Sleep", value=image, seconds=0.05) for _ in range(times)]
        more = {f"input{i + 1}": node.out(0) for i, node in enumerate(nodes)}
        mean = graph.node("Average", **more)
        return {"result": (mean.out(0),), "expand": graph.finalize()}


class Steps(io.ComfyNode):
    """A V3 node that tells of its progress with a preview."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="Steps",
            category="semantics",
            inputs=[io.Image.Input("image"), io.Int.Input("steps", default=3, min=1, max=20)],
            outputs=[io.Image.Output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    async def execute(cls, image, steps):
        from PIL import Image

        for step in range(steps):
            await asyncio.sleep(0.01)
            preview = Image.new("RGB", (16, 16), (step * 20, 0, 0))
            await api.execution.set_progress(step + 1, steps, preview_image=preview)
        return io.NodeOutput(image)


class Choose(io.ComfyNode):
    """A V3 node that is lazy and has a check and a state."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="Choose",
            inputs=[
                io.Combo.Input("which", options=["a", "b"]),
                io.AnyType.Input("a", lazy=True, optional=True),
                io.AnyType.Input("b", lazy=True, optional=True),
            ],
            outputs=[io.AnyType.Output("it")],
        )

    @classmethod
    async def validate_inputs(cls, which):
        return True if which in ("a", "b") else "which should be a or b"

    @classmethod
    def fingerprint_inputs(cls, which, a=None, b=None):
        return which

    @classmethod
    def check_lazy_status(cls, which, a=None, b=None):
        return [which] if (a if which == "a" else b) is None else []

    @classmethod
    async def execute(cls, which, a=None, b=None):
        return io.NodeOutput(a if which == "a" else b)


class Blocks3(io.ComfyNode):
    """A V3 node that blocks."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="Blocks3",
            inputs=[io.AnyType.Input("value"), io.Boolean.Input("block")],
            outputs=[io.AnyType.Output()],
        )

    @classmethod
    def execute(cls, value, block):
        return io.NodeOutput(block_execution="blocked by V3") if block else io.NodeOutput(value)


class Expands3(io.ComfyNode):
    """A V3 node that expands, and shows a text."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="Expands3",
            inputs=[io.Int.Input("value")],
            outputs=[io.Int.Output()],
            is_output_node=True,
            enable_expand=True,
        )

    @classmethod
    async def execute(cls, value):
        graph = GraphBuilder()
        more = graph.node("Sum", a=value, b=10)
        return io.NodeOutput(more.out(0), ui=ui.PreviewText(str(value)), expand=graph.finalize())


CLASSES = (
    *(Sleep, SyncSleep, SleepInside, AsyncFails, TimesOut, LazyLater, ExpandsLater),
    *(Steps, Choose, Blocks3, Expands3),
)
