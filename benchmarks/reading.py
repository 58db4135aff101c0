"""Reading a graph's text and checking the graph."""

import json
from typing import Any

from paintgraph.benchmarks.measuring import Figure, milliseconds
from paintgraph.benchmarks.small_graphs import chain, chain_yaml, read_and_check
from paintgraph.benchmarks.small_nodes import registry

_NODES = 1_000
_ROUNDS = 15


def figures() -> list[Figure]:
    """The same graph as JSON and as YAML."""
    return [
        _reading("JSON", chain(_NODES), 20),
        _reading("YAML", chain_yaml(_NODES), 50),
        _reading("ComfyUI's editor", _editor(_NODES), 100),
    ]


def _editor(count: int) -> bytes:
    """The same chain as the editor's page saves it, a reroute between each two nodes."""
    nodes: list[dict[str, Any]] = []
    links = []
    for number in range(1, count + 1):
        kind = "Reroute" if number % 2 == 0 else "Show" if number == count - 1 else "Add"
        name = "value" if kind == "Show" else "a"
        slots: list[dict[str, Any]] = [{"name": name, "type": "INT", "link": number - 1 or None}]
        if kind == "Add":
            slots.append({"name": "b", "type": "INT", "link": None, "widget": {"name": "b"}})
        node = {"id": number, "type": kind, "pos": [number * 200, 0], "size": [180, 60]}
        state = {"flags": {}, "order": number, "mode": 0, "inputs": slots}
        outputs = [{"name": "sum", "type": "INT", "links": [number], "slot_index": 0}]
        known = {"properties": {"cnr_id": "comfy-core", "Node name for S&R": kind}}
        values = {"widgets_values": [1] if kind == "Add" else []}
        nodes.append({**node, **state, "outputs": outputs, **known, **values})
        links.append([number - 1, number - 1, 0, number, 0, "INT"])
    return json.dumps({"nodes": nodes, "links": links[1:], "version": 0.4}).encode()


def _reading(form: str, text: bytes, target: float) -> Figure:
    known = registry()
    taken = milliseconds(lambda: read_and_check(text, known), _ROUNDS)
    return Figure(f"read and check {_NODES:,} nodes of {form}", taken, "ms", target)
