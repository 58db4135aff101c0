"""Models in memory: loaded once, lent to one at a time, bounded, let go when nobody uses them."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from paintgraph.base.listening import Listening
from paintgraph.models.loading.devices import Placement
from paintgraph.models.loading.loaded import LoadedModels, Loading

CPU = Placement("cpu")
WAIT = 10.0


class Weights:
    """Something that takes memory and time to make, and knows whether it was closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data = bytearray(1000)
        self.users = 0
        self.is_closed = False


class Loader:
    """Loads weights and counts how often."""

    def __init__(self, seconds: float = 0) -> None:
        self.loads: Counter[str] = Counter()
        self._seconds = seconds

    def of(self, name: str, size: int = 1) -> Loading[Weights]:
        def load(_: Placement) -> Weights:
            self.loads[name] += 1
            time.sleep(self._seconds)
            return Weights(name)

        def close(weights: Weights) -> None:
            weights.is_closed = True

        return Loading(name, size, load, close)


def budget(size: int) -> Callable[[str], int]:
    return lambda _: size


def names(models: LoadedModels) -> list[str]:
    return [held.name for held in models.held()]


def test_many_who_ask_for_one_model_share_one_load() -> None:
    loader = Loader(seconds=0.05)
    together: list[int] = []

    def use(_: int) -> None:
        with models.lease(loader.of("a"), CPU) as weights:
            weights.users += 1
            together.append(weights.users)
            time.sleep(0.002)
            weights.users -= 1

    with LoadedModels(budget(10)) as models, ThreadPoolExecutor(16) as pool:
        list(pool.map(use, range(32)))

    assert loader.loads == {"a": 1}
    assert set(together) == {1}, "a lease is for one user alone"


def test_different_models_load_side_by_side() -> None:
    both = threading.Barrier(2, timeout=WAIT)

    def load(_: Placement) -> str:
        both.wait()
        return "loaded"

    def use(name: str) -> str:
        with models.lease(Loading(name, 1, load), CPU) as model:
            return model

    with LoadedModels(budget(10)) as models, ThreadPoolExecutor(2) as pool:
        assert list(pool.map(use, "ab")) == ["loaded", "loaded"]


def test_the_least_recently_used_model_goes_first() -> None:
    loader = Loader()
    with LoadedModels(budget(2)) as models:
        for name in "abac":
            with models.lease(loader.of(name), CPU):
                pass

        assert names(models) == ["a", "c"]


def test_room_is_made_before_the_load() -> None:
    loader = Loader()
    with LoadedModels(budget(2)) as models:
        with models.lease(loader.of("a", 2), CPU) as first:
            pass
        seen = []
        with models.lease(Loading("b", 2, lambda _: seen.append(first.is_closed)), CPU):
            assert seen == [True]


def test_a_model_in_use_stays_whatever_the_budget_says() -> None:
    loader = Loader()
    with LoadedModels(budget(2)) as models:
        with models.lease(loader.of("a", 2), CPU) as first:
            with models.lease(loader.of("b", 2), CPU):
                assert not first.is_closed
                assert names(models) == ["a", "b"]
            assert names(models) == ["a"]
        assert names(models) == ["a"]


def test_a_model_beyond_the_budget_goes_when_it_comes_back() -> None:
    loader = Loader()
    with LoadedModels(budget(2)) as models:
        with models.lease(loader.of("large", 3), CPU) as weights:
            assert not weights.is_closed
        assert weights.is_closed
        assert names(models) == []


def test_devices_have_budgets_of_their_own() -> None:
    loader = Loader()
    with LoadedModels(lambda device: {"cpu": 1, "cuda": 2}[device]) as models:
        for name, device in (("a", "cpu"), ("a", "cuda"), ("b", "cuda"), ("b", "cpu")):
            with models.lease(loader.of(name), Placement(device)):
                pass

        assert [(held.name, held.device) for held in models.held()] == [
            ("a", "cuda"),
            ("b", "cuda"),
            ("b", "cpu"),
        ]
        numbers = models.numbers()
        loaded = numbers.pop("loaded")
        assert {name: times for name, (times, _) in loaded.items()} == {"a": 2, "b": 2}
        assert all(seconds >= 0 for _, seconds in loaded.values())
        assert numbers == {
            "bytes": {"cuda": 2, "cpu": 1},
            "models": 3,
            "loads": 4,
            "evictions": 1,
            "held": ["a", "b"],
        }


