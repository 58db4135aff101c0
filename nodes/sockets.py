"""The types of the sockets that carry pictures and models: checked, bounded, digested, stored."""

import io
from collections.abc import Callable
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from paintgraph.engine.graph.sockets import Socket, Value
from paintgraph.imaging.arrays import check_image, check_mask
from paintgraph.imaging.errors import ContractError
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.nodes.facts import REPAINT

Array = NDArray[np.float32]


def _weigh(array: Array) -> int:
    return int(getattr(array, "nbytes", 64))  # an open node may give anything


def _digest(value: Value) -> str:
    """Digest of the samples, the shape and what a saver writes beside them."""
    array: Array = value.data
    facts = sorted((name, repr(fact)) for name, fact in value.facts.items())
    digest = blake2b(repr((array.shape, facts)).encode(), digest_size=20)
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _encode(array: Array) -> bytes:
    if not isinstance(array, np.ndarray):
        raise TypeError("no array")
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _decode(data: bytes) -> Array:
    array: Array = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _check_image(array: object) -> Array:
    return _checked(check_image, array)


def _check_mask(array: object) -> Array:
    return _checked(check_mask, array)


def _checked(check: Callable[[object, str], Array], array: object) -> Array:
    """The checked array; an error does not name the place, which the engine knows better."""
    try:
        return check(array, "")
    except ContractError as error:
        reason = error.message.removeprefix(": ").removesuffix(".")
        raise ContractError(f"breaks the data contract: {reason}", code=error.code) from error


def _adapt_image(datum: object) -> object:
    """An array of numbers with the axes of an image, cut to 0..1: what an open node may mean."""
    if not isinstance(datum, np.ndarray):
        return datum
    image = datum[None] if datum.ndim == 3 else datum
    image = np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
    return np.clip(image.astype(np.float32, copy=False), 0, 1)


def _adapt_mask(datum: object) -> object:
    """An array of numbers with the axes of a mask, cut to 0..1: what an open node may mean."""
    if not isinstance(datum, np.ndarray):
        return datum
    mask = datum
    if mask.ndim == 4:
        mask = mask[..., 0] if mask.shape[-1] == 1 else mask[:, 0] if mask.shape[1] == 1 else mask
    mask = mask[None] if mask.ndim == 2 else mask
    return np.clip(mask.astype(np.float32, copy=False), 0, 1)


_COMMON = frozenset({"depth"})  # of a mask and of the picture that it becomes or comes from
TURNED = "turned"
"""The fact that holds how EXIF turned a picture when it was read, 2 to 8; of that picture alone."""
_OWN = frozenset({REPAINT, TURNED})


def _check_model(reference: object) -> str:
    """The reference; raises ModelError for what is none."""
    return str(ModelRef.parse(reference if isinstance(reference, str) else repr(reference)))


def _model_socket(name: str, wire: str) -> Socket:
    """A socket that carries which model is meant, `name@sha256:...`, never what is in memory.

    So it is kept, stored and sent as any text is; whoever works with the model borrows it then.
    """
    digest = attrgetter("data")
    return Socket(name, wire, _check_model, digest=digest, encode=str.encode, decode=bytes.decode)


IMAGE = Socket(
    "image", "IMAGE", _check_image, _weigh, _digest, _encode, _decode, _COMMON, _OWN, _adapt_image
)
MASK = Socket(
    "mask",
    "MASK",
    _check_mask,
    _weigh,
    _digest,
    _encode,
    _decode,
    _COMMON,
    frozenset(),
    _adapt_mask,
)

UPSCALER = _model_socket("upscale_model", "UPSCALE_MODEL")
BACKGROUND_REMOVER = _model_socket("background_removal", "BACKGROUND_REMOVAL")

Image = Annotated[Array, IMAGE]
Mask = Annotated[Array, MASK]

Upscaler = Annotated[str, UPSCALER]
BackgroundRemover = Annotated[str, BACKGROUND_REMOVER]
"""References to models, as the nodes that choose them give them."""
