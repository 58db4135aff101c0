"""Tiny ONNX networks in the shape of rembg's, and a catalogue that has them under rembg's names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SIDES: Mapping[str, int] = {
    **dict.fromkeys(
        ("u2net", "u2netp", "u2net_human_seg", "silueta", "u2net_custom"),
        320,
    ),
    "u2net_cloth_seg": 768,
    **dict.fromkeys(
        (
            "isnet-general-use",
            "isnet-anime",
            "dis_custom",
            "ben_custom",
            "birefnet-general",
            "birefnet-general-lite",
            "birefnet-general-fp16",
            "birefnet-portrait",
            "birefnet-dis",
            "birefnet-hrsod",
            "birefnet-cod",
            "birefnet-massive",
            "bria-rmbg",
        ),
        1024,
    ),
}
"""Every session of rembg that gives masks, and the side of the square that its network takes."""

_SMOOTH = 9


def red_network(side: int, classes: int = 1) -> bytes:
    """A network that finds what is red; with several classes also green and blue, by class."""
    weights = np.zeros((classes, 3, 1, 1), np.float32)
    for index in range(classes):
        if classes > 1 and index == 0:
            continue  # background: what nothing else exceeds
        channel = max(index - 1, 0)
        weights[index] = -1
        weights[index, channel] = 2
    bias = np.zeros(classes, np.float32)
    bias[0] = 2.0 if classes > 1 else 0.0
    return _network(
        side,
        classes,
        [
            helper.make_node("Conv", ["input", "w", "b"], ["found"]),
            helper.make_node(
                "AveragePool",
                ["found"],
                ["smooth"],
                kernel_shape=[_SMOOTH, _SMOOTH],
                pads=[_SMOOTH // 2] * 4,
                count_include_pad=0,
            ),
            helper.make_node("Identity" if classes > 1 else "Sigmoid", ["smooth"], ["output"]),
        ],
        {"w": weights, "b": bias},
    )


def middle_network(side: int) -> bytes:
    """A network that finds the middle of every picture, whatever is there."""
    answer = np.zeros((1, 1, side, side), np.float32)
    quarter = side // 4
    answer[..., quarter:-quarter, quarter:-quarter] = 1
    return _fixed(side, answer)


def flat_network(side: int) -> bytes:
    """A network whose answer is the same everywhere."""
    return _fixed(side, np.full((1, 1, side, side), 0.25, np.float32))


def _fixed(side: int, answer: np.ndarray) -> bytes:
    nothing = np.zeros((1, 3, 1, 1), np.float32)
    return _network(
        side,
        1,
        [
            helper.make_node("Conv", ["input", "nothing"], ["zero"]),
            helper.make_node("Add", ["zero", "answer"], ["output"]),
        ],
        {"nothing": nothing, "answer": answer},
    )


def _network(
    side: int,
    classes: int,
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, np.ndarray],
) -> bytes:
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", classes, side, side])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def network_of(name: str) -> bytes:
    """The network that finds red for a session of rembg."""
    return red_network(SIDES[name], classes=4 if name == "u2net_cloth_seg" else 1)


def place(home: Path, networks: Mapping[str, bytes]) -> None:
    """Put networks where rembg looks for them."""
    for name, data in networks.items():
        folder = home / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.onnx").write_bytes(data)


def own_entries(networks: Mapping[str, str], models_dir: Path) -> None:
    """Name networks in the user's catalogue, each with the session that it is for; the best first.

    Entries of the user take the place of shipped ones, whose digests tiny networks do not have.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{name}:\n  family: rembg\n  files: [{{path: {name}.onnx}}]\n  memory_bytes: 1000000\n"
        f"  rank: {len(networks) - place}\n  options: {{session: {session}}}\n"
        for place, (name, session) in enumerate(networks.items())
    ]
    (models_dir / "models.yaml").write_text("".join(lines), encoding="utf-8")


def install(
    folder: Path, networks: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """Networks under names of sessions for whatever runs meanwhile; the folders of both homes."""
    home, models_dir = folder / "rembg", folder / "models"
    place(home, networks)
    own_entries({name: name for name in networks}, models_dir)
    monkeypatch.delenv("U2NET_HOME", raising=False)
    monkeypatch.setenv("REMBG_HOME", str(home))
    monkeypatch.setenv("PAINTGRAPH_MODELS_DIR", str(models_dir))
    return home, models_dir
