"""When memory runs out: other models go, then smaller, then on the CPU, then one error."""

import numpy as np
import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.errors import OutOfMemoryError
from paintgraph.models.loading.devices import Placement
from paintgraph.models.loading.loaded import LoadedModels, Loading
from paintgraph.models.loading.loaded_work import is_out_of_memory, perform

CPU = Placement("cpu")
CUDA = Placement("cuda")


def simple(name: str) -> Loading[str]:
    return Loading(f"{name}@sha256:0", 1, lambda placement: f"{name} on {placement.device}")


@pytest.fixture
def models() -> LoadedModels:
    return LoadedModels(lambda _: 10)


class Fussy:
    """Work that runs out of memory the first few times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.seen: list[str] = []

    def __call__(self, model: str) -> str:
        self.seen.append(model)
        if len(self.seen) <= self.failures:
            raise MemoryError
        return f"done by {model}"


def fail(models: LoadedModels) -> str:
    return perform(models, simple("a"), CPU, Fussy(9))


def test_other_models_go_first_and_the_work_is_done_as_asked(models: LoadedModels) -> None:
    with models.lease(simple("other"), CPU):
        pass
    warnings: list[str] = []
    work = Fussy(1)

    result = perform(models, simple("a"), CPU, work, listening=Listening(warn=warnings.append))

    assert result == "done by a on cpu"
    assert [held.name for held in models.held()] == ["a@sha256:0"]
    assert models.numbers()["loads"] == 2, "the model itself stays"
    assert warnings == []


def test_then_the_work_is_done_smaller(models: LoadedModels) -> None:
    warnings: list[str] = []
    listening = Listening(warn=warnings.append)

    result = perform(models, simple("a"), CPU, Fussy(9), lambda model: f"small {model}", listening)

    assert result == "small a on cpu"
    assert warnings == ["The memory of cpu did not suffice, so it was done smaller."]


def test_then_the_cpu_does_it(models: LoadedModels) -> None:
    warnings: list[str] = []
    work = Fussy(1)

    result = perform(models, simple("a"), CUDA, work, listening=Listening(warn=warnings.append))

    assert result == "done by a on cpu"
    assert warnings == ["The memory of cuda did not suffice, so the CPU did it."]
    assert [held.device for held in models.held()] == ["cpu"]


def test_then_only_this_work_fails_and_says_what_to_change(models: LoadedModels) -> None:
    with pytest.raises(OutOfMemoryError) as caught:
        fail(models)

    assert str(caught.value) == (
        "model 'a': the memory of cpu does not suffice, even without other models. Use a smaller "
        "picture or a smaller model, end other programs, or give fewer workers."
    )
    assert caught.value.code == "out_of_memory"
    assert models.held() == []
    assert perform(models, simple("a"), CPU, Fussy(0)) == "done by a on cpu"


def test_a_load_that_takes_too_much_is_tried_again_with_room(models: LoadedModels) -> None:
    with models.lease(simple("other"), CPU):
        pass

    def load(_: Placement) -> str:
        if len(models.held()) > 1:
            raise MemoryError
        return "a"

    assert perform(models, Loading("a", 1, load), CPU, lambda model: model) == "a"


def test_other_errors_are_not_tried_again(models: LoadedModels) -> None:
    calls = []

    def work(_: str) -> None:
        calls.append(1)
        raise RuntimeError("a fault of its own")

    with pytest.raises(RuntimeError, match="a fault of its own"):
        perform(models, simple("a"), CPU, work)
    assert calls == [1]


def test_an_array_that_fits_nowhere_is_out_of_memory() -> None:
    with pytest.raises(MemoryError) as caught:
        np.zeros((2**40, 2**20), np.uint8)

    assert is_out_of_memory(caught.value)


def test_what_torch_says_of_the_cpu_is_recognised() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2**60, dtype=torch.uint8)

    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("shape mismatch")])
def test_nothing_else_is_taken_for_it(error: Exception) -> None:
    assert not is_out_of_memory(error)
