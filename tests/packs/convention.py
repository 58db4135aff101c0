"""Small nodes in ComfyUI's class convention, one for each thing that the convention knows."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import torch

from paintgraph.engine.errors import Cancelled
from paintgraph.engine.node.registry import Registry
from paintgraph.nodes.packs.classes.declaring import declare_class
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import (
    ExecutionBlocker,
    GraphBuilder,
)
from paintgraph.nodes.sockets import IMAGE, MASK
from paintgraph.tests import fake_nodes


class Anything(str):
    """A type that differs from no other."""

    __slots__ = ()

    def __ne__(self, other: object) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(str(self))


class Everything(dict[str, Any]):
    """A group of inputs that has every name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return (ANY,)


ANY = Anything("whatever there is")
RUNS: list[str] = []
"""What was called, in order; tests clear it."""


class Gray:
    """A picture of one gray and a mask."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "level": (
                    "FLOAT",
                    {"default": 0.5, "min": 0.0, "max": 1.0, "tooltip": "How bright."},
                ),
                "size": ([2, 4, 8], {"default": 4}),
            },
            "optional": {"name": ("STRING", {"default": "x"})},
        }

    RETURN_TYPES = ("IMAGE", "MASK")
    RETURN_NAMES = ("picture", "picture")
    FUNCTION = "make"
    CATEGORY = "test"

    def make(self, level: float, size: int, name: str = "nobody") -> Any:
        RUNS.append(f"gray {level} {size} {name}")
        return torch.full((1, size, size, 3), level), torch.ones(size, size)


class Darken:
    """Writes into what it gets."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": ("IMAGE",), "by": ("FLOAT", {"default": 0.5})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"

    def go(self, image: torch.Tensor, by: float) -> Any:
        assert torch.is_inference_mode_enabled()
        image *= 1 - by
        return (image,)


class Show:
    """Shows what it gets."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY,)}, "hidden": {"me": "UNIQUE_ID"}}

    RETURN_TYPES = ()
    FUNCTION = "show"
    OUTPUT_NODE = True

    def show(self, value: Any, me: str) -> Any:
        shown = tuple(value.shape) if isinstance(value, torch.Tensor) else value
        RUNS.append(f"show {shown}")
        return {"ui": {"text": [f"{me}: {shown}"]}}


class Echo:
    """Passes anything on."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY,)}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def go(self, value: Any, **more: Any) -> Any:
        RUNS.append(f"echo {value} {more}" if more else f"echo {value}")
        return (value,)


class Bag:
    """Makes something of a type of its own."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"things": ("THINGS",)}}

    RETURN_TYPES = ("Bag of things",)
    FUNCTION = "go"

    def go(self, things: Any) -> Any:
        RUNS.append(f"bag {things}")
        return ({"things": things},)


class Unbag:
    """Takes a bag or a number."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"bag": ("Bag of things,INT,FLOAT",)}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def go(self, bag: Any) -> Any:
        return (repr(bag),)


class Hidden:
    """Tells what the engine fills in."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {"number": ("INT",)},
            "hidden": {
                "prompt": "PROMPT",
                "dynprompt": "DYNPROMPT",
                "png": "EXTRA_PNGINFO",
                "me": "UNIQUE_ID",
                "token": "AUTH_TOKEN_COMFY_ORG",
                "extra": ("STRING", {"default": ""}),
            },
        }

    RETURN_TYPES = ("DICT",)
    FUNCTION = "go"

    def go(self, **given: Any) -> Any:
        return (given,)


class HiddenWildcard:
    """Has an input that no editor shows and that takes anything."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}, "hidden": {"value": (ANY,)}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def go(self, value: Any = "nothing") -> Any:
        return (value,)


