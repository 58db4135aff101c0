"""Checkpoints of torch, read without running what is in them, and folders of transformers.

What turns out to be another model is named.
"""

import json
import pickle
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paintgraph.models.errors import CheckpointError

_WRAPPERS = ("model", "state_dict", "model_state_dict")
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "Segment Anything": ("image_encoder.", "prompt_encoder.", "mask_decoder."),
    "Grounding DINO": ("transformer.", "bert.", "backbone."),
    "Stable Diffusion": ("model.diffusion_model.", "first_stage_model."),
    "a text encoder such as BERT": ("embeddings.", "encoder.layer."),
}
_BARS = threading.Lock()


def read_pickle(path: Path) -> Any:
    """What a file of torch holds, on the CPU: tensors and plain containers, or it is refused.

    No code in it is run. Raises CheckpointError.
    """
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _fault(path, "holds something else than tensors, which may be harmful") from error
    except (RuntimeError, EOFError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise _fault(path, "is cut off, damaged or no checkpoint of torch") from error


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The tensors of a checkpoint by name, on the CPU, whatever they are wrapped in.

    Nothing but tensors and plain containers is read. Raises CheckpointError.
    """
    import torch

    found = read_pickle(path)
    for wrapper in _WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if (
        not isinstance(found, dict)
        or not all(isinstance(value, torch.Tensor) for value in found.values())
        or not found
    ):
        raise _fault(path, "holds no tensors by name")
    return {str(name).removeprefix("module."): tensor for name, tensor in found.items()}


def looks_like(names: Iterable[str]) -> str:
    """What a model with tensors of these names probably is, in words."""
    names = list(names)
    for model, prefixes in _SIGNS.items():
        if all(any(name.startswith(prefix) for name in names) for prefix in prefixes):
            return f"looks like {model}"
    return f"has {', '.join(names[:3])}, ..."


def wrong_model(path: Path, wanted: str, names: Iterable[str], why: str = "") -> CheckpointError:
    """The error for a checkpoint of another model."""
    return _fault(path, f"is no {wanted}: it {looks_like(names)}{f' ({why})' if why else ''}")


@contextmanager
def without_bars() -> Iterator[None]:
    """While this lasts, transformers draws no progress bars on the terminal."""
    import transformers.utils.logging

    logging: Any = transformers.utils.logging
    with _BARS:
        was_enabled = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            if was_enabled:
                logging.enable_progress_bar()


def check_kind(folder: Path, kinds: Sequence[str]) -> None:
    """Refuse, by a CheckpointError, a folder that holds a model of another kind."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        kind = config.get("model_type") if isinstance(config, dict) else None
    except (OSError, ValueError):
        kind = None
    if kind in kinds:
        return
    what = f"a model of kind '{kind}'" if isinstance(kind, str) else "no model of transformers"
    raise CheckpointError(
        f"folder '{folder.name}' holds {what}; needed is {' or '.join(kinds)}. Pull the model that "
        "the catalogue names, or mend the catalogue's entry."
    )


def _fault(path: Path, what: str) -> CheckpointError:
    return CheckpointError(
        f"file '{path.name}' {what}; needed are the weights that the catalogue names. Delete it "
        "and pull the model again, or place the right file."
    )
