"""Texts of graphs of a given size, and the whole way from such a text to its result."""

import json
from collections.abc import Iterable
from typing import Any

from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders, bind
from paintgraph.engine.recipes.checking import check, targets_of


def chain(count: int, start: int = 0) -> bytes:
    """JSON of nodes in a row, each adding to what the one before gives, from `start` on."""
    adding = [("Add", {"a": [f"n{i - 1}", 0] if i else start, "b": i}) for i in range(count - 1)]
    return _json([*adding, ("Show", {"value": [f"n{count - 2}", 0]})])


def wide(count: int, start: int = 1) -> bytes:
    """JSON of nodes that all read the first, which is given `start`."""
    shown = [("Show", {"value": ["n0", 0], "place": i}) for i in range(1, count)]
    return _json([("Add", {"a": start, "b": 1}), *shown])


def pairs(count: int) -> bytes:
    """JSON of pairs beside each other: the first of each reads one source, the second shows it."""
    half = range(1, count // 2)
    adding = [("Add", {"a": ["n0", 0], "b": i}) for i in half]
    shown = [("Show", {"value": [f"n{i}", 0]}) for i in half]
    return _json([("Add", {"a": 1, "b": 1}), *adding, *shown])


def side_by_side(kind: str, count: int) -> bytes:
    """JSON of nodes that do not wait for each other, each with one that shows its result."""
    working = [(kind, {"value": i}) for i in range(count)]
    return _json([*working, *(("Show", {"value": [f"n{i}", 0]}) for i in range(count))])


def chain_yaml(count: int) -> bytes:
    """The recipe that is the chain of this length."""
    lines = [f'  n{i}: {{node: Add, a: "${{n{i - 1}.sum}}", b: {i}}}' for i in range(1, count - 1)]
    first, last = (
        "  n0: {node: Add, a: 0, b: 0}",
        f'  end: {{node: Show, value: "${{n{count - 2}.sum}}"}}',
    )
    return "\n".join(["paintgraph: 1", "nodes:", first, *lines, last, ""]).encode()


def _json(nodes: Iterable[tuple[str, dict[str, Any]]]) -> bytes:
    """A prompt in ComfyUI's API format whose nodes are n0, n1, ..."""
    return json.dumps(
        {f"n{i}": {"class_type": kind, "inputs": inputs} for i, (kind, inputs) in enumerate(nodes)}
    ).encode()


def read_and_check(text: bytes, registry: Registry) -> Graph:
    """The sound graph of a text."""
    graph, problems = read_graph(text, "benchmark")
    return check(graph, registry, problems).sound()


def run_text(text: bytes, worker: Worker) -> None:
    """Read, check, bind and run everything in a text; raises RuntimeError if it fails."""
    graph = bind(read_and_check(text, worker.registry), worker.registry, {}, Binders({}))
    outcome = run(graph, worker, targets_of(graph, worker.registry).values())
    if outcome.state != "succeeded":
        raise RuntimeError(f"the graph {outcome.state}: {outcome.failures[:1]}")
