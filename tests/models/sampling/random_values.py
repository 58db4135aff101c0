"""Random values of sampling, made from the types of their fields."""

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from paintgraph.models.sampling import values
from paintgraph.models.sampling.rules import AXES, BOUNDS, REFERENCES, Field

KINDS = (
    *(values.Denoiser, values.TextEncoder, values.Autoencoder, values.Conditioning, values.Latent),
    *(values.ControlNet, values.Noise, values.Sigmas, values.SamplerChoice, values.Guider),
)
"""What sockets carry."""

_REFERENCES = st.sampled_from([f"some.safetensors@sha256:{digit * 64}" for digit in "0af"])
_SIDES = st.integers(1, 3)


def of(kind: Any, field: Field | None = None) -> st.SearchStrategy[Any]:
    """Values of a kind, at most a few entries long."""
    if kind == values.Array:
        return _arrays(field)
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: of(hint, (kind, name)) for name, hint in hints.items()})
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        if arguments[1:] == (Ellipsis,):
            return st.lists(of(arguments[0], field), max_size=2).map(tuple)
        return st.tuples(*(of(inner, field) for inner in arguments))
    if get_origin(kind) in (Union, UnionType):
        return st.one_of([of(inner, field) for inner in arguments])
    return _plain(kind, field)


def _plain(kind: Any, field: Field | None) -> st.SearchStrategy[Any]:
    if kind is NoneType:
        return st.none()
    if kind is str:
        return _REFERENCES if field in REFERENCES else st.text(max_size=5)
    if kind is bool:
        return st.booleans()
    low, high = BOUNDS.get(field, (-9, 9)) if field else (-9, 9)
    numbers = st.integers(int(low), int(high))
    return numbers if kind is int else numbers.map(float) | st.floats(low, high)


@st.composite
def _arrays(draw: st.DrawFn, field: Field | None) -> values.Array:
    assert field is not None
    digits = [axis[0] for axis in AXES[field]]
    shape = tuple(int(digit) if digit.isdigit() else draw(_SIDES) for digit in digits)
    low, high = BOUNDS.get(field, (-9, 9))
    elements = st.floats(low, high, width=32)
    return draw(npst.arrays(np.float32, shape, elements=elements))
