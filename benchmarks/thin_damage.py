"""Thin damage whose truth is known: `python -m paintgraph.benchmarks.thin_damage`; a table.

Scratches, writing, wires, dust, creases and a fence are drawn over photos that scikit-image brings,
by fixed seeds; three of the nine cases were measured before anything was tried, the other six were
drawn before it. What is filled in is then compared with the photo.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from skimage import data

from paintgraph.benchmarks.pictures.cases import scratches, writing
from paintgraph.benchmarks.pictures.scores import psnr, wasserstein
from paintgraph.imaging.arrays import Image
from paintgraph.models.inpainters import Inpainters
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import repaint

_Colours: TypeAlias = NDArray[np.float32]
_Hole: TypeAlias = NDArray[np.bool_]
_Draw: TypeAlias = Callable[[ImageDraw.ImageDraw, int, int], object]

_LONGEST = 1200  # px of the photo with wires


class Case(NamedTuple):
    """A photo `[H, W, 3]`, 0 to 1, and where it is damaged `[H, W]`."""

    truth: _Colours
    hole: _Hole


class Result(NamedTuple):
    """What became of a case."""

    psnr: float
    """In the hole, dB; more is nearer to the photo."""
    swd: float
    """Sliced Wasserstein distance of textures, 8-bit values; less is more alike."""
    seconds: float


def measured_cases(mountain: Path | None) -> Iterator[tuple[str, Case]]:
    """The three that the review measured: of the mountains the photo is given, or left out.

    It is `aitzgorri_by_Aitzol_Berasategi.jpg` of Debian's package lomiri-wallpapers-16.04.
    """
    for name, source, draw in ("scratch", "astronaut", scratches), ("text", "chelsea", writing):
        colours = _photo(source)
        yield name, Case(_shares(colours), draw((colours.shape[0], colours.shape[1])))
    if mountain is not None:
        with Pillow.open(mountain) as photo:
            shrunk = photo.convert("RGB")
            shrunk.thumbnail((_LONGEST, _LONGEST), Pillow.Resampling.LANCZOS)
        yield "wires", _damaged(np.asarray(shrunk), _wires)


def own_cases() -> Iterator[tuple[str, Case]]:
    """Six more: dust, film, subtitles, fence, crease and scribble."""
    yield "dust", _damaged(_photo("camera"), _dust)
    yield "film", _damaged(_photo("stereo_motorcycle"), _film)
    yield "subtitles", _damaged(_photo("coffee"), _subtitles, least=61, growth=3)
    yield "fence", _damaged(_photo("rocket"), _fence)
    yield "crease", _damaged(_photo("brick"), _crease)
    yield "scribble", _damaged(_photo("grass"), _scribble)


def _photo(name: str) -> NDArray[np.uint8]:
    """A photo of scikit-image; of a pair the left one."""
    loaded = getattr(data, name)()
    return np.asarray(loaded[0] if isinstance(loaded, tuple) else loaded, np.uint8)


def _damaged(photo: NDArray[np.uint8], draw: _Draw, *, least: int = 1, growth: int = 1) -> Case:
    """The case of a photo `[H, W]` or `[H, W, 3]`; what is drawn as bright as `least` is damage."""
    colours = photo if photo.ndim == 3 else np.repeat(photo[..., np.newaxis], 3, axis=2)
    height, width = colours.shape[:2]
    sheet = Pillow.new("L", (width, height), 0)
    draw(ImageDraw.Draw(sheet), width, height)
    drawn = (np.asarray(sheet) >= least).astype(np.uint8)
    grown = cv2.dilate(drawn, np.ones((growth, growth), np.uint8)) > 0
    return Case(_shares(colours), grown)


def _shares(photo: NDArray[np.uint8]) -> _Colours:
    return photo.astype(np.float32) / np.float32(255)


def _wires(pen: ImageDraw.ImageDraw, width: int, _: int) -> None:
    for wire in range(4):
        sag = 0.00012 * (1 + 0.2 * wire)
        points = [
            (x, int(150 + 90 * wire + sag * (x - 600) ** 2 + 0.1 * x))
            for x in range(0, width + 1, 20)
        ]
        pen.line(points, fill=255, width=5)


def _dust(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Specks of 2 to 12 px, and some hairs."""
    generator = np.random.default_rng(11)
    for _speck in range(260):
        x, y = generator.integers(0, (width, height))
        across, down = generator.integers(1, 7, 2)
        pen.ellipse((int(x - across), int(y - down), int(x + across), int(y + down)), fill=255)
    for _hair in range(8):
        x, y = generator.integers(20, (width - 20, height - 20))
        begin, length = generator.integers(0, 360), generator.integers(60, 220)
        box = (int(x - 40), int(y - 25), int(x + 40), int(y + 25))
        pen.arc(box, int(begin), int(begin + length), fill=255, width=2)


