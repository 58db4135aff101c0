"""Lines of writing, by how likely each place is to be the core of one, and the strokes in them.

Detectors are taught cores, so that lines which touch stay apart (Liao, Wan, Yao, Chen, Bai 2020,
"Real-time scene text detection with differentiable binarization"): what they find is grown back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.opencv import cv2

_LEAST_SIDE = 3  # px of a core; less is chance
_GROWTH = 1.6  # area over circumference of a core, times this, is how far each side moves out

_BEHIND = 1.5  # heights of a line: over so much the middle colour is that behind its letters
_CLEAR = 0.7  # of the difference that divides strokes best from what is behind them
_LEAST_DIFFERENCE = 5  # of 255, in Lab; less is what photos have by themselves
_NEAR = 0.06  # a difference from the writing's colour that is none
_USUAL = 0.03, 0.6  # how much of a line is strokes
_AROUND = 0.05  # of a line's height: smeared edges

_BEYOND = 0.25  # of a line's height: letters do not reach so far out of it
_MUCH = 0.5  # of a line's height, in px: as much as that lies beyond of what goes on there
_TELLING = 0.3  # of the strokes: as many are of one colour that ends in the line
_RIVAL = 0.5  # of that share: where another colour has more, either may be the letters'
_ALIKE = 14  # of 255, in Lab: by how much letters of one colour differ
_CELL = 16  # of 255, in Lab: colours that are counted as one
_CANDIDATES = 4  # colours that may be that of the letters
_HUGGING = 0.06  # of a line's height: outlines around letters

# Chosen on the seven photos of `benchmarks/pictures/writing.py` to tune: of the strokes there is as
# much selected as without what is said of colours and of what goes on, of other px a seventh less.


@dataclass(frozen=True, slots=True)
class Line:
    """A line of writing: a turned rectangle, in px, and how likely it is one, 0 to 1.

    Attributes:
        middle: x and y.
        size: its two sides.
        angle: by which the first side is turned, in degrees.
        score: mean of how likely its core is.
    """

    middle: tuple[float, float]
    size: tuple[float, float]
    angle: float
    score: float


def find_lines(likely: NDArray[np.float32], threshold: float, least_score: float) -> list[Line]:
    """The lines of which a map shows the cores.

    Args:
        likely: `[H, W]`, 0 to 1.
        threshold: what is above it is of a core.
        least_score: lines whose mean is lower are left out.

    Returns:
        Lines in px of the map, from the top down, each as large as its writing should be.

    Examples:
        >>> likely = np.zeros((40, 80), np.float32)
        >>> likely[15:21, 10:61] = 1
        >>> [line] = find_lines(likely, 0.3, 0.5)
        >>> sorted(round(side) for side in line.size)
        [15, 60]
    """
    found = [line for line in _cores(likely, threshold) if line.score >= least_score]
    return sorted(found, key=lambda line: (line.middle[1], line.middle[0]))


def _cores(likely: NDArray[np.float32], threshold: float) -> Iterator[Line]:
    core = (likely > threshold).astype(np.uint8)
    outlines, _ = cv2.findContours(core, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        middle, (width, height), angle = cv2.minAreaRect(outline)
        width, height = width + 1, height + 1  # outlines run through the middles of px
        if min(width, height) < _LEAST_SIDE:
            continue
        left, top, columns, rows = cv2.boundingRect(outline)
        part = np.zeros((rows, columns), np.uint8)
        cv2.drawContours(part, [outline], -1, 1, cv2.FILLED, offset=(-left, -top))
        score = cv2.mean(likely[top : top + rows, left : left + columns], part)[0]
        out = _GROWTH * width * height / (width + height)
        yield Line((middle[0], middle[1]), (width + out, height + out), angle, score)


def mask_of_lines(
    lines: list[Line], seen: tuple[int, int], height: int, width: int, grow: float = 0
) -> Mask:
    """The mask `[1, H, W]` of 0 and 1 that selects lines.

    Args:
        lines: in px of the map in which they were found.
        seen: height and width of that map.
        height: px of the mask.
        width: px of the mask.
        grow: by which part of its own height each line becomes larger on all sides.

    Returns:
        Mask `[1, H, W]`; px that a line only touches are selected.

    Examples:
        >>> line = Line((2, 1), (3, 1), 0, 1)
        >>> mask_of_lines([line], (4, 4), 4, 4).sum(axis=2).astype(int).tolist()
        [[0, 3, 0, 0]]
    """
    mask = np.zeros((height, width), np.uint8)
    for line in lines:
        cv2.fillConvexPoly(mask, _corners(line, seen, height, width, grow), 1)
    selected: Mask = mask[np.newaxis].astype(np.float32)
    return selected


def _corners(
    line: Line, seen: tuple[int, int], height: int, width: int, grow: float
) -> NDArray[np.int32]:
    """The px `[4, 2]` at the corners of a line."""
    more = 2 * grow * min(line.size)
    size = (line.size[0] + more, line.size[1] + more)
    scale = np.array([width / seen[1], height / seen[0]])
    corners = (cv2.boxPoints((line.middle, size, line.angle)) + 0.5) * scale - 0.5
    is_after = corners > corners.mean(axis=0)
    outward = np.where(is_after, np.ceil(corners - 0.5), np.floor(corners + 0.5))
    return np.asarray(outward, np.int32)


def mask_of_strokes(
    image: Image, lines: list[Line], seen: tuple[int, int], grow: float = 0
) -> Mask:
    """The mask of the strokes in lines of writing, with 2 px or more around them.

    Strokes are what differs from the middle colour around it (a median), by more than what divides
    the differences near it best (Otsu 1979, "A threshold selection method from gray-level
    histograms"), and what has their colour. What goes on outside of the line, such as the rim of a
    cup, is no stroke but where it has the colour whose pieces end in the line, or touches that; it
    is one where none of the strokes' colours does so, or several do. A line where this finds
    hardly anything, or nearly all, is selected wholly.

    Args:
        image: picture `[1, H, W, 3 or 4]`, 0 to 1.
        lines: in px of the map in which they were found.
        seen: height and width of that map.
        grow: as for `mask_of_lines`, in which all strokes lie but for what is around them.

    Returns:
        Mask `[1, H, W]` of 0 and 1.
    """
    height, width = image.shape[1:3]
    picture = grey_where_clear(image)[0]
    mask = np.zeros((height, width), np.uint8)
    for line in lines:
        corners = _corners(line, seen, height, width, grow)
        side = min(line.size) * min(height / seen[0], width / seen[1])
        left, top, columns, rows = cv2.boundingRect(corners)
        margin = int(side) + 2  # what opening looks at, and what is around strokes
        y = slice(max(top - margin, 0), max(top + rows + margin, 0))
        x = slice(max(left - margin, 0), max(left + columns + margin, 0))
        part = picture[y, x]
        inside = np.zeros(part.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, corners - (x.start, y.start), 1)
        if inside.any():
            np.maximum(mask[y, x], _strokes(part, inside > 0, side), out=mask[y, x])
    selected: Mask = mask[np.newaxis].astype(np.float32)
    return selected


def _strokes(
    part: NDArray[np.float32], inside: NDArray[np.bool_], side: float
) -> NDArray[np.uint8]:
    """What is writing of `[H, W, 3]` inside of one line, whose height is `side` px."""
    lab = np.asarray(
        cv2.cvtColor(np.rint(part * 255).astype(np.uint8), cv2.COLOR_RGB2LAB), np.uint8
    )
    behind = cv2.medianBlur(lab, 2 * round(_BEHIND * side / 2) + 1)
    apart = np.linalg.norm(lab.astype(np.float32) - behind, axis=2)
    difference = np.minimum(apart, 255).astype(np.uint8)
    found = difference > _divides(difference, inside, max(4, int(side / 2)))
    found = _letters(found, lab, inside, side)
    if found.any():
        colour = np.median(part[found], axis=0)
        found |= inside & (np.abs(part - colour).max(axis=2) < _NEAR)
    low, high = _USUAL
    if not low < found.sum() / inside.sum() < high:
        return inside.astype(np.uint8)
    around = _disk(2 * max(2, round(_AROUND * side)) + 1)
    return np.asarray(cv2.dilate(found.astype(np.uint8), around), np.uint8)


def _letters(
    found: NDArray[np.bool_], lab: NDArray[np.uint8], inside: NDArray[np.bool_], side: float
) -> NDArray[np.bool_]:
    """What of the strokes found in and around a line is of its letters."""
    line = cv2.dilate(inside.astype(np.uint8), _disk(2 * _BEYOND * side)) > 0
    goes_on = _goes_on(found, line, side)
    found = found & inside
    own = found & ~goes_on
    best, rival, letters = 0.0, 0.0, own
    for colour in _colours(lab[found]):
        alike = np.linalg.norm(lab - colour, axis=2) <= _ALIKE
        ending = alike & inside & ~_goes_on(alike, line, side)
        share = float((ending & found).sum() / max(1, found.sum()))
        if share > best:
            best, rival, letters = share, best, ending | (alike & found)
        else:
            rival = max(rival, share)
    if best < _TELLING or rival > _RIVAL * best:
        return found
    near = cv2.dilate((own | letters).astype(np.uint8), _disk(2 * _HUGGING * side)) > 0
    return own | letters | (found & near)


def _goes_on(marked: NDArray[np.bool_], line: NDArray[np.bool_], side: float) -> NDArray[np.bool_]:
    """The pieces of what is marked that go on outside of a line."""
    _, labels = cv2.connectedComponents(marked.astype(np.uint8), connectivity=8)
    beyond = np.bincount(labels[~line], minlength=int(labels.max()) + 1) > _MUCH * side
    beyond[0] = False
    return np.asarray(beyond[labels], np.bool_)


def _colours(found: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """The most frequent colours `[3]` of px `[N, 3]`, in Lab."""
    cells = found // _CELL
    _, which, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    most = np.argsort(count, kind="stable")[::-1][:_CANDIDATES]
    return [np.median(found[which.ravel() == each], axis=0).astype(np.float32) for each in most]


def _divides(
    difference: NDArray[np.uint8], inside: NDArray[np.bool_], side: int
) -> NDArray[np.float32]:
    """The least difference of strokes in each tile of so many px, by what is in and around it.

    Outside of the line it is the middle one of those in it.
    """
    least = np.full(inside.shape, 0, np.float32)
    for top in range(0, inside.shape[0], side):
        for left in range(0, inside.shape[1], side):
            tile = np.s_[top : top + side, left : left + side]
            near = np.s_[max(0, top - side) : top + 2 * side, max(0, left - side) : left + 2 * side]
            if inside[tile].any():
                values = difference[near][inside[near]]
                divide, _ = cv2.threshold(values[np.newaxis], 0, 255, cv2.THRESH_OTSU)
                least[tile] = max(_CLEAR * divide, _LEAST_DIFFERENCE)
    is_told = least > 0
    return np.where(is_told, least, np.median(least[is_told]))


def _disk(size: float) -> NDArray[np.uint8]:
    side = max(3, int(size) | 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
