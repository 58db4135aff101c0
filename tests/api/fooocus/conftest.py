"""A server with tiny models of rembg, one that finds red and one that finds the middle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests import tiny_onnx
from paintgraph.tests.api.serving import Served, serving

NETWORKS = {
    "isnet-general-use": tiny_onnx.middle_network(1024),
    "isnet-anime": tiny_onnx.red_network(1024),
    "u2net": tiny_onnx.red_network(320),
    "u2netp": tiny_onnx.red_network(320),
    "u2net_human_seg": tiny_onnx.red_network(320),
    "u2net_cloth_seg": tiny_onnx.red_network(768, 4),
    "silueta": tiny_onnx.flat_network(320),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real server, with the embedded engine and tiny masks."""
    folder: Path = tmp_path_factory.mktemp("fooocus")
    with pytest.MonkeyPatch.context() as patch:
        tiny_onnx.install(folder, NETWORKS, patch)
        with serving(folder / "data", allow_private_urls=True) as served:
            yield served