class Changing:
    """Runs anew when its state differs; `always` gives NaN, `broken` raises."""

    STATE: Any = 1

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"how": ("STRING",)}, "optional": {"value": (ANY,)}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    @classmethod
    def IS_CHANGED(cls, how: str, value: Any = "absent") -> Any:
        RUNS.append(f"asked {how} {value}")
        if how == "broken":
            raise RuntimeError("no state")
        if how == "leaving":
            sys.exit(3)
        return float("nan") if how == "always" else cls.STATE

    def go(self, how: str, value: Any = None) -> Any:
        RUNS.append(f"changing {how}")
        return (len(RUNS),)


class ChangingLater(Changing):
    """The same by a coroutine."""

    @classmethod
    async def IS_CHANGED(cls, how: str, value: Any = None) -> Any:
        await asyncio.sleep(0)
        return cls.STATE


class Strict:
    """Has a check of its own for one of its inputs."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        bounds = {"min": 0, "max": 10}
        return {"required": {"a": ("INT", bounds), "b": ("INT", bounds)}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    @classmethod
    def VALIDATE_INPUTS(cls, a: Any) -> Any:
        RUNS.append(f"check {a}")
        if a == 15:
            sys.exit(3)
        if a == 13:
            return "13 brings bad luck"
        return a != 14

    def go(self, a: int, b: int) -> Any:
        return (a + b,)


class StrictAll(Strict):
    """Checks everything, in a coroutine."""

    @classmethod
    async def VALIDATE_INPUTS(cls, **given: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return True if given["a"] != given["b"] else f"a and b are both {given['a']}"


class StrictTypes(Strict):
    """Checks what is linked."""

    @classmethod
    def VALIDATE_INPUTS(cls, input_types: dict[str, str]) -> Any:
        return True if input_types.get("a") in ("IMAGE", None) else f"a is {input_types['a']}"

    def go(self, a: Any, b: int) -> Any:
        return (b,)


class StrictUnion(Strict):
    """Takes a picture or a number with a point."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"a": ("IMAGE,FLOAT", {}), "b": ("FLOAT", {})}}

    @classmethod
    def VALIDATE_INPUTS(cls, a: Any, b: Any) -> Any:  # type: ignore[override]
        is_right = isinstance(a, float | None) and isinstance(b, float | None)
        return is_right or f"a is {a!r} and b is {b!r}"


class Counter:
    """Counts the calls of its object."""

    def __init__(self) -> None:
        self.count = 0

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": ("INT",)}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, value: int) -> Any:
        self.count += 1
        RUNS.append(f"count {value}")
        return (self.count,)


class OwnCounter(Counter):
    """The same, each node for itself."""

    NOT_IDEMPOTENT = True


class Broken:
    """Fails."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY,)}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, value: Any) -> Any:
        raise ValueError(f"cannot stand {value}")


class Kept:
    """Keeps what it gives, to be compared with what arrives."""

    GIVEN: list[torch.Tensor] = []

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}}

    RETURN_TYPES = ("IMAGE", "MASK", ANY)
    FUNCTION = "go"

    def go(self) -> Any:
        made = torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2), torch.zeros(1, 2, 2, 3)
        self.GIVEN.extend(made)
        return made


class Leaving:
    """Ends the program."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}}

    RETURN_TYPES = ()
    FUNCTION = "go"

    def go(self) -> Any:
        sys.exit(3)


