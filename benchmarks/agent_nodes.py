"""Nodes that agents load from this file, as users load theirs: each keeps one thing busy."""

import time

from paintgraph.engine.node.declaration import node
from paintgraph.nodes.sockets import Image


@node(title="Use Device", category="benchmark", heavy=True)
def use_device(image: Image, seconds: float = 0.3, run: int = 0) -> Image:  # noqa: ARG001 - a key
    """Wait, as for a device that computes; `run` makes equal nodes different."""
    time.sleep(seconds)
    return 1 - image


@node(title="Use Processor", category="benchmark", heavy=True)
def use_processor(image: Image, seconds: float = 0.15, run: int = 0) -> Image:  # noqa: ARG001
    """Keep one processor busy for a time of its own, however long others have it."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return 1 - image
