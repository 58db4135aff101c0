"""Lazy inputs, expansions, loops, and what is left out."""

import torch
from comfy_execution.graph import ExecutionBlocker
from comfy_execution.graph_utils import GraphBuilder, is_link

from .making import ANY


class Mix:
    """Mixes two pictures by a mask, and evaluates only what the mask needs."""

    @classmethod
    def INPUT_TYPES(cls):
        lazy = ("IMAGE", {"lazy": True})
        return {"required": {"image1": lazy, "image2": lazy, "mask": ("MASK",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    def check_lazy_status(self, mask, image1, image2):
        needed = []
        if image1 is None and mask.min() < 1:
            needed.append("image1")
        if image2 is None and mask.max() > 0:
            needed.append("image2")
        return needed

    def go(self, mask, image1, image2):
        if image1 is None and image2 is None:
            raise ValueError("no picture")
        if image1 is None:
            return (image2,)
        if image2 is None:
            return (image1,)
        weight = mask.unsqueeze(-1)
        return (image1 * (1 - weight) + image2 * weight,)


class Switch:
    """One of two values."""

    @classmethod
    def INPUT_TYPES(cls):
        lazy = (ANY, {"lazy": True})
        return {"required": {"first": ("BOOLEAN", {}), "a": lazy, "b": lazy}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def check_lazy_status(self, first, a=None, b=None):
        if first and a is None:
            return ["a"]
        if not first and b is None:
            return ["b"]
        return []

    def go(self, first, a=None, b=None):
        return (a if first else b,)


class SwitchLater(Switch):
    """The same in coroutines."""

    async def check_lazy_status(self, first, a=None, b=None):
        return super().check_lazy_status(first, a, b)


class Seen:
    """Says which of its lazy inputs it got without asking for any."""

    @classmethod
    def INPUT_TYPES(cls):
        lazy = (ANY, {"lazy": True})
        return {"required": {"wants": ("STRING", {})}, "optional": {"a": lazy, "b": lazy}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def check_lazy_status(self, wants, **given):
        return [name for name in wants.split() if given.get(name) is None]

    def go(self, wants, a=None, b=None):
        return (f"{a} {b}",)


class NeverAsks:
    """Has a lazy input and no check_lazy_status."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY, {"lazy": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def go(self, value=None):
        return (str(value),)


class Block:
    """Blocks what reads it."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,), "block": ("BOOLEAN", {}), "verbose": ("BOOLEAN", {})}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def go(self, value, block, verbose):
        if block:
            return (ExecutionBlocker("blocked by hand" if verbose else None),)
        return (value,)


class IsSmall:
    """Whether a number is below 2."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {})}}

    RETURN_TYPES = ("BOOLEAN",)
    FUNCTION = "go"

    def go(self, value):
        return (value < 2,)


class MixedReturns:
    """Values and links of an expansion side by side, by lists."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"input1": ("FLOAT", {})}}

    RETURN_TYPES = ("IMAGE", "IMAGE")
    FUNCTION = "go"

    def go(self, input1):
        graph = GraphBuilder()
        white = torch.ones(1, 8, 8, 3)
        half = graph.node("Scaled", image=torch.full((1, 8, 8, 3), 0.5), value=1.0)
        if input1 <= 0.1:
            return {"result": (torch.zeros(1, 8, 8, 3), white), "expand": graph.finalize()}
        if input1 <= 0.2:
            return (torch.zeros(1, 8, 8, 3), white)
        mixed = graph.node(
            "Mix", image1=torch.zeros(1, 8, 8, 3), image2=white, mask=torch.full((1, 8, 8), 0.5)
        )
        return {"result": (mixed.out(0), half.out(0)), "expand": graph.finalize()}


class Shows:
    """Expands into a node that shows something; runs anew only if its input differs."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, value):
        graph = GraphBuilder()
        shown = graph.node("Text", value=value + 1)
        return {"result": (shown.out(0),), "expand": graph.finalize()}


class SavesInside:
    """Expands into a node of the server's own that saves."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",)}}

    RETURN_TYPES = ()
    FUNCTION = "go"
    OUTPUT_NODE = True

    def go(self, image):
        graph = GraphBuilder()
        graph.node("SaveImage", images=image, filename_prefix="inside")
        return {"expand": graph.finalize()}


class Circle:
    """Expands into nodes that wait for each other."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    def go(self, image):
        graph = GraphBuilder()
        one = graph.node("Scaled", value=1.0)
        two = graph.node("Scaled", value=1.0, image=one.out(0))
        one.set_input("image", two.out(0))
        return {"result": (two.out(0),), "expand": graph.finalize()}


class NoSuchInside(Circle):
    """Expands into a node of a type that is not there."""

    def go(self, image):
        graph = GraphBuilder()
        one = graph.node("NoSuchNode", image=image)
        return {"result": (one.out(0),), "expand": graph.finalize()}


class FailsInside(Circle):
    """Expands into a node that fails."""

    def go(self, image):
        graph = GraphBuilder()
        one = graph.node("Fails", value=image)
        return {"result": (one.out(0),), "expand": graph.finalize()}


class FailsAfter(Circle):
    """Fails in place of an expansion that asks for more than is there."""

    def go(self, image):
        graph = GraphBuilder(prefix="same.")
        graph.node("Whole", "x", value=1)
        other = GraphBuilder(prefix="same.")
        other.node("Whole", "x", value=2)
        return {"result": (image,), "expand": {**graph.finalize(), "1": {"class_type": "Whole"}}}


class WhileOpen:
    """Where a loop begins."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"condition": ("BOOLEAN", {"default": True})},
            "optional": {f"initial{place}": (ANY,) for place in range(4)},
        }

    RETURN_TYPES = ("FLOW_CONTROL", ANY, ANY, ANY, ANY)
    RETURN_NAMES = ("FLOW_CONTROL", "value0", "value1", "value2", "value3")
    FUNCTION = "go"

    def go(self, condition, **given):
        values = [given.get(f"initial{place}") for place in range(4)]
        return ("stub", *values) if condition else (ExecutionBlocker(None),) * 5


class WhileClose:
    """Repeats what lies between its ends while a condition holds."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "flow": ("FLOW_CONTROL", {"rawLink": True}),
                "condition": ("BOOLEAN", {"forceInput": True}),
            },
            "optional": {f"initial{place}": (ANY,) for place in range(4)},
            "hidden": {"dynprompt": "DYNPROMPT", "me": "UNIQUE_ID"},
        }

    RETURN_TYPES = (ANY,) * 4
    RETURN_NAMES = tuple(f"value{place}" for place in range(4))
    FUNCTION = "go"

    def go(self, flow, condition, dynprompt, me, **given):
        if not condition:
            return tuple(given.get(f"initial{place}") for place in range(4))
        begin = flow[0]
        readers = {}
        stack, seen = [me], {me}
        while stack:
            id_ = stack.pop()
            for value in dynprompt.get_node(id_)["inputs"].values():
                if is_link(value):
                    readers.setdefault(value[0], set()).add(id_)
                    if value[0] not in seen:
                        seen.add(value[0])
                        stack.append(value[0])
        inside, stack = {begin, me}, [begin]
        while stack:
            for id_ in readers.get(stack.pop(), ()):
                if id_ not in inside:
                    inside.add(id_)
                    stack.append(id_)
        graph = GraphBuilder()
        for id_ in inside:
            use = dynprompt.get_node(id_)
            node = graph.node(use["class_type"], "Recurse" if id_ == me else id_)
            node.set_override_display_id(id_)
        for id_ in inside:
            node = graph.lookup_node("Recurse" if id_ == me else id_)
            for name, value in dynprompt.get_node(id_)["inputs"].items():
                if is_link(value) and value[0] in inside:
                    node.set_input(name, graph.lookup_node(value[0]).out(value[1]))
                else:
                    node.set_input(name, value)
        opening = graph.lookup_node(begin)
        for place in range(4):
            opening.set_input(f"initial{place}", given.get(f"initial{place}"))
        again = graph.lookup_node("Recurse")
        return {"result": tuple(again.out(i) for i in range(4)), "expand": graph.finalize()}


class ForOpen:
    """Where a loop of a number of turns begins: expands into a WhileOpen."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"remaining": ("INT", {"default": 1})},
            "optional": {f"initial{place}": (ANY,) for place in range(1, 4)},
            "hidden": {"initial0": (ANY,)},
        }

    RETURN_TYPES = ("FLOW_CONTROL", "INT", ANY, ANY, ANY)
    RETURN_NAMES = ("flow_control", "remaining", "value1", "value2", "value3")
    FUNCTION = "go"

    def go(self, remaining, **given):
        graph = GraphBuilder()
        if "initial0" in given:
            remaining = given["initial0"]
        initial = {f"initial{place}": given.get(f"initial{place}") for place in range(1, 4)}
        graph.node("WhileOpen", condition=remaining, initial0=remaining, **initial)
        outputs = [given.get(f"initial{place}") for place in range(1, 4)]
        return {"result": ("stub", remaining, *outputs), "expand": graph.finalize()}


class ForClose:
    """Where a loop of a number of turns ends: expands into a WhileClose."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"flow_control": ("FLOW_CONTROL", {"rawLink": True})},
            "optional": {f"initial{place}": (ANY, {"rawLink": True}) for place in range(1, 4)},
        }

    RETURN_TYPES = (ANY,) * 3
    FUNCTION = "go"

    def go(self, flow_control, **given):
        graph = GraphBuilder()
        less = graph.node("Sum", a=[flow_control[0], 1], b=-1)
        goes_on = graph.node("IsPositive", value=less.out(0))
        values = {f"initial{place}": given.get(f"initial{place}") for place in range(1, 4)}
        close = graph.node(
            "WhileClose",
            flow=flow_control,
            condition=goes_on.out(0),
            initial0=less.out(0),
            **values,
        )
        return {"result": tuple(close.out(i) for i in range(1, 4)), "expand": graph.finalize()}


class IsPositive:
    """Whether a number is above 0."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {})}}

    RETURN_TYPES = ("BOOLEAN",)
    FUNCTION = "go"

    def go(self, value):
        return (value > 0,)


class Gather:
    """Adds a value to a list in an object of its own type."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,)}, "optional": {"gathered": ("GATHERED",)}}

    RETURN_TYPES = ("GATHERED",)
    FUNCTION = "go"

    def go(self, value, gathered=None):
        return ({"values": [*(gathered["values"] if gathered else []), value]},)


class Spread:
    """What was gathered as a list."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"gathered": ("GATHERED",)}}

    RETURN_TYPES = (ANY,)
    OUTPUT_IS_LIST = (True,)
    FUNCTION = "go"

    def go(self, gathered):
        return (gathered["values"],)


CLASSES = (
    *(Mix, Switch, SwitchLater, Seen, NeverAsks, Block, IsSmall, MixedReturns, Shows, SavesInside),
    *(Circle, NoSuchInside, FailsInside, FailsAfter, WhileOpen, WhileClose, ForOpen, ForClose),
    *(IsPositive, Gather, Spread),
)
