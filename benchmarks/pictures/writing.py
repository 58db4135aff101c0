"""`python -m paintgraph.benchmarks.pictures.writing`: what is selected of writing drawn on photos.

Fourteen photos with writing whose strokes are known, split and drawn before anything was tried:
recall of the strokes, the share of what is selected that is not a stroke nor within 3 px of one,
intersection over union with the strokes grown by that, and how near `remove_writing` comes to all
of the photo, in dB. Wants the model `ch_PP-OCRv4_det`.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

import paintgraph
from paintgraph.benchmarks.outlines import overlap
from paintgraph.benchmarks.pictures.cases import Hole, Pixels, Split
from paintgraph.benchmarks.pictures.photos import load
from paintgraph.benchmarks.pictures.scores import psnr

_NEAR = 7  # px across: 3 on each side


class _Line(NamedTuple):
    left: int
    top: int
    text: str
    size: int
    colour: tuple[int, int, int]
    font: str = ""
    outline: int = 0


_WHITE, _BLACK, _YELLOW = (255, 255, 255), (0, 0, 0), (255, 220, 60)
_RED, _GREY, _BLUE = (200, 30, 40), (205, 205, 205), (40, 70, 200)
_SERIF, _BOLD, _MONO = "DejaVuSerif.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"

_CASES: Mapping[Split, Mapping[str, tuple[_Line, ...]]] = {
    "tune": {
        "coffee": (
            _Line(40, 30, "SALE 50% OFF", 40, _WHITE),
            _Line(120, 330, "Copyright Example", 40, _YELLOW),
        ),
        "astronaut": (_Line(60, 430, "First in orbit", 52, _WHITE, _BOLD, 3),),
        "chelsea": (_Line(30, 120, "sleeping cat", 54, _YELLOW, _SERIF),),
        "rocket": (_Line(150, 200, "launch at dawn", 44, _GREY),),
        "building": (_Line(150, 190, "FOR RENT", 64, _RED, _BOLD),),
        "leuven": (_Line(90, 200, "2026-11-29 08:14", 40, _YELLOW, _MONO),),
        "notice": (_Line(30, 420, "do not enter", 48, _BLUE, _BOLD),),
    },
    "hold": {
        "boats": (_Line(300, 560, "Evening glow", 70, _WHITE, _SERIF),),
        "planks": (_Line(200, 300, "HAND MADE", 90, _BLACK, _BOLD),),
        "town": (_Line(120, 150, "Old town 1998", 44, _WHITE, _BOLD, 2),),
        "home": (_Line(60, 180, "home sweet home", 40, _RED),),
        "generator": (_Line(40, 300, "COPYRIGHT SAMPLE", 52, _GREY),),
        "galleries": (_Line(60, 60, "open daily", 56, _YELLOW, _BOLD),),
        "kleiber": (_Line(350, 380, "Sitta europaea", 64, _WHITE, _SERIF),),
    },
}


class _Scores(NamedTuple):
    recall: float
    other: float
    iou: float
    psnr: float


def main() -> None:
    """Print the scores of every case and the means of each split."""
    parser = argparse.ArgumentParser(
        prog="python -m paintgraph.benchmarks.pictures.writing", description=__doc__
    )
    parser.add_argument("photos", type=Path, help="unpacked packages")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where results go")
    given = parser.parse_args()
    print("| case | recall | other | IoU | PSNR |\n| --- | ---: | ---: | ---: | ---: |")
    with paintgraph.session(fresh=True) as session, TemporaryDirectory() as work:
        for split in _CASES:
            found = []
            for name, photo, shown, strokes in _drawn(split, given.photos):
                file = Path(work) / "shown.png"
                Pillow.fromarray(shown).save(file)
                result = session.run("remove_writing", image=file)
                painted = np.asarray(result.image.convert("RGB"))
                selected = np.asarray(result["mask"].convert("L")) > 127
                found.append(_scores(photo, painted, strokes, selected))
                print(_row(f"{split} {name}", found[-1]), flush=True)
                if given.pictures:
                    _write(given.pictures / f"{split}-{name}.png", shown, selected, painted)
            print(_row(f"{split}, mean", _Scores(*map(mean, zip(*found, strict=True)))))


def _drawn(split: Split, folder: Path) -> Iterator[tuple[str, Pixels, Pixels, Hole]]:
    """Each photo as it was, with writing, and where that changed it."""
    for name, lines in _CASES[split].items():
        photo = load(name, folder)
        written = Pillow.fromarray(photo)
        sheet = Pillow.new("L", written.size)
        for line in lines:
            font = (
                ImageFont.truetype(line.font, line.size)
                if line.font
                else ImageFont.load_default(line.size)
            )
            place, edge = (line.left, line.top), line.outline
            pen = ImageDraw.Draw(written)
            pen.text(place, line.text, line.colour, font, stroke_width=edge, stroke_fill=_BLACK)
            ImageDraw.Draw(sheet).text(place, line.text, 255, font, stroke_width=edge)
        yield name, photo, np.asarray(written), np.asarray(sheet) > 40


def _scores(photo: Pixels, painted: Pixels, strokes: Hole, selected: Hole) -> _Scores:
    near = cv2.dilate(strokes.astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0
    return _Scores(
        float((selected & strokes).sum() / strokes.sum()),
        float((selected & ~near).sum() / max(1, selected.sum())),
        overlap(selected.astype(np.float32), near.astype(np.float32)),
        psnr(painted.astype(np.float32), photo.astype(np.float32), np.ones_like(strokes)),
    )


def _row(name: str, found: _Scores) -> str:
    return (
        f"| {name} | {found.recall:.4f} | {found.other:.3f} | {found.iou:.3f} | {found.psnr:.2f} |"
    )


def _write(file: Path, shown: Pixels, selected: Hole, painted: Pixels) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    marked = np.where(selected[..., np.newaxis], np.uint8(255), shown // 3)
    Pillow.fromarray(np.concatenate([shown, marked, painted])).save(file)


if __name__ == "__main__":
    main()
