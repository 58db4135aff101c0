"""Results in memory: how much is held, and what goes first."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.execution.blobs import FolderBlobs, reference_of
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import Effect, Entry, Result, Value
from paintgraph.engine.node.context import Services
from paintgraph.engine.node.declaration import node as declared
from paintgraph.engine.node.registry import Registry
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import link, node, run_nodes

DATA = [object() for _ in range(6)]


def test_a_result_whose_file_is_gone_is_made_anew(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    made: list[str] = []

    @declared(title="Keep Text", category="test", is_target=True)
    def keep_text(text: str) -> Result:
        """Want a file."""
        made.append(text)
        return Result(effects=[Effect(blob=blobs.put(text.encode()), prefix="t", suffix=".txt")])

    worker = Worker(Registry((keep_text,)), Services(blobs), MemoryCache(1000))
    graph = Graph({"s": node("KeepText", text="a")})
    run(graph, worker, ["s"])
    run(graph, worker, ["s"])
    assert made == ["a"]

    blobs.remove(reference_of(b"a"), unused_since=time.time() + 60)
    run(graph, worker, ["s"])
    assert made == ["a", "a"]
    assert blobs.get(reference_of(b"a")) == b"a"


def entry(*data: object) -> Entry:
    """An entry of one slot."""
    return Entry((tuple(Value(datum) for datum in data),))


def put(cache: MemoryCache, key: str, weight: int, datum: object) -> None:
    """Keep one datum."""
    cache.put(key, entry(datum), {id(datum): weight})


def test_the_least_recently_used_goes_first() -> None:
    cache = MemoryCache(30)
    for name, datum in zip("abc", DATA, strict=False):
        put(cache, name, 10, datum)
    cache.get("a")
    put(cache, "d", 10, DATA[3])

    assert [name in cache for name in "abcd"] == [True, False, True, True]
    assert cache._held == 30


def test_what_alone_exceeds_the_budget_is_not_kept() -> None:
    cache = MemoryCache(30)
    put(cache, "a", 10, DATA[0])
    put(cache, "b", 31, DATA[1])

    assert "a" in cache
    assert "b" not in cache


def test_data_that_entries_share_count_once() -> None:
    cache = MemoryCache(30)
    for name in "abcdef":
        put(cache, name, 20, DATA[0])

    assert (len(cache), cache._held) == (6, 20)
    put(cache, "g", 15, DATA[1])
    assert (len(cache), cache._held) == (1, 15)


def test_data_weigh_what_the_socket_says_that_knows_them_best() -> None:
    """A picture passed through a node for anything is as heavy as before, and let go as well."""
    cache = MemoryCache(30)
    put(cache, "picture", 20, DATA[0])
    put(cache, "passed through", 1, DATA[0])
    put(cache, "number", 10, DATA[1])
    assert cache._held == 30

    put(cache, "other", 25, DATA[2])

    assert (len(cache), cache._held) == (1, 25)


def test_a_key_put_again_counts_once() -> None:
    cache = MemoryCache(30)
    put(cache, "a", 20, DATA[0])
    put(cache, "a", 25, DATA[1])

    assert (len(cache), cache._held) == (1, 25)
    found = cache.get("a")
    assert found is not None
    assert entry(DATA[1]) == found


def test_a_cleared_cache_is_empty() -> None:
    cache = MemoryCache(30)
    put(cache, "a", 20, DATA[0])
    cache.clear()

    assert (len(cache), cache._held) == (0, 0)
    assert cache.get("a") is None


def keys(cache: MemoryCache) -> list[str]:
    """The keys of the entries that are kept."""
    return [key for key in "abcdef" if key in cache]


def test_with_a_bound_of_entries_those_go_that_runs_have_no_use_for() -> None:
    cache = MemoryCache(1000, most_entries=3)
    for key in "abc":
        put(cache, key, 1, key)
    cache.end_run("abc")
    put(cache, "d", 1, "d")
    cache.get("a")
    cache.end_run("adx")

    assert keys(cache) == ["a", "c", "d"]


def test_of_the_last_run_all_entries_are_kept_however_many_may_be() -> None:
    cache = MemoryCache(1000, most_entries=0)
    for key in "abc":
        put(cache, key, 1, key)
    cache.end_run("abc")
    assert keys(cache) == ["a", "b", "c"]

    cache.end_run("b")  # named, though it was not used: a result downstream was kept
    assert keys(cache) == ["b"]


def test_a_run_names_what_it_need_not_use(label: str) -> None:
    cache = MemoryCache(1000, most_entries=0)
    counted = {"c": node("CountRuns", label=label), "d": node("Add", a=link("c"))}
    for _ in range(2):
        run_nodes(counted, "d", kept=cache)  # the second finds d alone
    run_nodes({**counted, "e": node("Add", a=link("c"))}, "e", kept=cache)

    assert fake_nodes.COUNTS[label] == 1
    run_nodes({"other": node("Number", value=1)}, kept=cache)
    assert len(cache) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.lists(st.tuples(st.sampled_from(DATA), st.integers(1, 20)), min_size=1, max_size=3),
        )
    ),
    st.integers(1, 60),
)
def test_the_budget_is_kept_whatever_comes(
    puts: list[tuple[str, list[tuple[object, int]]]], budget: int
) -> None:
    cache = MemoryCache(budget)
    for key, data in puts:
        cache.put(key, entry(*(d for d, _ in data)), {id(d): weight for d, weight in data})
        assert 0 <= cache._held <= budget
        assert (cache._held > 0) == (len(cache) > 0)


def test_a_run_keeps_boxes_by_their_weight() -> None:
    cache = MemoryCache(1000)
    nodes = {
        "heavy": node("Wrap", content=600),
        "heavier": node("Wrap", content=900),
        "chosen": node("Choose", on=True, when_true=link("heavier")),
    }

    run_nodes(nodes, "heavy", kept=cache)
    assert cache._held == 600
    run_nodes(nodes, "chosen", kept=cache)
    assert cache._held == 900
    assert run_nodes(nodes, "heavy", kept=cache).finished() == {"heavy": "computed"}
    assert fake_nodes.BOX.weigh(fake_nodes.Box(600)) == cache._held
