"""Classes that look at their inputs, or say when they change."""

import asyncio

from .making import ANY


class Changing:
    """Runs anew each time if it is told so."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",)}, "optional": {"changes": ("BOOLEAN", {})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    @classmethod
    def IS_CHANGED(cls, changes=False, *args, **kwargs):
        return float("NaN") if changes else False

    def go(self, image, changes=False):
        return (image,)


class Scaled:
    """Its state is made of a constant; what is linked arrives as None there."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "value": ("FLOAT", {"default": 1.0})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    @classmethod
    def IS_CHANGED(cls, image, value):
        return f"{image}" if image is not None else value

    def go(self, image, value):
        return (image * value,)


class ChangingLater:
    """Its state is a coroutine's."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "changes": ("BOOLEAN", {})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    @classmethod
    async def IS_CHANGED(cls, image, changes):
        await asyncio.sleep(0.01)
        return float("NaN") if changes else "same"

    def go(self, image, changes):
        return (image,)


class Checked1:
    """Checks one input itself: what is linked does not come."""

    @classmethod
    def INPUT_TYPES(cls):
        number = ("FLOAT", {"min": -1.0, "max": 1.0})
        return {"required": {"input1": (ANY,), "input2": number, "input3": ("IMAGE,FLOAT",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    @classmethod
    def VALIDATE_INPUTS(cls, input1):
        if input1 is not None and not isinstance(input1, int | float):
            return f"input1 is of type {type(input1).__name__}"
        return True

    def go(self, input1, input2, input3):
        return (input3 if not isinstance(input3, float) else input1,)


class CheckedTypes(Checked1):
    """Looks at the types of what is linked."""

    @classmethod
    def VALIDATE_INPUTS(cls, input_types):
        for name, type_ in input_types.items():
            if type_ not in ("IMAGE", "FLOAT"):
                return f"{name} is {type_}"
        return True


class CheckedAll(Checked1):
    """Looks at everything; bounds are its own."""

    @classmethod
    def VALIDATE_INPUTS(cls, **given):
        given.pop("input_types", None)
        return "input2 is 13" if given.get("input2") == 13 else True


class CheckedAllTypes(Checked1):
    """Looks at everything and at types."""

    @classmethod
    def VALIDATE_INPUTS(cls, input_types, **given):
        return f"{input_types}" if "STRING" in input_types.values() else True


class CheckedLater:
    """Checks in a coroutine."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("FLOAT", {}), "most": ("FLOAT", {"default": 5.0})}}

    RETURN_TYPES = ("FLOAT",)
    FUNCTION = "go"

    @classmethod
    async def VALIDATE_INPUTS(cls, value, most):
        await asyncio.sleep(0.01)
        return True if value is None or value <= most else f"value {value} is above {most}"

    async def go(self, value, most):
        await asyncio.sleep(0.01)
        return (value,)


class Refuses(CheckedLater):
    """Says False, without a reason."""

    @classmethod
    def VALIDATE_INPUTS(cls, value):
        return value != 13


class Raises(CheckedLater):
    """Its check has a fault."""

    @classmethod
    def VALIDATE_INPUTS(cls, value):
        raise ValueError("what a pity")


CLASSES = (
    *(Changing, Scaled, ChangingLater, Checked1, CheckedTypes, CheckedAll, CheckedAllTypes),
    *(CheckedLater, Refuses, Raises),
)
