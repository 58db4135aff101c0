"""What a caller passes for a recipe's inputs: pictures in any usual form, and plain values."""

import os
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.imaging.files.descriptions.pillow import chunks_of
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats.parts import insert
from paintgraph.imaging.samples import quantise, to_image
from paintgraph.jobs.sources.inline import is_inline, read_inline, unpacked
from paintgraph.python.results import Picture, Result

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_REFERENCES = (PREFIX, "data:", "http://", "https://")
_FORMS = "a path, a file's bytes, a numpy array, a PIL image, and a Picture or Result of a run"
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_CHANNELS = (1, 3, 4)


def batches(
    given: Mapping[str, Any], declared: Mapping[str, InputSpec]
) -> Iterator[dict[str, Any]]:
    """The inputs of each run that batches of pictures ask for; one run if there are none.

    A batch is an array `[B, H, W, C]`, for a mask also `[B, H, W]`, or a list of pictures. Inputs
    that are no batch, or one of a single picture, go into every run. Raises UsageError if two
    batches differ in length.
    """
    many = {
        name: pictures
        for name, value in given.items()
        if name in declared and declared[name].resource == "picture"
        if (pictures := _batch(value, declared[name])) is not None
    }
    lengths = {name: len(pictures) for name, pictures in many.items()}
    count = max(lengths.values(), default=1)
    empty = [name for name, length in lengths.items() if not length]
    fewer = [name for name, length in lengths.items() if length not in (1, count)]
    if empty or fewer:
        counts = ", ".join(f"'{name}' has {length}" for name, length in lengths.items())
        name = (empty or fewer)[0]
        wanted = f"1 or {count}" if count > 1 else "1 or more"
        message = (
            f"inputs: batches of pictures differ: {counts}; allowed are equal batches, or one. "
            f"Pass {wanted} for '{name}'."
        )
        raise UsageError(Problem("size_mismatch", message, input=name))
    for index in range(count):
        yield {
            **given,
            **{name: many[name][index if n > 1 else 0] for name, n in lengths.items()},
        }


def _batch(value: object, spec: InputSpec) -> "list[Any] | NDArray[Any] | None":
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, np.ndarray):
        is_stack = _is_mask(spec) and value.ndim == 3 and value.shape[2] not in _CHANNELS
        return value if value.ndim == 4 or is_stack else None
    if isinstance(value, Result) and len(value.pictures()) > 1:
        return list(value.pictures())
    return None


def _is_mask(spec: InputSpec) -> bool:
    return spec.type.partition("|")[0] == "mask"


def literals(
    given: Mapping[str, Any],
    declared: Mapping[str, InputSpec],
    refer: Callable[[Path | bytes], str],
) -> dict[str, Any]:
    """Values as a graph holds them; `refer` keeps a picture and gives its reference.

    Raises UsageError with every input that cannot be used.
    """
    found: dict[str, Any] = {}
    problems = []
    for name, value in given.items():
        spec = declared.get(name)
        try:
            if spec is None:
                raise BindError(_unknown(name, declared), code="unknown_input")
            is_picture = spec.resource == "picture" and (value is not None or spec.required)
            if is_picture and _is_mask(spec):
                _check_scale(value)
            found[name] = _reference(value, refer) if is_picture else _plain(value)
        except Error as error:
            problems.append(
                Problem(error.code, f"input '{name}': {error}", None, name, ("inputs", name))
            )
    if problems:
        raise UsageError(*problems)
    return found


def _unknown(name: str, declared: Mapping[str, InputSpec]) -> str:
    known = ", ".join(declared) or "none"
    return f"the recipe has no such input; it has {known}.{suggestion(name, declared)}"


def _check_scale(mask: object) -> None:
    """Refuse integers of 0 and 1 as a mask: as samples they select next to nothing."""
    if not (isinstance(mask, np.ndarray) and mask.dtype in (np.uint8, np.uint16)):
        return
    if mask.size and mask.max() == 1:
        raise BindError(
            f"the mask's samples are 0 and 1 of {np.iinfo(mask.dtype).max}, which selects next to "
            "nothing; allowed are bool, floats from 0 to 1, and integers up to the largest. Pass "
            "mask.astype(bool) where 1 selects.",
            code="bad_array",
        )