def test_who_waits_can_be_cancelled() -> None:
    class Stopped(Exception):  # noqa: N818 - a signal
        pass

    def stop() -> None:
        raise Stopped

    loader = Loader()
    with (
        LoadedModels(budget(1)) as models,
        models.lease(loader.of("a"), CPU),
        pytest.raises(Stopped),
        models.lease(loader.of("a"), CPU, Listening(check=stop)),
    ):
        pass


def test_after_a_failed_load_the_next_one_who_asks_loads() -> None:
    tries = []

    def load(_: Placement) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the disk hiccups")
        return "loaded"

    with LoadedModels(budget(1)) as models:
        with pytest.raises(OSError, match="hiccups"), models.lease(Loading("a", 1, load), CPU):
            pass
        assert models.held() == []
        with models.lease(Loading("a", 1, load), CPU) as model:
            assert model == "loaded"


def test_what_nobody_uses_goes_after_a_while() -> None:
    told: list[int] = []
    with LoadedModels(budget(10), idle_seconds=0.2) as models:
        models.watch(lambda numbers: told.append(numbers["models"]))
        with models.lease(Loader().of("a"), CPU) as weights:
            time.sleep(0.5)
            assert not weights.is_closed, "in use is not idle"
        deadline = time.monotonic() + WAIT
        while not weights.is_closed and time.monotonic() < deadline:
            time.sleep(0.02)

        assert weights.is_closed
        assert models.held() == []
        assert told == [1, 0]


def test_closing_lets_go_of_everything_that_comes_back() -> None:
    loader = Loader()
    models = LoadedModels(budget(10))
    with models.lease(loader.of("a"), CPU) as used, models.lease(loader.of("b"), CPU) as other:
        models.close()
        assert not used.is_closed
    assert used.is_closed
    assert other.is_closed
    assert models.held() == []


@contextmanager
def _hammered(models: LoadedModels, loader: Loader) -> Iterator[list[str]]:
    """Threads that use models at random moments; gives what went wrong."""
    faults: list[str] = []

    def use(name: str) -> None:
        with models.lease(loader.of(name), CPU) as weights:
            weights.users += 1
            if weights.users != 1 or weights.is_closed or weights.name != name:
                faults.append(name)
            time.sleep(0)
            weights.users -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, "abcabdacbd" * 30))
    yield faults


def test_threads_never_meet_a_model_that_is_gone_or_in_use() -> None:
    loader = Loader()
    with LoadedModels(budget(2)) as models, _hammered(models, loader) as faults:
        assert faults == []
        assert len(models.held()) <= 2
        assert sum(loader.loads.values()) > 4, "the budget made them come and go"


class Policy(RuleBasedStateMachine):
    """Any order of leases and returns keeps the promises of the budget."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = 5
        self.models = LoadedModels(budget(self.limit))
        self.loader = Loader()
        self.leases: dict[str, tuple[ExitStack, Weights]] = {}

    @rule(name=st.sampled_from("abcdef"), size=st.integers(1, 7))
    def lease(self, name: str, size: int) -> None:
        if name in self.leases:
            return
        was_held = name in names(self.models)
        before = self.loader.loads[name]
        stack = ExitStack()
        weights = stack.enter_context(self.models.lease(self.loader.of(name, size), CPU))
        self.leases[name] = stack, weights
        assert self.loader.loads[name] - before == (not was_held)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.leases)))
        self.leases.pop(name)[0].close()

    @rule()
    def evict(self) -> None:
        self.models.evict("cpu")
        assert set(names(self.models)) == self.leases.keys()

    @invariant()
    def pinned_models_are_there_and_open(self) -> None:
        held = {one.name: one for one in self.models.held()}
        for name, (_, weights) in self.leases.items():
            assert held[name].is_pinned
            assert not weights.is_closed

    @invariant()
    def unpinned_models_never_exceed_the_budget(self) -> None:
        held = self.models.held()
        total = sum(one.memory_bytes for one in held)
        assert total <= self.limit or all(one.is_pinned for one in held)

    def teardown(self) -> None:
        for stack, _ in self.leases.values():
            stack.close()
        self.models.close()
        assert self.models.held() == []


Policy.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestPolicy = Policy.TestCase


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.integers(1, 4))
def test_what_stays_is_what_was_used_last(uses: list[str], room: int) -> None:
    loader = Loader()
    with LoadedModels(budget(room)) as models:
        for name in uses:
            with models.lease(loader.of(name), CPU):
                pass

        last = list(dict.fromkeys(reversed(uses)))[:room]
        assert names(models) == last[::-1]
