"""What the header of a safetensors file says, read without loading the file.

The format: 8 bytes with the header's length (little-endian), the header (JSON: name -> dtype,
shape, data_offsets), the data. Source: https://github.com/huggingface/safetensors#format
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paintgraph.models.errors import WeightsError

_LENGTH = struct.Struct("<Q")
_MOST_HEADER_BYTES = 100_000_000  # the format's own limit


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of a file: shapes by name, and how many bytes they take."""

    shapes: Mapping[str, tuple[int, ...]]
    data_bytes: int


def read_tensors(path: Path) -> Tensors:
    """What a safetensors file holds; raises WeightsError for one that is cut off or damaged."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            header, begins = _header(file.read(_LENGTH.size), file, size, path)
    except OSError as error:
        raise weights_error(path, f"it cannot be read: {error.strerror}") from error
    shapes, ends = {}, 0
    for name, about in header.items():
        if name == "__metadata__":
            continue
        try:
            shapes[name] = tuple(int(length) for length in about["shape"])
            ends = max(ends, int(about["data_offsets"][1]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise weights_error(path, "its header is damaged") from error
    if begins + ends != size:
        what = "it is cut off" if begins + ends > size else "it is longer than its header says"
        raise weights_error(path, f"{what}: {size} bytes, expected are {begins + ends}")
    return Tensors(shapes, ends)


def _header(start: bytes, file: Any, size: int, path: Path) -> tuple[dict[str, Any], int]:
    if len(start) < _LENGTH.size:
        raise weights_error(path, "it is empty or cut off")
    (length,) = _LENGTH.unpack(start)
    begins = _LENGTH.size + length
    if length > _MOST_HEADER_BYTES or begins > size:
        raise weights_error(path, "it is cut off, or no safetensors file at all")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise weights_error(path, "it is no safetensors file, or damaged") from error
    if not isinstance(header, dict):
        raise weights_error(path, "it is no safetensors file, or damaged")
    return header, begins


def weights_error(path: Path, what: str) -> WeightsError:
    """The error for a file; it names no folder."""
    place = "/".join(path.parts[-2:])
    return WeightsError(f"'{place}': {what}. Delete the file and get it again.")
