"""Stand-in for `node_helpers`."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from PIL import ImageFile, UnidentifiedImageError

from paintgraph.nodes.packs.host.placeholders import names_of

Opened = TypeVar("Opened")


def conditioning_set_values(
    conditioning: list[Any],
    values: dict[str, Any] = {},  # noqa: B006 - the signature that packs know
    append: bool = False,
) -> list[Any]:
    """Conditionings with more options, which replace or are appended to those of these names."""
    changed = []
    for embedding, options in conditioning:
        more = dict(options)
        for name, value in values.items():
            more[name] = [*more[name], *value] if append and name in more else value
        changed.append([embedding, more])
    return changed


def pillow(function: Callable[[Any], Opened], argument: Any) -> Opened:
    """Call a function of PIL; once more with truncated files allowed if it fails."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        return function(argument)
    except (OSError, UnidentifiedImageError, ValueError):
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        return function(argument)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def hasher() -> Callable[..., Any]:
    """What digests of files are made with."""
    return hashlib.sha256


def string_to_torch_dtype(string: str) -> torch.dtype | None:
    """A sample type by its short name."""
    named = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    return named.get(string)


def image_alpha_fix(
    destination: torch.Tensor, source: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures with as many channels: the source loses its alpha, or gets an opaque one."""
    more = destination.shape[-1] - source.shape[-1]
    if more < 0:
        source = source[..., : destination.shape[-1]]
    elif more > 0:
        source = torch.nn.functional.pad(source, (0, more), value=1.0)
    return destination, source


__getattr__ = names_of("node_helpers")
