"""Tiny ONNX networks in the shapes of LaMa's and MI-GAN's public exports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Samples = Literal["float", "float16", "uint8"]
Sides = tuple[int | str, int | str]

ANY: Sides = ("h", "w")
COLOUR = (0.2, 0.8, 0.4)
"""What the networks paint: multiples of 1/255."""

_TYPES = {
    "float": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "uint8": TensorProto.UINT8,
}


def eraser(  # noqa: PLR0913 - each is a choice of its own
    samples: Samples = "float",
    *,
    sides: Sides = ANY,
    known: bool = False,
    white: float = 1,
    channels: tuple[int, int] = (3, 1),
    names: tuple[str, str] = ("image", "mask"),
    factor: float = 1,
) -> bytes:
    """A network that paints one colour into holes and gives back the rest.

    `known`: whether the highest value of its mask is what is kept. `white`: of floats that it
    gives. `channels`: of picture and mask. `factor`: of all that it gives, to make it wrong.
    """
    kind = _TYPES[samples]
    highest = 255 if samples == "uint8" else 1
    scale = highest if samples == "uint8" else white
    image, mask = names
    nodes = [
        helper.make_node("Cast", [image], ["image32"], to=TensorProto.FLOAT),
        helper.make_node("Cast", [mask], ["mask32"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["image32", "highest"], ["shown"]),
        helper.make_node("Div", ["mask32", "highest"], ["selected"]),
        helper.make_node("Sub", ["one", "selected"], ["rest"]),
        helper.make_node("Mul", ["shown", "selected" if known else "rest"], ["kept"]),
        helper.make_node("Mul", ["colour", "rest" if known else "selected"], ["new"]),
        helper.make_node("Add", ["kept", "new"], ["sum"]),
        helper.make_node("Mul", ["sum", "white"], ["scaled"]),
        *([helper.make_node("Round", ["scaled"], ["whole"])] if samples == "uint8" else []),
        helper.make_node("Cast", ["whole" if samples == "uint8" else "scaled"], ["out"], to=kind),
    ]
    constants = {
        "highest": np.float32(highest),
        "one": np.float32(1),
        "white": np.float32(scale * factor),
        "colour": np.array(COLOUR, np.float32).reshape(1, 3, 1, 1),
    }
    return _network(
        nodes,
        {image: (kind, [1, channels[0], *sides]), mask: (kind, [1, channels[1], *sides])},
        {"out": (kind, [1, 3, *sides])},
        constants,
    )


def lama(sides: Sides = (64, 64)) -> bytes:
    """As LaMa is exported: a fixed size, floats, a mask of holes, 255 is white."""
    return eraser(sides=sides, white=255)


def migan() -> bytes:
    """As MI-GAN's pipeline is exported: any size, bytes, a mask of what is known."""
    return eraser("uint8", known=True)


def smaller(mask_sides: Sides = ANY) -> bytes:
    """A network that gives the half of what it is shown."""
    halved: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}
    return _network(
        [
            helper.make_node("AveragePool", ["image"], ["half"], **halved),
            helper.make_node("ReduceMax", ["mask"], ["most"], keepdims=1),
            helper.make_node("Add", ["half", "most"], ["out"]),
        ],
        {
            "image": (TensorProto.FLOAT, [1, 3, "h", "w"]),
            "mask": (TensorProto.FLOAT, [1, 1, *mask_sides]),
        },
        {"out": (TensorProto.FLOAT, [1, 3, "a", "b"])},
        {},
    )


def place(models_dir: Path, networks: Mapping[str, bytes]) -> None:
    """Put networks where erasers of these names are looked for."""
    for name, data in networks.items():
        folder = models_dir / "eraser" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.onnx").write_bytes(data)


def _network(
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, tuple[int, list[int | str]]],
    outputs: Mapping[str, tuple[int, list[int | str]]],
    constants: Mapping[str, Any],
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, *form) for name, form in inputs.items()],
        [helper.make_tensor_value_info(name, *form) for name, form in outputs.items()],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    data: bytes = model.SerializeToString()
    return data
