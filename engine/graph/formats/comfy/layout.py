"""Places for the nodes of a graph: columns from left to right, each node beside what reads it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import digraph

_GAP = 60.0
_MARGIN = 30.0
_SOCKET = 20.0
_ROW = 24.0
_LINES = 60.0
_PICTURE = 250.0
WIDTH = 320.0


class Box(NamedTuple):
    """Left, top, width and height in px of the editor."""

    left: float
    top: float
    width: float
    height: float


def height_of(sockets: int, widgets: int, texts: int = 0, pictures: int = 0) -> float:
    """Of a node with so many rows of sockets, widgets, widgets of several lines, and pictures."""
    rows = _SOCKET * sockets + _ROW * widgets
    return _MARGIN + rows + _LINES * texts + _PICTURE * pictures


def arrange(graph: Graph, heights: Mapping[str, float]) -> dict[str, Box]:
    """A box for each node; no two overlap.

    Sugiyama's way in short: a node's column is how far it is from the last of its readers (rings
    count as one node), and within a column nodes stand in the order of what they read.
    """
    boxes: dict[str, Box] = {}
    rows: dict[str, float] = {}
    for column, members in enumerate(_columns(graph)):
        sources = {
            id_: [rows[link.node] for _, link in graph.nodes[id_].links() if link.node in rows]
            for id_ in members
        }
        top = 0.0
        order = sorted(members, key=lambda id_: _mean(sources[id_]))  # stable: else the file's
        for row, id_ in enumerate(order):
            boxes[id_] = Box(column * (WIDTH + _GAP), top, WIDTH, heights[id_])
            top += heights[id_] + _GAP
            rows[id_] = row
    return boxes


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _columns(graph: Graph) -> list[list[str]]:
    """The nodes by column, those that nothing reads last."""
    import networkx as nx

    directed = digraph(graph)
    condensed = nx.condensation(directed.reverse(copy=False))
    layers = [
        {node for knot in generation for node in condensed.nodes[knot]["members"]}
        for generation in nx.topological_generations(condensed)
    ]
    place = {id_: index for index, id_ in enumerate(graph.nodes)}
    return [sorted(layer, key=place.__getitem__) for layer in reversed(layers)]


def around(boxes: Iterable[Box], margin: float = 20, title: float = 40) -> Box | None:
    """The box around others, with room for a title; None if there are none."""
    boxes = list(boxes)
    if not boxes:
        return None
    left, top = min(box.left for box in boxes) - margin, min(box.top for box in boxes) - title
    right = max(box.left + box.width for box in boxes) + margin
    bottom = max(box.top + box.height for box in boxes) + margin
    return Box(left, top, right - left, bottom - top)
