"""Work with a loaded model that goes on when memory runs out, as long as there is another way."""

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from paintgraph.models.errors import OutOfMemoryError
from paintgraph.models.loading.devices import CPU, Placement
from paintgraph.models.loading.loaded import Check, LoadedModels, Loading

Model = TypeVar("Model")
Result = TypeVar("Result")

_WORDS = (
    "out of memory",
    "failed to allocate memory",
    "can't allocate memory",
    "not enough memory",
    "bad allocation",
    "bad_alloc",
)


@dataclass(frozen=True, slots=True)
class Task(Generic[Model, Result]):
    """What is done with a model.

    `work(model)` does it. `smaller(model)` does it with less memory, not quite as well. `warn` is
    told when it was not done as asked for.
    """

    work: Callable[[Model], Result]
    smaller: Callable[[Model], Result] | None = None
    warn: Callable[[str], None] = lambda _: None
    check: Check = lambda: None


def perform(
    models: LoadedModels,
    loading: Loading[Model],
    placement: Placement,
    task: Task[Model, Result],
) -> Result:
    """Lease the model and do the task.

    When memory runs out, the device's other models go; then the task is done smaller, if it can
    be; then on the CPU. Raises OutOfMemoryError if none of that helps, which no other job feels.
    """
    last: BaseException | None = None
    for where, work, change in _ways(models, loading, placement, task):
        try:
            with models.lease(loading, where, task.check) as model:
                result = work(model)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            # Its traceback holds everything that filled the memory.
            last = error.with_traceback(None)
            del error
            continue
        if change:
            task.warn(f"The memory of {placement.device} did not suffice, so {change}.")
        return result
    models.evict(placement.device)
    _give_back()
    raise OutOfMemoryError(
        f"model '{loading.name.partition('@')[0]}': the memory of {placement.device} does not "
        "suffice, even without other models. Use a smaller picture or a smaller model, end other "
        "programs, or give fewer workers.",
    ) from last


_Way = tuple[Placement, Callable[[Model], Result], str]


def _ways(
    models: LoadedModels,
    loading: Loading[Model],
    placement: Placement,
    task: Task[Model, Result],
) -> Iterator[_Way[Model, Result]]:
    """The ways to do a task; each is made room for when it is tried."""
    yield placement, task.work, ""
    evicted = models.evict(placement.device, but=loading.name)
    _give_back()
    if evicted:
        yield placement, task.work, ""
    if task.smaller is not None:
        yield placement, task.smaller, "it was done smaller"
    if placement.device != CPU:
        models.evict(placement.device)
        _give_back()
        yield Placement(CPU), task.work, "the CPU did it"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, torch or onnxruntime says that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    kind = type(error)
    is_native = isinstance(error, RuntimeError) or kind.__module__.startswith("onnxruntime")
    message = str(error).lower()
    return is_native and any(words in message for words in _WORDS)


def _give_back() -> None:
    """Return what Python and torch hold without need."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
