"""`python -m paintgraph.benchmarks.pictures.measures FOLDER`: how often each measure is wrong.

Every photo is asked for holes that nobody painted: two boxes inside, a fifth of its width at both
sides, and a sixth of its height above and below. `--picture FILE` draws that of docs/measures.md.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from skimage import data

from paintgraph.benchmarks.pictures.photos import PHOTOS, load
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.measure import measure_seam
from paintgraph.imaging.repeats import measure_repeat

_ALARMS = (0.5, 0.1, 0.05, 0.02)
_HOLE = np.s_[:, 220:340, 400:520]  # of the coffee: where the plate ends
_WOOD, _SPOON = np.s_[:, 120:220, 460:560], np.s_[:, 235:335, 315:415]


def main() -> None:
    """Print from which value on a measure is above it in so many untouched holes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path, nargs="?", help="as the pictures' benchmark has them")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    if given.picture:
        _drawn().save(given.picture, quality=88)
    if given.photos:
        for kind, found in _untouched(given.photos).items():
            for name, values in zip(("seam_ratio", "ring_delta_e", "repeat"), found.T, strict=True):
                limits = ", ".join(f"{a:.0%} {np.quantile(values, 1 - a):.3f}" for a in _ALARMS)
                print(f"{kind}, {name}, {len(values)} holes: {limits}")


def _untouched(folder: Path) -> dict[str, NDArray[np.float64]]:
    found: dict[str, list[tuple[float, ...]]] = {"inside": [], "sides": []}
    rng = np.random.default_rng(0)
    for name in PHOTOS:
        picture = (load(name, folder).astype(np.float32) / np.float32(255))[np.newaxis]
        height, width = picture.shape[1:3]
        for kind, mask in _holes(height, width, rng):
            found[kind].append((*measure_seam(picture, mask), measure_repeat(picture, mask)))
    return {kind: np.array(rows) for kind, rows in found.items()}


def _holes(height: int, width: int, rng: np.random.Generator) -> Iterator[tuple[str, Mask]]:
    for _ in range(2):
        side = int(rng.uniform(0.12, 0.3) * min(height, width))
        top, left = rng.integers(0, height - side), rng.integers(0, width - side)
        yield "inside", _mask(height, width, np.s_[:, top : top + side, left : left + side])
    across, down = width // 5, height // 6
    yield "sides", 1 - _mask(height, width, np.s_[:, :, across:-across])
    yield "sides", 1 - _mask(height, width, np.s_[:, down:-down])


def _mask(height: int, width: int, hole: tuple[slice, ...]) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    mask[hole] = 1
    return mask


def _drawn() -> Pillow.Image:
    """A photo as it is, and three faults in a hole of it, each with what the measures say."""
    samples: NDArray[np.uint8] = data.coffee()  # type: ignore[no-untyped-call]
    photo: Image = (samples.astype(np.float32) / np.float32(255))[np.newaxis]
    faults = {
        "untouched": (_HOLE, photo[_HOLE]),
        "cut": (_HOLE, photo[:, 220:340, 470:590][:, ::-1]),
        "tone": (_HOLE, photo[_HOLE] + np.float32(8 / 255)),
        "copied": (_WOOD, photo[_SPOON]),
    }
    tiles = []
    for name, (hole, inside) in faults.items():
        after = photo.copy()
        after[hole] = np.clip(inside, 0, 1)
        mask = _mask(samples.shape[0], samples.shape[1], hole)
        seam, repeat = measure_seam(after, mask), measure_repeat(after, mask)
        tile = Pillow.fromarray(np.asarray(np.rint(after[0] * 255), np.uint8)).resize((360, 240))
        sheet = Pillow.new("RGB", (360, 270), "white")
        sheet.paste(tile)
        text = f"{name}: seam {seam.ratio:.2f}, tone {seam.delta_e:.2f}, repeat {repeat:.2f}"
        ImageDraw.Draw(sheet).text((4, 246), text, "black", ImageFont.load_default(16))
        tiles.append(np.asarray(sheet))
    rows = [np.hstack(tiles[:2]), np.hstack(tiles[2:])]
    return Pillow.fromarray(np.vstack(rows))


if __name__ == "__main__":
    main()