def _film(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Lines of 1 to 5 px from top to bottom that sway a little."""
    generator = np.random.default_rng(12)
    for _line in range(24):
        x = generator.integers(0, width)
        sway = np.cumsum(generator.normal(0, 1.5, height // 16 + 2))
        points = [(int(x + shift), 16 * row) for row, shift in enumerate(sway)]
        pen.line(points, fill=255, width=int(generator.integers(1, 6)))


def _subtitles(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Two lines at the bottom, and a date in the corner."""
    large, small = ImageFont.load_default(30), ImageFont.load_default(18)
    pen.text((width // 9, height - 90), "One cup every morning, and then", fill=255, font=large)
    pen.text((width // 6, height - 48), "nobody speaks until it is empty.", fill=255, font=large)
    pen.text((width - 150, 20), "2026-11-29 08:14", fill=255, font=small)


def _fence(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """A lattice of slanting wires, 4 px thick and 46 px apart."""
    for start in range(-height, width + height, 46):
        pen.line([(start, 0), (start + height, height)], fill=255, width=4)
        pen.line([(start, 0), (start - height, height)], fill=255, width=4)


def _crease(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """A fold down, one across and torn corners: jagged lines of 6 to 11 px."""
    generator = np.random.default_rng(13)
    for fold in range(5):
        along = np.arange(0, max(width, height) + 1, 12)
        away = (fold + 1) * width // 6 + np.cumsum(generator.normal(0, 3, len(along)))
        points = [(int(a), int(b)) for a, b in zip(along, away, strict=True)]
        points = points if fold % 2 else [(y, x) for x, y in points]
        pen.line(points, fill=255, width=int(generator.integers(6, 12)), joint="curve")


def _scribble(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Loops of a ball pen, 4 px, and of a felt pen, 9 px."""
    generator = np.random.default_rng(14)
    for pen_width in (4, 4, 9):
        turns = np.linspace(0, 14 * np.pi, 500)
        x = np.linspace(0.1, 0.75, 500) * width + 45 * np.cos(turns)
        y = generator.uniform(0.2, 0.8) * height + 55 * np.sin(turns)
        pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=255, width=pen_width)


def fill_by(engine: str, inpainters: Inpainters, case: Case, seed: int = 0) -> _Colours:
    """What an engine makes of a case, which it is shown without what is damaged."""
    shown: Image = np.where(case.hole[..., np.newaxis], np.float32(1), case.truth)[np.newaxis]
    mask = case.hole[np.newaxis].astype(np.float32)
    result = repaint(shown, mask, inpainters.get(engine), InpaintRequest(seed=seed))
    painted: _Colours = result.image[0]
    return painted


def compare(case: Case, painted: _Colours, seconds: float) -> Result:
    """How near a result in 8 bits comes to the photo."""
    given, truth = (np.rint(each * 255).astype(np.float32) for each in (painted, case.truth))
    return Result(psnr(given, truth, case.hole), wasserstein(truth, given, case.hole), seconds)


def main() -> None:
    """Fill every case by every engine, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m paintgraph.benchmarks.thin_damage", description=__doc__
    )
    parser.add_argument("engines", nargs="*", default=["patchmatch", "telea", "auto"])
    parser.add_argument("--mountain", type=Path, help="the photo of the case with wires")
    parser.add_argument("--pictures", type=Path, help="a folder for what comes out")
    parser.add_argument("--only", action="append", metavar="CASE", help="this case; again for more")
    given = parser.parse_args()
    cases = dict([*measured_cases(given.mountain), *own_cases()])
    cases = {name: case for name, case in cases.items() if name in (given.only or cases)}
    results: dict[str, dict[str, Result]] = {engine: {} for engine in given.engines}
    with Inpainters() as inpainters:
        for name, case in cases.items():
            for engine in given.engines:
                began = time.perf_counter()
                painted = fill_by(engine, inpainters, case)
                seconds = time.perf_counter() - began
                results[engine][name] = compare(case, painted, seconds)
                if given.pictures:
                    _write(given.pictures, f"{name}-{engine}", painted)
            if given.pictures:
                _write(given.pictures, f"{name}-truth", case.truth)
    print(_table(results))


def _write(folder: Path, name: str, colours: _Colours) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.rint(colours * 255).astype(np.uint8)).save(folder / f"{name}.png")


def _table(results: Mapping[str, Mapping[str, Result]]) -> str:
    lines = [f"| case | {' | '.join(results)} |", "|---" * (len(results) + 1) + "|"]
    names = list(next(iter(results.values())))
    for name in names:
        cells = [f"{found[name].psnr:.2f} / {found[name].swd:.2f}" for found in results.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    means = [
        f"{np.mean([each.psnr for each in found.values()]):.2f} / "
        f"{np.mean([each.swd for each in found.values()]):.2f}, "
        f"{sum(each.seconds for each in found.values()):.0f} s"
        for found in results.values()
    ]
    return "\n".join([*lines, f"| mean, PSNR / SWD | {' | '.join(means)} |"])


if __name__ == "__main__":
    main()
