"""Tiny networks in the forms of those that find faces and writing, in files as people have."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FACES, WRITING = "centerface", "ch_PP-OCRv4_det"
FACE_SIZE = (24, 16)
"""Height and width in px of every face that the tiny network finds."""

PUBLISHED_SHAPE = (10, 3, 32, 32)
"""What the published file of CenterFace declares, though it takes other sizes."""


def face_network(shape: Sequence[int | str] = PUBLISHED_SHAPE) -> bytes:
    """Of every 4x4 px in red the middle of a face, of one size; with little score elsewhere."""
    red = np.array([1, -0.5, -0.5], np.float32).reshape(1, 3, 1, 1)
    size = np.log(np.array(FACE_SIZE, np.float32) / 4)
    constants: dict[str, np.ndarray] = {
        "red": red / 60,
        "little": np.array([-2.5], np.float32),
        "nothing": np.zeros((2, 3, 1, 1), np.float32),
        "size": size,
        "offset": np.zeros(2, np.float32),
    }
    nodes = [
        helper.make_node(
            "AveragePool", ["input.1"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]
        ),
        helper.make_node("Conv", ["cells", "red", "little"], ["found"]),
        helper.make_node("Sigmoid", ["found"], ["heat"]),
        helper.make_node("Conv", ["cells", "nothing", "size"], ["sizes"]),
        helper.make_node("Conv", ["cells", "nothing", "offset"], ["offsets"]),
    ]
    outputs = {"heat": 1, "sizes": 2, "offsets": 2}
    return _network("input.1", shape, nodes, outputs, constants)


def writing_network() -> bytes:
    """What is bright in green is the core of a line."""
    constants = {
        "green": np.array([-5, 10, -5], np.float32).reshape(1, 3, 1, 1),
        "little": np.array([-10], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "green", "little"], ["found"]),
        helper.make_node("Sigmoid", ["found"], ["likely"]),
    ]
    return _network("x", ("n", 3, "h", "w"), nodes, {"likely": 1}, constants)


def _network(
    name: str,
    shape: Sequence[int | str],
    nodes: Sequence[onnx.NodeProto],
    outputs: Mapping[str, int],
    constants: Mapping[str, np.ndarray],
) -> bytes:
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(each, TensorProto.FLOAT, [None, channels, None, None])
            for each, channels in outputs.items()
        ],
        [numpy_helper.from_array(array, each) for each, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    data: bytes = model.SerializeToString()
    return data


def add_finders(models_dir: Path, faces: bytes | None = None) -> None:
    """Put both networks into a models folder, under the names that are shipped."""
    own = models_dir / "models.yaml"
    lines = [own.read_text()] if own.exists() else []
    for family, name, data in (
        ("face_finders", FACES, faces or face_network()),
        ("writing_finders", WRITING, writing_network()),
    ):
        folder = models_dir / family / name
        folder.mkdir(parents=True)
        (folder / f"{name}.onnx").write_bytes(data)
        lines.append(
            f"{name}:\n  family: {family}\n  files: [{{path: {name}.onnx}}]\n"
            "  memory_bytes: 1000000\n"
        )
    own.write_text("".join(lines), encoding="utf-8")
