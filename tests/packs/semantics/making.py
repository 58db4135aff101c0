"""Pictures and numbers, and what is done with them."""

import time

import torch


class AnyType(str):
    __slots__ = ()

    def __ne__(self, other):
        return False

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash(str(self))


ANY = AnyType("*")


class Plain:
    """A picture of one level."""

    @classmethod
    def INPUT_TYPES(cls):
        bounds = {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.01}
        return {
            "required": {
                "level": ("FLOAT", bounds),
                "size": ("INT", {"default": 8, "min": 1, "max": 512}),
                "mode": (["gray", "red", "blue"],),
            },
            "optional": {"seconds": ("FLOAT", {"default": 0.0})},
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "make"
    CATEGORY = "semantics"

    def make(self, level, size, mode, seconds=0.0):
        time.sleep(seconds)  # what costs little is not kept on disk
        image = torch.zeros(1, size, size, 3)
        channels = {"gray": [0, 1, 2], "red": [0], "blue": [2]}[mode]
        image[..., channels] = level
        return (image,)


class PlainMask:
    """A mask of one level."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"level": ("FLOAT", {}), "size": ("INT", {"default": 8})}}

    RETURN_TYPES = ("MASK",)
    FUNCTION = "make"

    def make(self, level, size):
        return (torch.full((1, size, size), level),)


class Whole:
    """A whole number."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {"min": -1000, "max": 1000})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, value):
        return (value,)


class Real:
    """A number."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("FLOAT", {})}}

    RETURN_TYPES = ("FLOAT",)
    FUNCTION = "go"

    def go(self, value):
        return (value,)


class Sum:
    """The sum of two whole numbers."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"a": ("INT", {}), "b": ("INT", {"default": 1})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, a, b):
        return (a + b,)


class Text:
    """Shows anything as a text, and passes it on."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,)}, "hidden": {"me": "UNIQUE_ID"}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"
    OUTPUT_NODE = True

    def go(self, value, me):
        shown = f"{tuple(value.shape)}" if isinstance(value, torch.Tensor) else str(value)
        return {"ui": {"text": [shown]}, "result": (value,)}


class Quiet:
    """An output that shows nothing."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,)}}

    RETURN_TYPES = ()
    FUNCTION = "go"
    OUTPUT_NODE = True

    def go(self, value):
        return ()


class Numbers:
    """The numbers below n, as a list."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"n": ("INT", {"default": 3})}}

    RETURN_TYPES = ("INT",)
    OUTPUT_IS_LIST = (True,)
    FUNCTION = "go"

    def go(self, n):
        return (list(range(n)),)


class Total:
    """The sum of a list."""

    INPUT_IS_LIST = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"values": ("INT", {}), "factor": ("INT", {"default": 1})}}

    RETURN_TYPES = ("INT", "INT")
    OUTPUT_IS_LIST = (False, True)
    FUNCTION = "go"

    def go(self, values, factor):
        assert isinstance(values, list)
        assert isinstance(factor, list)
        return sum(values) * factor[0], values[::-1]


class Average:
    """The mean of as many pictures as are linked: none but the first is declared."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"input1": ("IMAGE",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    def go(self, input1, **more):
        return (torch.cat([input1, *more.values()]).mean(dim=0, keepdim=True),)


class Show:
    """Shows pictures as PreviewImage does, in a class of a pack."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"images": ("IMAGE",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"
    OUTPUT_NODE = True

    def go(self, images):
        from nodes import PreviewImage

        return {"ui": PreviewImage().save_images(images)["ui"], "result": (images,)}


class Fails:
    """Raises."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": (ANY,)}, "optional": {"how": ("STRING", {})}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def go(self, value, how="error"):
        if how == "exit":
            raise SystemExit(3)
        if how == "interrupt":
            from comfy.model_management import InterruptProcessingException

            raise InterruptProcessingException
        raise RuntimeError(f"cannot stand {type(value).__name__}")


CLASSES = (Plain, PlainMask, Whole, Real, Sum, Text, Quiet, Numbers, Total, Average, Show, Fails)
