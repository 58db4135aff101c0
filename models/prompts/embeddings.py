"""Learnt words ("textual inversion"): vectors that stand in a prompt as `embedding:NAME`.

Files hold them as `emb_params` or `clip_l` and `clip_g` of SDXL; those that torch pickled
hold `string_to_param`, or learnt words by name as the concepts library of the hub has them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from paintgraph.models.errors import WeightsError
from paintgraph.models.loading.checkpoints import read_pickle
from paintgraph.models.sampling.values import Array

_SAFE = (".safetensors", ".sft")
_PARTS = {"clip_l": "l", "clip_g": "g", "t5xxl": "t5"}
_WRAPPER = "string_to_param"
_MOST_VECTORS = 1000

Embedding = Mapping[str, Array]
"""Vectors `[tokens, width]` by the encoder that they are for, "" for any whose width it is."""


def read_embedding(path: Path) -> Embedding:
    """The vectors of a file; no code in it is run. Raises WeightsError, CheckpointError."""
    tensors = _tensors(path)
    by_part = {_PARTS[name]: each for name, each in tensors.items() if name in _PARTS}
    if not tensors:
        raise _fault(path, "holds no tensors")
    chosen = by_part or {"": next(iter(tensors.values()))}
    return {part: _vectors(path, each) for part, each in chosen.items()}


def vectors_for(embedding: Embedding, name: str, part: str, width: int) -> Array:
    """The vectors for an encoder whose words are `width` wide; WeightsError if there are none."""
    found = embedding.get(part, embedding.get(""))
    if found is None or found.shape[1] != width:
        has = " and ".join(sorted(str(each.shape[1]) for each in embedding.values()))
        raise WeightsError(
            f"embedding '{name}' has vectors of width {has}; this text encoder takes {width}. It "
            "was made for another family of models: use it with one of those."
        )
    return found


def _tensors(path: Path) -> dict[str, Any]:
    if path.suffix.lower() in _SAFE:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise _fault(path, f"cannot be read: {error}") from error
    import torch

    found = read_pickle(path)
    found = found.get(_WRAPPER, found) if isinstance(found, dict) else {"": found}
    items = found.items() if isinstance(found, Mapping) else ()
    return {str(name): each for name, each in items if isinstance(each, torch.Tensor)}


def _vectors(path: Path, tensor: Any) -> Array:
    array: Array = tensor.detach().float().cpu().numpy()
    array = array[np.newaxis] if array.ndim == 1 else array
    if array.ndim != 2 or not 0 < len(array) <= _MOST_VECTORS:
        raise _fault(path, f"holds a tensor of shape {list(array.shape)}")
    if not np.isfinite(array).all():
        raise _fault(path, "holds numbers that are none (NaN or infinite)")
    return array


def _fault(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"file '{path.name}' {what}; an embedding holds 1 to {_MOST_VECTORS} vectors, such as "
        "[4, 768]. Bring the file again, or another."
    )