def _reference(value: object, refer: Callable[[Path | bytes], str]) -> str:
    match value:
        case str() if value.startswith(_REFERENCES):
            return value
        case str() if is_inline(value) and not os.path.exists(value):  # noqa: PTH110 - no path, maybe
            return refer(read_inline(value))
        case str() | os.PathLike():
            return refer(Path(value))
    return refer(_file_of(value))


def _file_of(value: Any) -> bytes:
    """The bytes of a picture's file."""
    match value:
        case bytes() | bytearray() | memoryview():
            return unpacked(bytes(value))
        case Result():
            return value.pictures()[0].encode(graph=False)
        case Picture():
            return value.encode(graph=False)
        case np.ndarray():
            return _of_array(value)
    if hasattr(value, "mode") and hasattr(value, "getbands"):
        return _of_pillow(value)
    if value is None:
        raise BindError(f"it is None; allowed are {_FORMS}. Pass one.", code="wrong_type")
    kind = type(value).__name__
    raise BindError(f"it is of type {kind}; allowed are {_FORMS}. Convert it.", code="wrong_type")


def _of_array(array: NDArray[Any]) -> bytes:
    """The PNG file of samples `[H, W]` or `[H, W, C]`; floats are kept to 16 bits."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in _CHANNELS):
        shape = list(array.shape)
        raise BindError(
            f"the array's shape is {shape}; allowed are [H, W], [H, W, 1, 3 or 4], and batches of "
            "such pictures along a first axis. Move or drop axes.",
            code="bad_array",
        )
    if 0 in array.shape:
        raise BindError("the array holds no pixel. Pass a picture.", code="bad_array")
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * np.uint8(255)
    elif np.issubdtype(array.dtype, np.floating):
        array = _quantised(array)
    if array.dtype not in (np.uint8, np.uint16):
        raise BindError(
            f"the array's samples are {array.dtype}; allowed are bool, uint8, uint16, and floats "
            "from 0 to 1. Convert them, such as by array.astype(numpy.uint8).",
            code="bad_array",
        )
    return encode(to_image(array), depth=array.dtype.itemsize * 8)


def _quantised(array: NDArray[Any]) -> NDArray[Any]:
    low, high = float(array.min()), float(array.max())
    if np.isnan(low):
        raise BindError(
            "some of the array's samples are NaN; floats must lie from 0 to 1. Replace them, such "
            "as by numpy.nan_to_num(array).",
            code="bad_array",
        )
    if not (low >= 0 and high <= 1):
        raise BindError(
            f"the array's samples go from {low:g} to {high:g}; floats must lie from 0 to 1. "
            "Divide by the largest value, such as 255.",
            code="bad_array",
        )
    return quantise(array.astype(np.float64), 16)


def _of_pillow(image: "PillowImage") -> bytes:
    """The PNG file of a PIL image, with all that its `info` says of it."""
    if image.mode not in _MODES:
        raise BindError(
            f"the image's mode is {image.mode}; allowed are {', '.join(_MODES)}. "
            "Convert it, such as by image.convert('RGB').",
            code="unsupported_picture",
        )
    file = BytesIO()
    exif = {"exif": image.info["exif"]} if "exif" in image.info else {}
    try:
        image.save(file, "PNG", compress_level=1, **exif)
    except (OSError, ValueError, SyntaxError) as error:
        message = f"the image cannot be read: {error}. Open its file again."
        raise BindError(message, code="damaged_picture") from error
    return insert(file.getvalue(), chunks_of(image.info))


def _plain(value: object) -> object:
    """A value of numpy or pathlib as the plain one that it stands for."""
    match value:
        case np.ndarray():
            return value.tolist()
        case np.generic():
            return value.item()
        case os.PathLike():
            return os.fspath(value)
    return value
