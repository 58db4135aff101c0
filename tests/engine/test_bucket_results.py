"""What a store of results promises, with a bucket behind its folder and without."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from paintgraph.base.bucket import Bucket, Found, open_bucket
from paintgraph.engine.execution.bucket_results import BucketResults
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.sockets import Entry, Value
from paintgraph.tests import fake_nodes

REGISTRY = fake_nodes.registry()
LIGHT = fake_nodes.add.declaration.spec  # type: ignore[attr-defined] # put there by @node
HEAVY = replace(LIGHT, heavy=True)
ENTRY = Entry(((Value(5, {}, "key:0"),),), seconds=1000.0)

Make = Callable[[str], ResultStore]


@pytest.fixture(params=["folder", "bucket"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes the store of a machine."""
    behind = None
    if request.param == "bucket":
        behind = BucketResults(request.getfixturevalue("bucket"))
    return lambda machine: ResultStore(tmp_path / machine, 100_000, behind=behind)


@pytest.fixture
def shared(tmp_path: Path, bucket: Bucket) -> Make:
    return lambda machine: ResultStore(tmp_path / machine, 100_000, behind=BucketResults(bucket))


def test_a_result_survives_its_worker(make: Make) -> None:
    with make("a") as store:
        assert not store.has("k", HEAVY)
        store.offer("k", ENTRY, HEAVY, REGISTRY)
    with make("a") as store:
        assert store.has("k", HEAVY)
        assert store.load("k", HEAVY, REGISTRY) == ENTRY
        assert store.load("other", HEAVY, REGISTRY) is None


def test_a_result_of_another_form_is_a_miss(make: Make) -> None:
    with make("a") as store:
        store.offer("k", ENTRY, HEAVY, REGISTRY)
    with make("a") as store:
        two_outputs = replace(HEAVY, outputs=(*HEAVY.outputs, *HEAVY.outputs))
        assert store.load("k", two_outputs, REGISTRY) is None


def test_what_one_machine_kept_another_has_from_then_on(shared: Make, bucket: Bucket) -> None:
    with shared("a") as store:
        store.offer("k", ENTRY, HEAVY, REGISTRY)
    with shared("b") as store:
        assert store.has("k", HEAVY)
        assert store.load("k", HEAVY, REGISTRY) == ENTRY
    bucket.remove("results/k/k")
    with shared("b") as store:
        assert store.load("k", HEAVY, REGISTRY) == ENTRY


def test_a_miss_costs_one_look(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(bucket, "get", asked.append)

    assert BucketResults(bucket).get("k") is None
    assert asked == []


def test_results_of_light_nodes_stay_on_their_machine(shared: Make, bucket: Bucket) -> None:
    with shared("a") as store:
        store.offer("k", ENTRY, LIGHT, REGISTRY)
        store.offer("h", ENTRY, HEAVY, REGISTRY)
    with shared("b") as store:
        assert not store.has("h", LIGHT)
        assert store.load("h", LIGHT, REGISTRY) is None

    assert [each.key for each in bucket.below("results")] == ["results/h/h"]


def test_a_damaged_result_is_a_miss_and_removed(shared: Make, bucket: Bucket) -> None:
    bucket.put("results/k/k", b"something else\n")
    with shared("a") as store:
        assert store.load("k", HEAVY, REGISTRY) is None

    assert bucket.head("results/k/k") is None


def test_a_bucket_that_is_away_costs_what_it_keeps_only(
    tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    asked: list[str] = []
    away = open_bucket(bucket_url, patience_seconds=0.1)
    head = away.head

    def ask(key: str) -> Found | None:
        asked.append(key)
        return head(key)

    monkeypatch.setattr(away, "head", ask)
    with ResultStore(tmp_path, 100_000, behind=BucketResults(away)) as store:
        assert not store.has("k", HEAVY)
        assert not store.has("k", HEAVY)
        store.offer("k", ENTRY, HEAVY, REGISTRY)
    with ResultStore(tmp_path, 100_000, behind=BucketResults(away)) as store:
        assert store.load("k", HEAVY, REGISTRY) == ENTRY

    assert asked == ["results/k/k"]
