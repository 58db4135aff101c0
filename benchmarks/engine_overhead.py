"""What the engine itself costs: graphs of trivial nodes, from the JSON text to the result."""

from paintgraph.benchmarks.measuring import Figure, milliseconds
from paintgraph.benchmarks.small_graphs import chain, pairs, run_text, wide
from paintgraph.benchmarks.small_nodes import registry
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.run import Worker

_ROUNDS = 9
_FEW_ROUNDS = 5
_CACHE_BYTES = 2**30


def figures() -> list[Figure]:
    """Chains and wide graphs, computed and fully cached."""
    known = registry()
    bare = Worker(known)

    def computed(text: bytes, most: int) -> tuple[float, ...]:
        return milliseconds(lambda: run_text(text, bare), most)

    def cached(text: bytes) -> tuple[float, ...]:
        # The call that does not count fills the cache.
        worker = Worker(known, memory=MemoryCache(_CACHE_BYTES))
        return milliseconds(lambda: run_text(text, worker), _ROUNDS)

    return [
        Figure("chain of 1,000 nodes", computed(chain(1_000), _ROUNDS), "ms", 100),
        Figure("chain of 1,000 nodes, all cached", cached(chain(1_000)), "ms", 30),
        Figure("chain of 10,000 nodes", computed(chain(10_000), _FEW_ROUNDS), "ms", 1_000),
        Figure("1,000 nodes, 999 of them read one", computed(wide(1_000), _ROUNDS), "ms", 100),
        Figure("499 pairs of nodes beside each other", computed(pairs(1_000), _ROUNDS), "ms", 100),
        Figure("10,000 nodes, 9,999 of them read one", computed(wide(10_000), _FEW_ROUNDS), "ms"),
    ]
