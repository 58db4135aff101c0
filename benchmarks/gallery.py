"""`python -m paintgraph.benchmarks.gallery`: the embedded engine beside simpler ways, to look at.

Writes labelled sheets and their numbers to `docs/gallery/`.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw
from skimage import data

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.composite import blend_into
from paintgraph.imaging.fill.guess import fill
from paintgraph.imaging.geometry.canvas import SIDES, Side, pad_image, padding_from_fraction
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.measure import measure_seam
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult
from paintgraph.models.inpainting.repaint import repaint

_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "gallery"
_OBJECTS = {
    "rocket": (290, 95, 355, 427),
    "coffee": (320, 230, 440, 335),
    "astronaut": (375, 0, 512, 262),
    "chelsea": (215, 90, 300, 170),
}
_TILE = 200  # px high
_QUALITY = 74
_LITTLE = 6_000  # px; so that small photographs show what becomes of large holes
_INTRODUCTION = """# Gallery

Made by `python -m paintgraph.benchmarks.gallery`; look at the sheets, the numbers only say so much.
`seam_ratio` is how much stronger colours change across the border of the hole than beside it: 1 is
no visible seam, below 1 is smoother than the photo. `detail` is the mean squared gradient in the
hole against that in the rest of the picture. Times are of this one run, on a busy machine: they
only compare the ways of one photo, roughly.

- *plain PatchMatch*: PyPatchMatch on the whole picture, all of it a source.
- *Telea*: OpenCV's fast marching. *mirror + blur*: the fill `mirror`, half covered by `blur`.
- *ours before*: each hole with some context, all of that a source, enlarged by Lanczos.
- *ours*: beside a new side only what is near and like what touches that side is a source, rather
  along it; all sides in two passes; what is copied inside a picture takes on the light of its
  place; enlarged with the detail of what was copied.

The photographs are scikit-image's: astronaut (NASA, public domain), rocket (SpaceX, public domain),
chelsea and coffee (CC0).
"""
_VERDICT = """## What is seen

- Outpaint: plain PatchMatch copies a second astronaut with both badges, ours before a third sleeve.
  Ours continues the flag alone at the left, the wall and the black table at the right. On coffee
  ours before and ours are alike, and good; on rocket all repeat pieces of the towers that the sides
  cut; on chelsea none knows how a cat goes on.
- All sides: plain PatchMatch repeats the astronaut and three rockets, ours before sleeves and
  rockets. Ours has no second head and no second rocket, but the one there is grows a second tip;
  of the suit below stripes of the flag are made.
- Erasing inside a picture: ours differs from before where light lies over an even ground, as in the
  sky behind the rocket, and where something is to be avoided. What still shows of an object beside
  the selection is continued into it: select all of the object, with its shadow. The whole picture
  as context (plain) copies a face into the astronaut's wall.
- Enlarging: with the detail of its sources a hole has grain again where it was soft before. Where
  the picture is smooth, as the sky behind the rocket, there is nothing to add.
