"""Coroutines, and V3 nodes."""

import asyncio

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


class Meet:
    """Waits until as many of its kind are there."""

    THERE = 0

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY, {}), "parties": ("INT", {})}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def go(self, value, parties):
        Meet.THERE += 1
        while Meet.THERE < parties:
            await asyncio.sleep(0.001)
        return (value,)


class MeetInside:
    """Expands into nodes that meet, and the mean of their pictures; is a coroutine itself."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "times": ("INT", {})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    async def go(self, image, times):
        await asyncio.sleep(0.001)
        graph = GraphBuilder()
        parties = Meet.THERE + times
        nodes = [graph.node("Meet", value=image, parties=parties) for _ in range(times)]
        more = {f"input{i + 1}": node.out(0) for i, node in enumerate(nodes)}
        mean = graph.node("Average", **more)
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


CLASSES = (Sleep, Meet, MeetInside, AsyncFails, TimesOut, LazyLater, Steps, Choose, Blocks3, Expands3)
