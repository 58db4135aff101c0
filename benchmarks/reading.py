"""Reading a graph's text and checking the graph."""

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
    ]


def _reading(form: str, text: bytes, target: float) -> Figure:
    known = registry()
    taken = milliseconds(lambda: read_and_check(text, known), _ROUNDS)
    return Figure(f"read and check {_NODES:,} nodes of {form}", taken, "ms", target)
