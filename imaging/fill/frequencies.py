"""Thin holes filled by the few waves that say most about what surrounds them.

Frequency-selective reconstruction, written after Seiler, Jonscher, Schoeberl and Kaup, "Resampling
images to a regular grid from a non-regular subset of pixel positions using frequency selective
reconstruction", IEEE Transactions on Image Processing 24 (11), 2015, and Genser, Seiler, Schilling
and Kaup, "Signal and loss geometry aware frequency selective extrapolation for error concealment",
Picture Coding Symposium 2018. A small block with hidden px is modelled together with what lies
around it as a sum of waves: again and again the wave is added that takes most of what is left of
the known px, where near ones count more. What the sum is in the hidden px is their colour.

Each block depends on no other one (as long as some px around it is known), so neither order nor
tiles show, as long as these begin at multiples of `BLOCK`.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_Colours: TypeAlias = NDArray[np.float32]
_Flags: TypeAlias = NDArray[np.bool_]
_Places: TypeAlias = NDArray[np.intp]

BLOCK = 4
"""Px of the side of what is found at once."""
WINDOW = 32
"""Px of the side of what a block is found from; an even number."""

_HALF = WINDOW // 2 + 1  # frequencies across; the others mirror these, as px are real numbers
_BEFORE = (WINDOW - BLOCK) // 2  # px from the beginning of a window to that of its block
# How fast px count less away from the middle of a window, per px: of 0.8, as in the papers, edges
# ring more.
_DECAY = 0.68
_SMOOTH = 5.0  # how much rather low frequencies are taken; the papers have 2
_SHARE = 0.6  # of a wave that is taken at once, as they overlap where px are missing
_WAVES = 150
_AGAIN = 0.3  # how much px count that were found themselves, in holes that are wide
_REACH = 8  # px from what is known that are found at once
_AT_ONCE = 32  # blocks; few enough for the processor's cache


class _Windows(NamedTuple):
    """N windows: how much each px counts `[N, T, T]` and colours `[N, 3, T, T]`."""

    weights: _Colours
    colours: _Colours


def reconstruct(
    picture: _Colours,
    hole: _Flags,
    usable: _Flags | None = None,
    step: Callable[[int, int], object] = lambda _done, _total: None,
) -> _Colours:
    """The picture with colours in the hole that continue the waves around it.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`; at least one px that is none is usable.
        usable: `[H, W]`; which px outside the hole say something about it, all without it.
        step: called about every 0.1 s with how many px are done, and of how many; may raise.

    Returns:
        A new picture `[H, W, 3]`; outside the hole bit for bit the same.
    """
    result = picture.copy()
    pad = ((WINDOW, 2 * WINDOW), (WINDOW, 2 * WINDOW))
    known = ~hole if usable is None else usable & ~hole
    weights = np.pad(known.astype(np.float32), pad)
    left = np.pad(hole, pad)
    colours = np.pad(np.where(hole[..., np.newaxis], np.float32(0), picture), (*pad, (0, 0)))
    counted, total = 1.0, max(1, int(np.count_nonzero(hole)))
    while left.any():
        near = _near(weights > 0) & left
        if not near.any():  # nothing is known near it
            break
        found = colours.copy() if counted < 1 else colours
        places = _blocks(near)
        done, wanted = total - int(np.count_nonzero(left)), int(np.count_nonzero(near))
        for begin in range(0, len(places), _AT_ONCE):
            step(int(done + wanted * begin / len(places)), total)
            _find(colours, weights, near, places[begin : begin + _AT_ONCE], found)
        colours = found
        counted *= _AGAIN
        weights[near] = counted
        left &= ~near
    height, width = hole.shape
    inner = colours[WINDOW : WINDOW + height, WINDOW : WINDOW + width]
    result[hole] = inner[hole]
    return result


def _near(known: _Flags) -> _Flags:
    """What is at most so far from something known that it is found at once."""
    beyond = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    near: _Flags = np.asarray(beyond) <= _REACH
    return near


def _blocks(wanted: _Flags) -> _Places:
    """Row and column of every block with something wanted, `[N, 2]`, row by row."""
    height, width = (side - side % BLOCK for side in wanted.shape)
    cells = wanted[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return np.argwhere(cells.any(axis=(1, 3))) * BLOCK


def _find(
    colours: _Colours, weights: _Colours, wanted: _Flags, places: _Places, found: _Colours
) -> None:
    """Write what is wanted of some blocks into `found`."""
    rows, columns = (places - _BEFORE).T
    shape = (WINDOW, WINDOW)
    seen = sliding_window_view(weights, shape)[rows, columns] * _FALL_OFF
    around = sliding_window_view(colours, shape, axis=(0, 1))[rows, columns]
    total = seen.sum(axis=(1, 2), keepdims=True)[:, np.newaxis]
    shares = seen[:, np.newaxis] / np.maximum(total, np.float32(1e-12))
    mean = (around * shares).sum(axis=(2, 3), keepdims=True)
    sums = _sums(_Windows(shares[:, 0], around - mean)) + mean
    is_known = (seen > 0)[:, np.newaxis]
    lowest = np.where(is_known, around, np.float32(1)).min(axis=(2, 3), keepdims=True)
    highest = np.where(is_known, around, np.float32(0)).max(axis=(2, 3), keepdims=True)
    np.clip(sums, lowest, highest, out=sums)
    inner = sums[:, :, _BEFORE : _BEFORE + BLOCK, _BEFORE : _BEFORE + BLOCK]
    for (row, column), block in zip(places, inner, strict=True):
        place = np.s_[row : row + BLOCK, column : column + BLOCK]
        selected = wanted[place]
        found[place][selected] = block.transpose(1, 2, 0)[selected]


def _sums(windows: _Windows) -> _Colours:
    """The waves that say most about each window, added up: `[N, 3, T, T]`."""
    count = len(windows.weights)
    # A spectrum goes on beyond its end as it begins, so that one moved by a frequency is a part.
    seen = np.tile(scipy.fft.fft2(windows.weights).astype(np.complex64), (1, 2, 2))
    moved = sliding_window_view(seen[..., : WINDOW + _HALF], (WINDOW, _HALF), axis=(1, 2))
    left = scipy.fft.rfft2(windows.weights[:, np.newaxis] * windows.colours).astype(np.complex64)
    left = left.reshape(count, 3, -1)
    taken = np.zeros((count, 3, WINDOW, _HALF), np.complex64)
    each = np.arange(count)
    for _ in range(_WAVES):
        power = (np.square(left.real) + np.square(left.imag)).sum(axis=1) * _PREFERRED
        row, column = np.divmod(power.argmax(axis=1), _HALF)
        # The weights of a window add up to 1, so this is the wave's own amplitude.
        amplitude = left[each, :, row * _HALF + column] * np.float32(_SHARE)
        # A wave and its mirror image are one; four frequencies are their own mirror images.
        is_alone = (2 * row % WINDOW == 0) & (2 * column % WINDOW == 0)
        mirrored = amplitude.conj() * ~is_alone[:, np.newaxis]
        taken[each, :, row, column] += amplitude
        both = np.flatnonzero((2 * column % WINDOW == 0) & ~is_alone)
        taken[both, :, -row[both] % WINDOW, column[both]] += mirrored[both]
        waves = np.stack(
            [moved[each, -row % WINDOW, -column % WINDOW], moved[each, row, column]], 1
        )
        left -= np.stack([amplitude, mirrored], axis=2) @ waves.reshape(count, 2, -1)
    sums = scipy.fft.irfft2(taken * np.float32(WINDOW * WINDOW), s=(WINDOW, WINDOW))
    return np.asarray(sums, np.float32)


def _fall_off() -> _Colours:
    away = np.arange(WINDOW) - (WINDOW - 1) / 2
    return np.asarray(_DECAY ** np.hypot(away[:, np.newaxis], away), np.float32)


def _preferred() -> _Colours:
    down, across = np.fft.fftfreq(WINDOW)[:, np.newaxis], np.fft.rfftfreq(WINDOW)
    high = np.sqrt(2 * (down**2 + across**2))
    return np.asarray(np.maximum(0, 1 - high) ** _SMOOTH, np.float32).ravel()


_FALL_OFF = _fall_off()
_PREFERRED = _preferred()
