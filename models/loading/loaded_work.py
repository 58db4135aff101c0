"""Work with a loaded model; when memory runs out it is tried again with less, then on the CPU."""

import gc
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.errors import OutOfMemoryError
from paintgraph.models.loading.devices import CPU, Placement
from paintgraph.models.loading.loaded import LoadedModels, Loading

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


Work: TypeAlias = Callable[[Model], Result]
_Way: TypeAlias = tuple[Placement, Work[Model, Result], str]


def perform(  # noqa: PLR0913 - where, with what, and what to do
    models: LoadedModels,
    loading: Loading[Model],
    placement: Placement,
    work: Work[Model, Result],
    smaller: Work[Model, Result] | None = None,
    listening: Listening = SILENT,
) -> Result:
    """What `work(model)` gives with the leased model.

    When memory runs out, the device's other models go; then `smaller(model)` is tried, if there
    is one, which needs less memory and does not do quite as well; then `work` on the CPU. A
    warning says so. Raises OutOfMemoryError if none of that helps; other jobs go on.
    """
    last: BaseException | None = None
    for where, attempt, change in _ways(models, loading, placement, work, smaller):
        try:
            with models.lease(loading, where, listening) as model:
                result = attempt(model)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            # Its traceback holds everything that filled the memory.
            last = error.with_traceback(None)
            del error
            continue
        if change:
            listening.warn(f"The memory of {placement.device} did not suffice, so {change}.")
        return result
    models.evict(placement.device)
    _give_back()
    raise OutOfMemoryError(
        f"model '{loading.name.partition('@')[0]}': the memory of {placement.device} does not "
        "suffice, even without other models. Use a smaller picture or a smaller model, end other "
        "programs, or give fewer workers.",
    ) from last


def _ways(
    models: LoadedModels,
    loading: Loading[Model],
    placement: Placement,
    work: Work[Model, Result],
    smaller: Work[Model, Result] | None,
) -> Iterator[_Way[Model, Result]]:
    """The ways to do some work, and the warning for each; room is made as one is tried."""
    yield placement, work, ""
    evicted = models.evict(placement.device, but=loading.name)
    _give_back()
    if evicted:
        yield placement, work, ""
    if smaller is not None:
        yield placement, smaller, "it was done smaller"
    if placement.device != CPU:
        models.evict(placement.device)
        _give_back()
        yield Placement(CPU), work, "the CPU did it"


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
