"""A V3 node is called as one of V1, and knows nothing of it."""

import asyncio
import importlib
from typing import Any

import pytest

from paintgraph.nodes.packs.loading.schemas import as_v1

pytestmark = pytest.mark.usefixtures("standins")


def node(execute: Any, **schema: Any) -> Any:
    """A V3 class, as one of V1."""
    io = importlib.import_module("comfy_api.latest").io

    class Made(io.ComfyNode):  # type: ignore[misc, name-defined] # a module that packs know
        @classmethod
        def define_schema(cls) -> Any:
            given = {"inputs": [io.Int.Input("a", default=1)], "outputs": [io.Int.Output("b")]}
            return io.Schema("Made", **{**given, **schema})

    Made.execute = classmethod(execute)
    return as_v1(Made)


def output(*values: Any, **more: Any) -> Any:
    return importlib.import_module("comfy_api.latest").io.NodeOutput(*values, **more)


def test_a_schema_is_told_in_the_convention_of_v1() -> None:
    io = importlib.import_module("comfy_api.latest").io

    cls = node(
        lambda _: None,
        category="mine",
        inputs=[io.Combo.Input("way", options=["x"]), io.Mask.Input("mask", optional=True)],
        outputs=[io.Image.Output("image", is_output_list=True), io.Mask.Output()],
        hidden=[io.Hidden.unique_id],
        is_output_node=True,
    )

    assert cls.INPUT_TYPES() == {
        "required": {"way": ("COMBO", {"options": ["x"]})},
        "optional": {"mask": ("MASK", {})},
        "hidden": {
            "unique_id": ("UNIQUE_ID",),
            "prompt": ("PROMPT",),
            "extra_pnginfo": ("EXTRA_PNGINFO",),
        },
    }
    assert cls.RETURN_TYPES == ("IMAGE", "MASK")
    assert cls.RETURN_NAMES == ("image", "MASK")
    assert cls.OUTPUT_IS_LIST == (True, False)
    assert (cls.OUTPUT_NODE, cls.CATEGORY) == (True, "mine")


def test_a_call_knows_what_it_asked_for_and_gets_its_inputs_alone() -> None:
    io = importlib.import_module("comfy_api.latest").io
    cls = node(
        lambda cls, **inputs: output(inputs, cls.hidden.unique_id), hidden=[io.Hidden.unique_id]
    )

    assert cls().execute(a=3, unique_id="7") == {"result": ({"a": 3}, "7")}


def test_what_is_shown_expanded_and_blocked_is_passed_on() -> None:
    ui = importlib.import_module("comfy_api.latest").ui
    graph = {"1": {"class_type": "X", "inputs": {}}}
    shows = node(lambda _, a: output(a, ui=ui.PreviewText("hello"), expand=graph))
    blocks = node(lambda _, a: output(block_execution=f"no {a}"))

    assert shows().execute(a=1) == {"result": (1,), "ui": {"text": ("hello",)}, "expand": graph}
    assert blocks().execute(a=1)["result"].message == "no 1"


def test_a_coroutine_stays_one() -> None:
    async def execute(_: Any, a: int) -> Any:
        return output(a + 1)

    cls = node(execute)

    assert asyncio.iscoroutinefunction(cls.execute)
    assert asyncio.run(cls().execute(a=1)) == {"result": (2,)}


def test_checks_and_marks_of_a_node_are_those_of_v1() -> None:
    io = importlib.import_module("comfy_api.latest").io

    class Checked(io.ComfyNode):  # type: ignore[misc, name-defined] # a module that packs know
        @classmethod
        def define_schema(cls) -> Any:
            hidden = [io.Hidden.unique_id]
            return io.Schema("Checked", inputs=[io.Int.Input("a", lazy=True)], hidden=hidden)

        @classmethod
        def validate_inputs(cls, a: int) -> bool | str:
            return a > 0 or "too small"

        @classmethod
        def fingerprint_inputs(cls, a: int) -> str:
            return f"{a} {cls.hidden.unique_id}"

        @classmethod
        def check_lazy_status(cls, a: int | None) -> list[str]:
            return ["a"] if a is None else []

        @classmethod
        def execute(cls, a: int) -> Any:
            return io.NodeOutput(a)

    cls: Any = as_v1(Checked)

    assert (cls.VALIDATE_INPUTS(a=1), cls.VALIDATE_INPUTS(a=0)) == (True, "too small")
    assert cls.IS_CHANGED(a=1, unique_id="7") == "1 7"
    assert cls().check_lazy_status(a=None, unique_id="7") == ["a"]
    assert not hasattr(node(lambda _: None), "VALIDATE_INPUTS")
    assert not hasattr(node(lambda _: None), "IS_CHANGED")


def test_a_class_of_v1_stays_as_it_is() -> None:
    nodes = importlib.import_module("nodes")

    assert as_v1(nodes.ImageInvert) is nodes.ImageInvert
