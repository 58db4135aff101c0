"""Hypothesis strategies for what flows through graphs; they grow with each feature."""

from typing import Literal, TypeAlias

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from imaging.arrays import Image, Mask

MaskKind: TypeAlias = Literal["soft", "hard", "any"]

MAX_SIDE = 12
MAX_BATCH = 3


def _levels(shape: tuple[int, ...], highest: int) -> st.SearchStrategy[NDArray[np.float32]]:
    """Read-only arrays of k/highest, the values that files of that depth can hold."""
    kind = np.uint8 if highest < 256 else np.uint16
    codes = npst.arrays(kind, shape, elements=st.integers(0, highest))
    return codes.map(lambda array: _frozen(np.divide(array, highest, dtype=np.float32)))


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    array.flags.writeable = False
    return array


@st.composite
def sizes(draw: st.DrawFn, max_side: int = MAX_SIDE) -> tuple[int, int]:
    """Height and width, at least 1 px each."""
    sides = st.integers(1, max_side)
    return draw(sides), draw(sides)


@st.composite
def images(  # noqa: PLR0913 - a test pins what it cares for
    draw: st.DrawFn,
    *,
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    channels: int | None = None,
    depth: int = 8,
    max_side: int = MAX_SIDE,
) -> Image:
    """Images `[B, H, W, 3 or 4]` of code values divided by their maximum."""
    height, width = size or draw(sizes(max_side))
    count = batch or draw(st.integers(1, MAX_BATCH))
    colours = channels or draw(st.sampled_from([3, 4]))
    return draw(_levels((count, height, width, colours), (1 << depth) - 1))


@st.composite
def masks(
    draw: st.DrawFn,
    *,
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    kind: MaskKind = "any",
    max_side: int = MAX_SIDE,
) -> Mask:
    """Masks `[B, H, W]`; hard ones hold only 0 and 1, soft ones anything between as well."""
    height, width = size or draw(sizes(max_side))
    count = batch or draw(st.integers(1, MAX_BATCH))
    is_hard = kind == "hard" or (kind == "any" and draw(st.booleans()))
    return draw(_levels((count, height, width), 1 if is_hard else 255))


@st.composite
def images_with_masks(
    draw: st.DrawFn, *, kind: MaskKind = "any", max_side: int = MAX_SIDE
) -> tuple[Image, Mask]:
    """An image and a mask of the same size and batch."""
    image = draw(images(max_side=max_side))
    batch, height, width = image.shape[:3]
    return image, draw(masks(size=(height, width), batch=batch, kind=kind))
