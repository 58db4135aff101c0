"""Where models work, as the command line says it."""

from pathlib import Path

import pytest

from paintgraph.tests import tiny_onnx
from paintgraph.tests.cli.conftest import Paintgraph
from paintgraph.tests.nodes.bench import noise, png


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo, and a tiny model for it."""
    tiny_onnx.install(tmp_path, {"u2net": tiny_onnx.middle_network(320)}, monkeypatch)
    path = tmp_path / "photo.png"
    path.write_bytes(png(noise(12, 16)))
    return path


@pytest.mark.parametrize(("device", "code"), [("cpu", 0), ("auto", 0), ("abacus", 1)])
def test_the_device_is_an_option(
    paintgraph: Paintgraph, photo: Path, device: str, code: int
) -> None:
    options = ("--image", str(photo), "--model", "u2net", "--device", device)
    answer = paintgraph("run", "generate_mask", *options, "-o", str(photo.with_name("m.png")))

    assert answer.code == code, answer.stderr
    if code:
        assert "device is 'abacus'; here models can work on " in answer.stderr
        assert "Choose one" in answer.stderr
