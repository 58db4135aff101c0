"""A worker as every door has it, to run graphs of the real nodes over real files."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from paintgraph.assembly import Assembly, assemble
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.run import Outcome, run
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import NO_FACTS, Effect, Facts, Value
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Executed, NodeFinished, Warned
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.sources.folders import Folders
from paintgraph.nodes.sockets import IMAGE, MASK, Array

Samples = NDArray[Any]
"""Code values `[H, W]` or `[H, W, C]` in the order red, green, blue, alpha."""

_SWAPPED = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    outcome: Outcome
    events: list[Event]
    blobs: Blobs

    def value(self, node: str = "it", output: int = 0) -> Value:
        (element,) = self.outcome.results[node].slots[output]
        assert isinstance(element, Value), self.outcome.failures
        return element

    def array(self, node: str = "it", output: int = 0) -> Array:
        array: Array = self.value(node, output).data
        return array

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    @property
    def effects(self) -> list[Effect]:
        return [e for event in self.events if isinstance(event, Executed) for e in event.effects]

    @property
    def files(self) -> list[bytes]:
        return [self.blobs.get(effect.blob) for effect in self.effects]

    @property
    def finished(self) -> list[str]:
        return [event.origin.node for event in self.events if isinstance(event, NodeFinished)]

    @property
    def fault(self) -> tuple[str, str]:
        """Code and message of the only failure."""
        (failure,) = self.outcome.failures
        return failure.code, failure.message


class Bench:
    """A worker, and the input folder that its graphs read."""

    def __init__(self, assembly: Assembly, inputs: Path) -> None:
        self.assembly = assembly
        self.inputs = inputs

    def run(
        self,
        nodes: Mapping[str, Node],
        targets: Iterable[str] | None = None,
        *,
        cancellation: Cancellation | None = None,
        job: str = "",
    ) -> Ran:
        """Check, bind and run a graph up to its targets (all nodes, if none are named)."""
        assembly = self.assembly
        registry = assembly.registry
        with_outputs = [i for i, n in nodes.items() if (s := registry.spec(n.kind)) and s.outputs]
        graph = Graph(nodes, outputs={id_: Link(id_, 0) for id_ in with_outputs})
        bound = bind(check(graph, registry).sound(), registry, {}, assembly.binders)
        events: list[Event] = []
        outcome = run(
            bound,
            assembly.worker,
            nodes if targets is None else targets,
            job=job,
            listen=events.append,
            cancellation=cancellation,
        )
        return Ran(outcome, events, assembly.blobs)

    def node(self, kind: str, **inputs: object) -> Ran:
        """Run one node, called "it"; arrays are given as if they came from another node."""
        return self.run({"it": use(kind, **inputs)})

    def put(self, name: str, data: bytes) -> str:
        """A file in the input folder; gives its name."""
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name


def use(kind: str, **inputs: object) -> Node:
    """A use of a node."""
    return Node(kind, {n: given(v) if isinstance(v, np.ndarray) else v for n, v in inputs.items()})


def given(array: Array, facts: Facts = NO_FACTS) -> Value:
    """An image or a mask as it comes out of a node, read-only."""
    socket = IMAGE if array.ndim == 4 else MASK
    assert socket.digest is not None
    value = Value(socket.check(array), facts)
    return replace(value, key=socket.digest(value))


@contextmanager
def bench_in(folder: Path, *, memory_bytes: int = 0) -> Iterator[Bench]:
    """A bench that keeps its files in a folder."""
    inputs = folder / "inputs"
    inputs.mkdir()
    with assemble(
        Folders(folder / "data"), inputs, memory_bytes=memory_bytes, with_store=False
    ) as assembly:
        yield Bench(assembly, inputs)


def png(samples: Samples) -> bytes:
    """A PNG file as OpenCV writes it, which keeps 8 and 16 bits exactly."""
    swapped = cv2.cvtColor(samples, _SWAPPED[samples.shape[2]]) if samples.ndim > 2 else samples
    is_written, packed = cv2.imencode(".png", swapped)
    assert is_written
    return packed.tobytes()


def samples_of(data: bytes) -> Samples:
    """The samples of a file as OpenCV reads them."""
    read: Samples = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
    return cv2.cvtColor(read, _SWAPPED[read.shape[2]]) if read.ndim > 2 else read


def noise(height: int, width: int, channels: int = 3, *, depth: int = 8, seed: int = 0) -> Samples:
    """Random code values; a third of the alpha values are 0, a third are opaque."""
    generator = np.random.default_rng(seed)
    highest = (1 << depth) - 1
    kind = np.uint8 if depth == 8 else np.uint16
    samples = generator.integers(0, highest + 1, (height, width, channels)).astype(kind)
    if channels == 4:
        share = generator.integers(0, 3, (height, width))
        samples[..., 3] = np.where(share == 0, 0, np.where(share == 1, highest, samples[..., 3]))
    return samples


def image_of(samples: Samples) -> Array:
    """The image `[1, H, W, C]` of code values."""
    image: Array = np.divide(samples, np.iinfo(samples.dtype).max, dtype=np.float32)[np.newaxis]
    return image
