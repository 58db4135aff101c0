"""Results on disk: what survives, what is refused, and that no run is lost to it."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from paintgraph.engine.execution import store as module
from paintgraph.engine.execution.store import Keeping, ResultStore
from paintgraph.engine.graph.sockets import Blocked, Effect, Entry, Failed, Inside, Value
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import Ran, link, node, run_nodes

REGISTRY = fake_nodes.registry()
ADD = fake_nodes.add.declaration.spec  # type: ignore[attr-defined] # put there by @node
WRAP = fake_nodes.wrap.declaration.spec  # type: ignore[attr-defined] # put there by @node
PICK = fake_nodes.pick.declaration.spec  # type: ignore[attr-defined] # put there by @node
SLOW = 1000.0  # seconds that a result took, so that it is worth keeping
BUDGET = 100_000


def slow(*elements: object) -> Entry:
    """A result of one slot that took long."""
    slot = tuple(e if isinstance(e, Value | Blocked) else Value(e) for e in elements)
    return Entry((slot,), seconds=SLOW)


def filled(folder: Path, *entries: Entry, budget: int = BUDGET) -> list[str]:
    """Keep results of Add as k0, k1, ...; the keys that were told to be stored."""
    stored: list[str] = []
    with ResultStore(folder, budget, stored.append) as store:
        for i, entry in enumerate(entries):
            store.offer(f"k{i}", entry, ADD, REGISTRY)
    return stored


def loaded(folder: Path, key: str = "k0") -> Entry | None:
    """What a new store has under a key."""
    with ResultStore(folder, BUDGET) as store:
        return store.load(key, ADD, REGISTRY) if key in store else None


def test_a_result_survives_its_worker(tmp_path: Path) -> None:
    entry = Entry(
        (
            (
                Value(5, {"depth": 16, "icc": b"\x00\xff", "text": {"a": "b"}}, "key:0"),
                Value(-7, {}, "key:1"),
                Blocked("held back"),
                Blocked(),
            ),
        ),
        {"text": ("five", "seven")},
        (),
        SLOW,
    )

    assert filled(tmp_path, entry) == ["k0"]
    assert entry == loaded(tmp_path)


def test_a_fault_of_who_is_told_does_not_end_the_writing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def tell(key: str) -> None:
        told.append(key)
        raise OSError("the pipe is closed")

    with ResultStore(tmp_path, BUDGET, tell) as store:
        for i in range(3):
            store.offer(f"k{i}", slow(i), ADD, REGISTRY)

    assert told == ["k0", "k1", "k2"]
    assert "k2 is stored" in caplog.text


def test_stored_is_told_once_the_file_is_there(tmp_path: Path) -> None:
    seen: list[bool] = []
    with ResultStore(tmp_path, BUDGET, lambda key: seen.append(file_of(key).exists())) as store:
        file_of = store._path
        store.offer("k", slow(5), ADD, REGISTRY)

    assert seen == [True]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:10],
        lambda _: b"",
        lambda _: b"something else\n",
        lambda data: data + b"more",
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data[:20] + bytes([data[20] ^ 128]) + data[21:],
    ],
)
def test_a_damaged_file_is_a_miss_and_removed(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    filled(tmp_path, slow(5))
    (file,) = tmp_path.glob("*.result")
    file.write_bytes(damage(file.read_bytes()))

    assert loaded(tmp_path) is None
    assert not file.exists()


def test_a_result_of_another_form_is_a_miss(tmp_path: Path) -> None:
    filled(tmp_path, slow(5))

    with ResultStore(tmp_path, BUDGET) as store:
        two_outputs = replace(ADD, outputs=(*ADD.outputs, *ADD.outputs))
        assert store.load("k0", two_outputs, REGISTRY) is None


def test_a_folder_in_place_of_a_file_is_a_miss(tmp_path: Path) -> None:
    (tmp_path / "k0.result").mkdir()

    assert loaded(tmp_path) is None


def test_a_result_whose_file_is_gone_is_a_miss(tmp_path: Path) -> None:
    filled(tmp_path, slow(5))
    with ResultStore(tmp_path, BUDGET) as store:
        (tmp_path / "k0.result").unlink()

        assert store.load("k0", ADD, REGISTRY) is None
        assert "k0" not in store
        assert sum(store._sizes.values()) == 0


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    filled(tmp_path, slow(0), slow(1), slow(2))
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    for age, name in enumerate(["k2", "k1", "k0"]):
        os.utime(tmp_path / f"{name}.result", (time.time() - 100 + age,) * 2)

    with ResultStore(tmp_path, sum(sizes) + 10) as store:
        assert store.load("k2", ADD, REGISTRY) is not None
        store.offer("k3", slow(3), ADD, REGISTRY)

    with ResultStore(tmp_path, BUDGET) as store:
        assert [f"k{i}" in store for i in range(4)] == [True, False, True, True]


def test_a_smaller_budget_holds_from_the_opening_on(tmp_path: Path) -> None:
    filled(tmp_path, *(slow(i) for i in range(10)))
    size = (tmp_path / "k0.result").stat().st_size

    with ResultStore(tmp_path, 3 * size) as store:
        assert sum(store._sizes.values()) <= 3 * size
    assert len(list(tmp_path.glob("*.result"))) == 3


def test_a_result_beyond_the_budget_is_not_kept(tmp_path: Path) -> None:
    assert filled(tmp_path, slow(5), budget=10) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry(((Value(5),),), seconds=0.001), "cheap to compute"),
        (replace(slow(5), inside=(Inside("0.a", "Add", "", "", {}, ()),)), "shown inside"),
        (replace(slow(5), effects=(Effect("b", "p", ".s"),)), "its blob may be gone"),
        (replace(slow(5), ui={"box": (object(),)}), "ui values that JSON has not"),
        (slow(Value(5, {"odd": object()})), "facts that JSON has not"),
    ],
)
def test_some_results_are_made_anew(tmp_path: Path, entry: Entry, reason: str) -> None:
    assert filled(tmp_path, entry) == [], reason


def test_data_without_codec_stay_in_memory(tmp_path: Path) -> None:
    with ResultStore(tmp_path, BUDGET) as store:
        store.offer("box", slow(fake_nodes.Box(5)), WRAP, REGISTRY)
        store.offer("surrogate", slow("\ud800"), PICK, REGISTRY)

    assert list(tmp_path.iterdir()) == []


def test_small_writes_do_not_keep_large_results_out(tmp_path: Path) -> None:
    """A small file's time is all opening and syncing; it says nothing of bytes a second."""
    text = "x" * 2_000_000
    with ResultStore(tmp_path, 10_000_000) as store:
        for i in range(3):
            store.offer(f"small{i}", slow(i), ADD, REGISTRY)
        while "small2" not in store:
            time.sleep(0.001)
        store.offer("large", replace(slow(text), seconds=10.0), PICK, REGISTRY)

    assert (tmp_path / "large.result").exists()


