"""Masks as people make them: what of a picture says how much is selected, and what counts as 0."""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.masks.algebra import from_image, threshold
from paintgraph.imaging.masks.selection import select_transparent

Source: TypeAlias = Literal["alpha", "opaque", "red", "green", "blue", "luminance"]

_BLACK = np.float32(8 / 255)  # nobody sees that this is not 0
_FLAT_SHARE, _FLAT_PIXELS = 1 / 8, 256  # of px with one value: a ground, not the end of a ramp
_NOISE = np.float32(16 / 255)  # what packing adds beside black and white, away from contours


class ReadMask(NamedTuple):
    """A mask, and what its reader should be told: sentences, none if nothing was doubtful."""

    mask: Mask
    notes: tuple[str, ...] = ()


def read_mask(
    image: Image, source: Source = "luminance", *, is_lossy: bool = False, cleans: bool = True
) -> ReadMask:
    """The mask that a picture holds, as its maker meant it.

    Luminance selects what is bright and opaque. In a picture that is black wherever it is opaque,
    such as one of black strokes on a clear layer, its alpha selects instead. Soft values stay
    exact, with two exceptions: a flat ground just above black counts as 0, and so does what a
    lossy format adds around black; a hard mask from such a format becomes hard again.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        source: what selects. `alpha` is what is transparent, `opaque` the contrary; red, green and
            blue are taken as they are stored, also where they cannot be seen.
        is_lossy: whether the picture's file format changes samples.
        cleans: whether there are the two exceptions.

    Returns:
        Mask `[B, H, W]`, 0 to 1, and the notes.

    Examples:
        Black strokes on a clear layer:

        >>> mask, notes = read_mask(np.array([[[[0, 0, 0, 1], [0, 0, 0, 0]]]], np.float32))
        >>> mask.tolist(), len(notes)
        ([[[1.0, 0.0]]], 1)
    """
    mask, notes = _selected(image, source)
    if not cleans:
        return ReadMask(mask, notes)
    if is_lossy:
        mask, more = _without_noise(mask)
    else:
        mask, more = _on_black(mask)
    return ReadMask(mask, (*notes, *more))


def shown_level(level: float) -> str:
    """A value from 0 to 1 as people know it: in steps of 8 bits where it is one of them.

    Args:
        level: 0 to 1.

    Returns:
        Text.

    Examples:
        >>> shown_level(1 / 255), shown_level(0.3)
        ('1/255', '0.3')
    """
    code = round(level * 255)
    return f"{code}/255" if abs(level * 255 - code) < 1e-3 else f"{level:.3g}"


def told_darkest(mask: Mask) -> str:
    """What an error on a mask that selects all should add; nothing if all of it is 1.

    Args:
        mask: mask `[H, W]`, 0 to 1.

    Returns:
        Words in brackets, after a blank, or nothing.

    Examples:
        >>> told_darkest(np.array([[1, 1 / 255]], np.float32))
        ' (its darkest px is 1/255 and not 0; ThresholdMask makes it hard)'
    """
    darkest = float(mask.min())
    if darkest == 1:
        return ""
    return f" (its darkest px is {shown_level(darkest)} and not 0; ThresholdMask makes it hard)"


def _selected(image: Image, source: Source) -> ReadMask:
    match source:
        case "alpha":
            return ReadMask(select_transparent(image), _without_alpha(image, source, "nothing"))
        case "opaque":
            return ReadMask(from_image(image, "alpha"), _without_alpha(image, source, "all"))
    mask = from_image(image, source)
    if image.shape[3] == 3 or source != "luminance" or mask.max() > _BLACK:
        return ReadMask(mask)
    alpha = image[..., 3]
    if alpha.min() > _BLACK or alpha.max() <= _BLACK:
        return ReadMask(mask)  # nothing is drawn in its alpha either
    note = (
        "The mask is black wherever it is not transparent, so what is opaque in it was taken as "
        "selected. Use channel opaque to say so, or alpha if what is transparent is selected."
    )
    return ReadMask(alpha.copy(), (note,))


def _without_alpha(image: Image, source: Source, selected: str) -> tuple[str, ...]:
    if image.shape[3] == 4:
        return ()
    note = (
        f"The mask has no transparency, so channel {source} selects {selected} of the picture. "
        "Use channel luminance for a mask of black and white."
    )
    return (note,)


def _on_black(mask: Mask) -> ReadMask:
    """The mask with its ground at 0, if it has one that is nearly black and nothing is darker."""
    lowest = mask.min()
    if not 0 < lowest <= _BLACK or mask.max() <= 0.5:
        return ReadMask(mask)
    ground = mask == lowest
    pixels = int(np.count_nonzero(ground))
    if pixels < max(_FLAT_PIXELS, _FLAT_SHARE * mask.size):
        return ReadMask(mask)
    note = (
        f"The black of the mask is {shown_level(float(lowest))} and not 0; it was taken as not "
        "selected. Make it 0 to be rid of this warning."
    )
    return ReadMask(np.where(ground, np.float32(0), mask), (note,))


def _without_noise(mask: Mask) -> ReadMask:
    """What a mask was before a lossy format changed it, as far as that can be told."""
    if _is_hard(mask):
        clean, how = threshold(mask), "what is brighter than a half was taken as selected"
    else:
        ends = np.where(mask <= _NOISE, np.float32(0), mask)
        clean = np.where(mask >= 1 - _NOISE, np.float32(1), ends)
        how = "what is nearly black or white was taken as such"
    if np.array_equal(clean, mask):
        return ReadMask(mask)
    note = (
        f"The format of the mask's file is lossy, so its black and white are not exact: {how}. "
        "Save masks as PNG."
    )
    return ReadMask(clean, (note,))


def _is_hard(mask: Mask) -> bool:
    """Whether grey is but a px or so wide along the contours: a hard or a sharp mask, packed."""
    selected = mask > 0.5
    across = np.count_nonzero(selected[:, :, 1:] != selected[:, :, :-1])
    down = np.count_nonzero(selected[:, 1:] != selected[:, :-1])
    grey = np.count_nonzero((mask > 0.25) & (mask < 0.75))
    return bool(grey <= across + down)
