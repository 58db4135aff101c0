"""Networks in ONNX files, whoever runs them: how they are opened, what went wrong, their memory."""

from pathlib import Path
from typing import Any

from paintgraph.base.platforms import processors
from paintgraph.base.words import first_line
from paintgraph.models.errors import DamagedModelError

# What a network of unknown needs takes beside its weights, which are copied as they are loaded.
_WORK_BYTES = 500_000_000
_COPIES = 3

_ERRORS = 3  # of what onnxruntime prints: 2 is warnings


def session_options() -> Any:
    """One call uses every processor that this process may use; advice on a file is not printed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS
    options.intra_op_num_threads = processors()
    options.inter_op_num_threads = 1
    return options


def memory_bytes(file_bytes: int) -> int:
    """What a network takes while it works, roughly, whose file is so large."""
    return _COPIES * file_bytes + _WORK_BYTES


def is_onnx_error(error: BaseException) -> bool:
    """Whether an error is one of onnxruntime's own, which have no common class."""
    return type(error).__module__.startswith("onnxruntime")


def damaged_file(path: Path, error: Exception, repair: str) -> DamagedModelError:
    """The error for a file that onnxruntime cannot load; `repair` is the cure."""
    return DamagedModelError(
        f"'{path}' is no ONNX model that can be loaded; it may be cut off or damaged "
        f"({first_line(error)}). {repair}"
    )