def test_a_failed_result_is_not_kept(tmp_path: Path) -> None:
    with ResultStore(tmp_path, BUDGET) as store:
        keeping = Keeping(REGISTRY, None, store)
        keeping.keep("k0", Entry(((Value(1), Failed("a")),), seconds=SLOW), ADD)

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_behind_is_ignored_and_removed(tmp_path: Path) -> None:
    filled(tmp_path, slow(5))
    old, new = tmp_path / ".old.part", tmp_path / ".new.part"
    for part in (old, new):
        part.write_bytes(b"half of a res")
    os.utime(old, (time.time() - 7200,) * 2)

    with ResultStore(tmp_path, BUDGET) as store:
        assert sum(store._sizes.values()) == (tmp_path / "k0.result").stat().st_size
    assert not old.exists()
    assert new.exists(), "another process may be writing it"


def run_slowly(store: ResultStore, label: str) -> Ran:
    """Run a node that takes long enough to be worth keeping."""
    nodes = {
        "slow": node("CountRuns", label=label, value=3, seconds=0.1),
        "sum": node("Add", a=link("slow")),
        "save": node("Save", value=link("sum")),
    }
    return run_nodes(nodes, "sum", "save", store=store)


def test_a_run_resumes_from_the_store(tmp_path: Path, label: str) -> None:
    stored: list[str] = []
    with ResultStore(tmp_path, BUDGET, stored.append) as store:
        first = run_slowly(store, label)
    with ResultStore(tmp_path, BUDGET) as store:
        again = run_slowly(store, label)

    assert len(stored) == 1, "only what took long"
    assert fake_nodes.COUNTS[label] == 1
    assert [4] == first.values("sum") == again.values("sum")
    assert again.finished()["slow"] == "cached"
    assert again.finished()["save"] == "computed"


def test_a_folder_that_vanishes_costs_no_run(tmp_path: Path, label: str) -> None:
    with ResultStore(tmp_path / "store", BUDGET) as store:
        shutil.rmtree(tmp_path / "store")
        ran = run_slowly(store, label)

    assert ran.values("sum") == [4]


def test_a_full_disk_costs_no_run(
    tmp_path: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_whole(path: Path, data: bytes, *, lasting: bool) -> None:
        assert not lasting
        raise OSError(28, "No space left on device", str(path), len(data))

    monkeypatch.setattr(module, "write_whole", write_whole)
    stored: list[str] = []
    with ResultStore(tmp_path, BUDGET, stored.append) as store:
        ran = run_slowly(store, label)

    assert ran.values("sum") == [4]
    assert stored == []
    assert len(list(tmp_path.iterdir())) == 0


def test_a_write_that_is_interrupted_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)

    assert filled(tmp_path, slow(5)) == []
    assert list(tmp_path.iterdir()) == []
