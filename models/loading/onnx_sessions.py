"""Sessions of onnxruntime: opened, run over one input, and refused for the form of a network."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.words import first_line
from paintgraph.models.errors import ModelError
from paintgraph.models.loading.devices import onnx_providers
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.loading.onnx_networks import damaged_file, is_onnx_error, session_options


def open_network(path: Path, device: str, repair: str, data: bytes | None = None) -> Any:
    """The session of a network's file, or of what its bytes were changed to.

    Raises DamagedModelError, with the cure `repair`, for what is no ONNX model.
    """
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(
            str(path) if data is None else data,
            session_options(),
            providers=onnx_providers(device),
        )
    except Exception as error:
        if is_out_of_memory(error) or not is_onnx_error(error):
            raise
        raise damaged_file(path, error, repair) from error


def run_network(session: Any, given: NDArray[np.float32], path: Path) -> list[NDArray[np.float32]]:
    """All that a network with one input gives for it; raises ModelError if it cannot take it."""
    (first, *_) = session.get_inputs()
    try:
        found: list[NDArray[np.float32]] = session.run(None, {first.name: given})
    except Exception as error:
        if is_out_of_memory(error) or not is_onnx_error(error):
            raise
        raise unfit_network(session, path, first_line(error)) from error
    return found


def unfit_network(session: Any, path: Path, why: str) -> ModelError:
    """The error for a network of another form than its family asks for."""
    inputs = ", ".join(f"{i.name} {i.shape}" for i in session.get_inputs())
    outputs = ", ".join(f"{o.name} {o.shape}" for o in session.get_outputs())
    return ModelError(
        f"'{path}' takes {inputs} and gives {outputs}: {why}. Bring another file.",
        code="unfit_model",
    )