class Interrupted:
    """Ends the run."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY, {"lazy": True})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, value: Any) -> Any:
        raise Cancelled("enough")


class InterruptedAsking(Interrupted):
    """Ends the run before its call."""

    def check_lazy_status(self, value: Any) -> Any:
        raise Cancelled("enough")

    def go(self, value: Any) -> Any:
        return (1,)


class Lists:
    """Takes lists and gives lists."""

    INPUT_IS_LIST = True
    OUTPUT_IS_LIST = (True, False)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {"values": ("INT",), "times": ("INT",)},
            "hidden": {"me": "UNIQUE_ID"},
        }

    RETURN_TYPES = ("INT", "INT")
    FUNCTION = "go"

    def go(self, values: list[int], times: list[int], me: list[str]) -> Any:
        RUNS.append(f"lists {values} {times} {me}")
        return values * times[0], len(values)


class Pick:
    """Evaluates one of two."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "first": ("BOOLEAN",),
                "a": (ANY, {"lazy": True}),
                "b": (ANY, {"lazy": True}),
            },
            "optional": {"c": (ANY, {"lazy": True})},
            "hidden": {"me": "UNIQUE_ID"},
        }

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def check_lazy_status(self, first: bool, a: Any, b: Any, me: str, c: Any = None) -> Any:
        RUNS.append(f"pick asks {me} {a} {b}")
        if a == -1:
            return ["c"]
        wanted = "a" if first else "b"
        return [wanted] if (a if first else b) is None else []

    def go(self, first: bool, a: Any, b: Any, me: str, c: Any = None) -> Any:
        return (a if first else b,)


class PickLater(Pick):
    """The same by a coroutine."""

    async def check_lazy_status(self, first: bool, **given: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return ["a" if first else "b"]


class NeverAsks:
    """Has a lazy input and never asks for it."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY, {"lazy": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def go(self, value: Any) -> Any:
        return (repr(value),)


class RawLink:
    """Gets the link itself."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"link": (ANY, {"rawLink": True})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def go(self, link: Any) -> Any:
        return (repr(link),)


class Block:
    """Blocks odd numbers."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": ("INT",), "why": ("STRING",)}}

    RETURN_TYPES = ("INT", "INT")
    FUNCTION = "go"

    def go(self, value: int, why: str) -> Any:
        if value < 0:
            return ExecutionBlocker(None)
        return (ExecutionBlocker(why or None) if value % 2 else value), value


class Sum:
    """Expands into nodes of the engine and of its own kind: adds up the numbers below n."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"n": ("INT",)}, "optional": {"so_far": ("INT",)}}

    RETURN_TYPES = ("INT", "STRING")
    FUNCTION = "go"

    def go(self, n: int, so_far: int = 0) -> Any:
        if n == 0:
            return so_far, "the end"
        graph = GraphBuilder()
        added = graph.node("Add", a=so_far, b=n, surplus=1)
        rest = graph.node(type(self).__name__, n=n - 1, so_far=added.out(0))
        return {"result": (rest.out(0), "expanded"), "expand": graph.finalize()}


class Expand:
    """Expands as a test wants."""

    GIVES: dict[str, Any] = {}

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"how": ("STRING",)}, "optional": {"value": (ANY,)}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    def go(self, how: str, value: Any = None) -> Any:
        return self.GIVES[how](GraphBuilder(), value)


class WhileOpen:
    """Where a loop begins."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY,)}}

    RETURN_TYPES = ("FLOW", ANY)
    FUNCTION = "go"

    def go(self, value: Any) -> Any:
        return "begun", value


class WhileClose:
    """Repeats what lies between it and where the loop begins, until the value reaches the end."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "flow": ("FLOW", {"rawLink": True}),
                "value": ("INT",),
                "end": ("INT",),
            },
            "hidden": {"dynprompt": "DYNPROMPT", "me": "UNIQUE_ID"},
        }

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, flow: Any, value: int, end: int, dynprompt: Any, me: str) -> Any:
        if value >= end:
            return (value,)
        begin = flow[0]
        inside = {me, begin}
        stack = [me]
        while stack:
            for given in dynprompt.get_node(stack.pop())["inputs"].values():
                if isinstance(given, list) and given[0] not in inside:
                    inside.add(given[0])
                    stack.append(given[0])
        graph = GraphBuilder()
        for id_ in inside:
            node = graph.node(dynprompt.get_node(id_)["class_type"], "again" if id_ == me else id_)
            node.set_override_display_id(id_)
        for id_ in inside:
            copied = graph.lookup_node("again" if id_ == me else id_)
            assert copied is not None
            for name, given in dynprompt.get_node(id_)["inputs"].items():
                is_inner = isinstance(given, list) and given[0] in inside
                inner = graph.lookup_node(given[0]) if is_inner else None
                copied.set_input(name, inner.out(given[1]) if inner else given)
        opening, again = graph.lookup_node(begin), graph.lookup_node("again")
        assert opening is not None
        assert again is not None
        opening.set_input("value", value)
        return {"result": (again.out(0),), "expand": graph.finalize()}


