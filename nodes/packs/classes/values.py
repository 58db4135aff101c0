"""Values at the border to classes: tensors and objects as packs know them; all else as it is.

What goes in is copied, as classes write into what they get, and here it is kept and shared: 25 ms
for 12 megapixels. What comes out is not.
"""

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any

import numpy as np

from paintgraph.engine.graph.sockets import ANY, Socket, Value
from paintgraph.nodes.packs.sampling.crossing import from_wire, to_wire

_PICTURES = ("image", "mask")
_AXES = (3, 4)
_MOST_LOOKED_AT = 10_000


def to_class(value: Value, type_: str) -> Any:
    """What a class gets for a value at an input of a type."""
    datum = value.data
    if isinstance(datum, np.ndarray):
        return _tensor(datum) if type_ in _PICTURES or _is_picture(datum) else datum
    if isinstance(datum, list | dict) and not value.key:
        return deepcopy(datum)  # a literal of the graph
    return to_wire(datum, type_)


def from_class(datum: Any, type_: str) -> Any:
    """What is kept of something that a class gave as a type; pictures are read-only from now on."""
    datum = from_wire(datum, type_)
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(datum, torch.Tensor):
        return datum
    if type_ in _PICTURES:
        array = datum.detach().to("cpu", torch.float32).contiguous().numpy()
    elif type_ == ANY and datum.dtype == torch.float32 and datum.dim() in _AXES:
        array = datum.detach().cpu().contiguous().numpy()
    else:
        return datum
    array.setflags(write=False)
    return array


def _is_picture(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array is a picture of ours, and none that a class has made for itself."""
    is_frozen = not array.flags.writeable
    return is_frozen and array.dtype == np.float32 and array.ndim in _AXES


def _tensor(array: np.ndarray[Any, Any]) -> Any:
    import torch

    return torch.from_numpy(array.copy())


def inference() -> AbstractContextManager[Any]:
    """While this lasts torch keeps no gradients; nothing where nobody has loaded it."""
    torch = sys.modules.get("torch")
    return nullcontext() if torch is None else torch.inference_mode()


def opaque(name: str) -> Socket:
    """The socket of a type that only classes know: never stored, weighed by the arrays in it."""
    return Socket(name, name, lambda datum: datum, held_bytes)


def held_bytes(datum: Any) -> int:
    """About what a datum holds in memory: the arrays in it, and a little for each part."""
    stack, seen, held = [datum], set[int](), 0
    while stack and len(seen) < _MOST_LOOKED_AT:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        size = getattr(part, "nbytes", None)
        held += size if isinstance(size, int) else 64
        if isinstance(part, Mapping):
            stack.extend(part.values())
        elif isinstance(part, list | tuple):
            stack.extend(part)
    return held
