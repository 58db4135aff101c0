"""How a run takes results from disk: without holding up others, and computing what is damaged."""

import threading
from pathlib import Path

import pytest

from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.sockets import Entry
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.events import Kept
from paintgraph.engine.node.registry import Registry
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import link, node, run_nodes

BUDGET = 100_000


def fill(folder: Path, label: str) -> None:
    with ResultStore(folder, BUDGET) as store:
        run_nodes({"slow": node("CountRuns", label=label, value=3, seconds=0.1)}, store=store)


def test_other_nodes_run_while_a_result_is_read(
    tmp_path: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, label)
    ran_beside = threading.Event()
    load = ResultStore.load

    def load_late(store: ResultStore, key: str, spec: NodeSpec, registry: Registry) -> Entry | None:
        assert ran_beside.wait(20), "reading holds up the other nodes"
        return load(store, key, spec, registry)

    def answer() -> int:
        ran_beside.set()
        return 1

    monkeypatch.setattr(ResultStore, "load", load_late)
    fake_nodes.ANSWERS[label] = answer
    nodes = {
        "slow": node("CountRuns", label=label, value=3, seconds=0.1),
        "beside": node("Answer", label=label),
    }
    with ResultStore(tmp_path, BUDGET) as store:
        ran = run_nodes(nodes, "slow", "beside", store=store)

    assert ran.values("slow") == [3]
    assert ran.finished() == {"slow": "cached", "beside": "computed"}


def test_nodes_of_equal_key_share_what_is_read(tmp_path: Path, label: str) -> None:
    fill(tmp_path, label)
    twin = node("CountRuns", label=label, value=3, seconds=0.1)
    nodes = {"one": twin, "two": twin, "sum": node("Add", a=link("one"), b=link("two"))}
    with ResultStore(tmp_path, BUDGET) as store:
        ran = run_nodes(nodes, "sum", store=store)

    assert ran.events[0] == Kept(("one", "two"))
    assert ran.values("sum") == [6]
    assert ran.finished() == {"one": "cached", "two": "cached", "sum": "computed"}
    assert fake_nodes.COUNTS[label] == 1


def test_a_damaged_result_is_computed_again_with_what_it_reads(tmp_path: Path, label: str) -> None:
    nodes = {
        "first": node("Add", a=1, b=2),
        "slow": node("CountRuns", label=label, value=link("first"), seconds=0.1),
        "sum": node("Add", a=link("slow"), b=4),
    }
    with ResultStore(tmp_path, BUDGET) as store:
        run_nodes(nodes, store=store)
    (file,) = tmp_path.glob("*.result")
    file.write_bytes(file.read_bytes()[:-3])
    with ResultStore(tmp_path, BUDGET) as store:
        ran = run_nodes(nodes, store=store)

    assert ran.values("sum") == [7]
    assert ran.finished() == dict.fromkeys(nodes, "computed")
    assert fake_nodes.COUNTS[label] == 2
