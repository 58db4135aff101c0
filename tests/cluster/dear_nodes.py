"""Nodes that tests of many machines load from this file, as users load theirs."""

import os
import time
from pathlib import Path

from paintgraph.engine.node.declaration import node
from paintgraph.nodes.sockets import Image


@node(title="Dear", category="test", heavy=True)
def dear(image: Image, runs: str, seconds: float = 0.3) -> Image:
    """Take long, and note that it was run: a line in a file."""
    time.sleep(seconds)
    with Path(runs).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    return image


@node(title="Slow", category="test", volatile=True)
def slow(image: Image, seconds: float = 0.5) -> Image:
    """Take long, each time."""
    time.sleep(seconds)
    return image