- Telea and mirror + blur are quick, and seen at once in holes of this size.
"""


class _Case(NamedTuple):
    image: Image
    mask: Mask


class _Way(NamedTuple):
    label: str
    paint: Callable[[_Case], Image]


class _Before(PatchMatch):
    """PatchMatch as it was: everything is a source, enlarging makes soft."""

    def __init__(self, pool: PatchMatchPool) -> None:
        super().__init__(pool)
        self._plain = pool

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,  # noqa: ARG002
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - it did not know of it
    ) -> Image:
        """Fill what the mask selects with patches of all the rest."""
        return _whole(self._plain, _Case(image, mask), request.seed)

    finish = ResizedResult.finish  # copies nothing


def main() -> None:
    """Paint, and write sheets and numbers."""
    parser = argparse.ArgumentParser(
        prog="python -m paintgraph.benchmarks.gallery", description=__doc__
    )
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where to")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    photos = {name: _photo(name) for name in _OBJECTS}
    erased = {name: _erase(photo, _OBJECTS[name]) for name, photo in photos.items()}
    sides = {name: _extend(photo, ("left", "right")) for name, photo in photos.items()}
    all_sides = {"astronaut": _extend(photos["astronaut"], SIDES)}
    with PatchMatchPool() as pool:
        ways = [
            _Way("plain PatchMatch", lambda case: _whole(pool, case)),
            _Way("Telea", lambda case: fill(case.image, case.mask, "telea")),
            _Way("mirror + blur", _mirror_and_blur),
            _Way("ours before", lambda case: _ours(case, _Before(pool))),
            _Way("ours", lambda case: _ours(case, PatchMatch(pool))),
        ]
        little = [
            _Way("enlarged, before", lambda case: _ours(case, _limited(_Before(pool)))),
            _Way("enlarged with detail", lambda case: _ours(case, _limited(PatchMatch(pool)))),
        ]
        text = [
            _INTRODUCTION,
            _sheet("outpaint", "Outpaint, a third on two sides", sides, ways, folder),
            _sheet("all_sides", "Outpaint, a third on all sides", all_sides, ways, folder),
            _sheet("erase", "Object removal", erased, ways, folder),
            _sheet("enlarge", "Painted at a small size, then enlarged", erased, little, folder),
            _VERDICT,
        ]
    (folder / "README.md").write_text("\n".join(text), encoding="utf-8")


def _photo(name: str) -> Image:
    pixels = np.asarray(getattr(data, name)(), np.float32)[np.newaxis]
    return pixels / np.float32(255)


def _erase(photo: Image, box: tuple[int, int, int, int]) -> _Case:
    left, top, right, bottom = box
    mask = np.zeros(photo.shape[:3], np.float32)
    mask[:, top:bottom, left:right] = 1
    return _Case(photo, mask)


def _extend(photo: Image, sides: Sequence[Side]) -> _Case:
    padding = padding_from_fraction(photo.shape[2], photo.shape[1], sides)
    canvas = pad_image(photo, padding)
    mask = np.ones(canvas.shape[:3], np.float32)
    height, width = canvas.shape[1:3]
    mask[:, padding.top : height - padding.bottom, padding.left : width - padding.right] = 0
    return _Case(canvas, mask)


def _whole(pool: PatchMatchPool, case: _Case, seed: int = 0) -> Image:
    pixels = np.rint(case.image[0] * 255).astype(np.uint8)
    painted = pool.inpaint(pixels, case.mask[0] > 0, seed)
    return painted[np.newaxis].astype(np.float32) / np.float32(255)


def _mirror_and_blur(case: _Case) -> Image:
    mirrored = fill(case.image, case.mask, "mirror")
    blend_into(mirrored[0], fill(case.image, case.mask, "blur")[0], case.mask[0] / 2)
    return mirrored


def _ours(case: _Case, engine: PatchMatch) -> Image:
    return repaint(case.image, case.mask, engine, InpaintRequest()).image


def _limited(engine: PatchMatch) -> PatchMatch:
    engine.working_pixels = _LITTLE
    return engine


def _sheet(
    name: str, title: str, cases: Mapping[str, _Case], ways: list[_Way], folder: Path
) -> str:
    """Write one sheet, and give the text that shows it with its numbers."""
    rows, lines = [], []
    for photo, case in cases.items():
        tiles = [_tile(_marked(case), photo)]
        for way in ways:
            began = time.perf_counter()
            result = way.paint(case)
            seconds = time.perf_counter() - began
            tiles.append(_tile(result, way.label))
            seam, detail = measure_seam(result, case.mask).ratio, _detail(result, case.mask)
            lines.append(f"| {photo} | {way.label} | {seconds:.1f} s | {seam:.2f} | {detail:.2f} |")
        rows.append(np.concatenate(tiles, axis=1))
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0))) for row in rows]
    picture = Pillow.fromarray(np.concatenate(padded))
    picture.save(folder / f"{name}.jpg", quality=_QUALITY)
    head = "| photo | way | time | seam_ratio | detail |\n| --- | --- | ---: | ---: | ---: |"
    return f"## {title}\n\n![{title}]({name}.jpg)\n\n{head}\n" + "\n".join(lines) + "\n"


def _marked(case: _Case) -> Image:
    shown = case.image.copy()
    shown[case.mask > 0] = (1, 0, 1)
    return shown


def _tile(image: Image, label: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    height, width = image.shape[1:3]
    shown = resize(image, round(width * _TILE / height), _TILE)
    picture = Pillow.fromarray(np.rint(shown[0] * 255).astype(np.uint8))
    ImageDraw.Draw(picture).text(
        (5, 3), label, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0)
    )
    return np.pad(np.asarray(picture), ((0, 4), (0, 4), (0, 0)))


def _detail(image: Image, mask: Mask) -> float:
    """Mean squared gradient in the hole against that in the rest."""
    grey = image[0].mean(axis=2)
    down, right = np.gradient(grey)
    energy = down * down + right * right
    inside = mask[0] > 0
    return float(energy[inside].mean() / max(energy[~inside].mean(), 1e-9))


if __name__ == "__main__":
    main()