class Repeat3:
    """Adds 2 three times, by a loop that it expands into: raw links go through."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        raw = {"rawLink": True}
        return {"required": {"flow": ("FLOW", raw), "value": (ANY, raw)}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "go"

    def go(self, flow: Any, value: Any) -> Any:
        graph = GraphBuilder()
        more = graph.node("Add", a=value, b=2)
        end = graph.node("WhileClose", flow=flow, value=more.out(0), end=6)
        return {"result": (end.out(0),), "expand": graph.finalize()}


class Wait:
    """Waits on the event loop until a number of calls are there."""

    THERE = 0

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"value": (ANY,), "parties": ("INT",)}}

    RETURN_TYPES = (ANY,)
    FUNCTION = "go"

    async def go(self, value: Any, parties: int) -> Any:
        Wait.THERE += 1
        while parties > Wait.THERE:
            await asyncio.sleep(0.001)
            assert not torch.empty(0).requires_grad
        assert torch.is_inference_mode_enabled()
        return (value,)


class Flexible:
    """Has every input."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}, "optional": Everything()}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "go"

    def go(self, **given: Any) -> Any:
        return (str(sorted(given.items())),)


class Secretive(Flexible):
    """Has every input among those that editors do not show."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"shown": ("INT",)}, "hidden": Everything(me="UNIQUE_ID")}


class Odd:
    """Returns what a test wants where two numbers are declared."""

    GIVES: Any = None

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}}

    RETURN_TYPES = ("INT", "INT")
    FUNCTION = "go"

    def go(self) -> Any:
        return self.GIVES


class Bright:
    """Gives pictures beyond the contract: too bright, of one channel, masks of two axes."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}}

    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "go"

    def go(self) -> Any:
        return torch.full((1, 2, 2, 1), 1.5), torch.full((2, 2), -0.5)


@dataclass(frozen=True)
class OnePack:
    """Where these classes come from."""

    python_module: str = "custom_nodes.convention"
    digest: str = "1"


CLASSES = (
    *(
        Gray,
        Darken,
        Show,
        Echo,
        Bag,
        Unbag,
        Hidden,
        HiddenWildcard,
        Changing,
        ChangingLater,
        Strict,
        StrictAll,
    ),
    *(
        StrictTypes,
        StrictUnion,
        Counter,
        OwnCounter,
        Broken,
        Lists,
        Pick,
        PickLater,
        NeverAsks,
        RawLink,
        Block,
    ),
    *(Interrupted, InterruptedAsking, Kept, Leaving),
    *(Sum, Expand, WhileOpen, WhileClose, Repeat3, Wait, Flexible, Secretive, Odd, Bright),
)


def registry(pack: OnePack = OnePack()) -> Registry:
    """The classes beside the engine's test nodes; names that both have are the class's."""
    own = [declare_class(cls.__name__, cls, pack) for cls in CLASSES]
    taken = {declaration.spec.id for declaration in own}
    known = Registry(f for f in fake_nodes.FUNCTIONS if fake_nodes_id(f) not in taken)
    for declaration in own:
        known.add(declaration)
    for socket in (IMAGE, MASK):
        assert known.socket(socket.name) is socket
    return known


def fake_nodes_id(function: Any) -> str:
    """The id of a node of the engine's tests."""
    id_: str = function.declaration.spec.id
    return id_
