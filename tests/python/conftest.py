"""Python's front door, each test in folders of its own."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.cli.conftest import Paintgraph, folder, mask, paintgraph, photo

__all__ = ["Paintgraph", "folder", "mask", "paintgraph", "photo", "recipe"]

COPY = """\
inputs:
  image: {type: image}
  words: {type: list, default: [a, b]}
  device: {type: text, default: none}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}", alpha: keep}
  alone: {node: LoadImageMask, image: "${photo.image}", channel: red}
outputs:
  image: "${photo.image}"
  mask: "${alone.mask}"
  words: "${inputs.words}"
  device: "${inputs.device}"
"""


@pytest.fixture
def recipe(folder: Path) -> Path:
    """A recipe that gives a picture back as it was read."""
    path = folder / "copy.yaml"
    path.write_text(COPY)
    return path


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, as it does for a user; in background jobs of a shell it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
