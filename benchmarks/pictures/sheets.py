"""Contact sheets: a row for each case, a column for each way, cut around the hole."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from paintgraph.benchmarks.pictures.cases import Case, Pixels
from paintgraph.imaging.geometry.regions import grow_box, selected_box

_WIDTH, _HEIGHT = 260, 220  # px of a tile
_TITLE = 16
_QUALITY = 82
_AROUND = 0.6  # of the hole's side


class Tile(NamedTuple):
    """What one way made of one case."""

    case: Case
    way: str
    picture: Pixels


def write_sheet(file: Path, tiles: list[Tile]) -> None:
    """Write the tiles: one row for each case, the case itself first."""
    ways = list(dict.fromkeys(tile.way for tile in tiles))
    of_case: dict[str, dict[str, Tile]] = {}
    for tile in tiles:
        of_case.setdefault(tile.case.name, {})[tile.way] = tile
    sheet = Pillow.new("RGB", (_WIDTH * (len(ways) + 1), (_HEIGHT + _TITLE) * len(of_case)))
    for line, (name, own) in enumerate(of_case.items()):
        case = next(iter(own.values())).case
        row = [
            (f"{name}: the hole", _marked(case)),
            *((w, own[w].picture) for w in ways if w in own),
        ]
        for column, (label, picture) in enumerate(row):
            at = (column * _WIDTH, line * (_HEIGHT + _TITLE))
            sheet.paste(_cut(case, picture), (at[0], at[1] + _TITLE))
            ImageDraw.Draw(sheet).text((at[0] + 3, at[1] + 2), label[-44:], fill="white")
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, quality=_QUALITY)


def _marked(case: Case) -> Pixels:
    shown = (case.picture if case.truth is None else case.truth).copy()
    shown[case.hole] = shown[case.hole] // 2 + np.array([127, 0, 127], np.uint8)
    return shown


def _cut(case: Case, picture: Pixels) -> Pillow.Image:
    hole = selected_box(case.hole[np.newaxis].astype(np.float32))
    assert hole is not None  # noqa: S101 - no case is without
    margin = round(_AROUND * max(hole.width, hole.height))
    box = grow_box(hole, margin, case.hole.shape[1], case.hole.shape[0])
    tile = Pillow.fromarray(picture[box.top : box.bottom, box.left : box.right])
    tile.thumbnail((_WIDTH - 4, _HEIGHT - 4), Pillow.Resampling.LANCZOS)
    return tile
