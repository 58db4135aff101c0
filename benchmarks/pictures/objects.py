"""Objects in photos, drawn by hand before anything was tried on them, and how a box selects them.

`python -m paintgraph.benchmarks.pictures.objects FOLDER` tells how well; `photos` gets the photos.
Corners are off by a px or two, and by more where leaves of the aloe overlap, so 0.97 is as good as
1. `tune` and `hold` are as in `cases`.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from paintgraph.benchmarks.outlines import overlap
from paintgraph.benchmarks.pictures.cases import Split
from paintgraph.benchmarks.pictures.photos import load
from paintgraph.imaging.geometry.regions import Box, grow_box
from paintgraph.imaging.masks.selection import select_in_box
from paintgraph.imaging.samples import to_image

_MARGINS = (0.03, 0.12)  # of the longer side of an object: how far its boxes are drawn around it
_NEAR = 2  # px: from here on an outline is elsewhere

_Area = NDArray[np.bool_]


class _Drawn(NamedTuple):
    """x,y of the corners of what is filled, and then cut out again; `;` is between outlines."""

    split: Split
    filled: str
    cut: str = ""


_OBJECTS: Mapping[str, _Drawn] = {
    "barrier": _Drawn(
        "tune",
        filled="""
            320,400 325,351 330,301 335,251 338,218 341,185 345,156 349,145 356,133 365,124
            375,118 388,115 401,115 450,120 500,126 550,131 585,136 600,137 650,142 700,147
            750,153 786,157 803,160 818,164 828,172 836,185 841,201 841,218 838,251 834,285
            829,318 825,351 821,400 816,436 810,480 805,526 800,570 798,600 823,616 827,617
            826,635 829,650 826,658 816,659 808,653 793,645 783,641 776,646 770,645 761,628
            756,615 753,607 753,591 763,591 784,601 787,566 750,563 700,560 650,557 600,556
            560,553 500,552 450,549 400,546 350,544 321,543 318,580 336,597 336,615 333,620
            325,640 315,645 306,641 302,633 310,618 315,615 300,600 296,610 293,618 283,620
            276,615 276,605 285,595 284,571 290,569 303,570 305,566 310,530 314,486 318,436
        """,
        cut="""
            346,285 348,255 351,218 353,185 357,155 363,140 371,132 383,127 400,126 432,129
            418,291; 440,131 515,139 502,298 427,293; 524,141 595,148 581,304 510,299; 604,149
            676,156 660,311 590,305; 684,157 753,164 736,318 669,313; 762,165 800,171 816,176
            825,188 828,201 826,235 823,268 819,301 816,323 745,319; 343,296 464,307 463,338
            340,329; 340,336 462,346 459,378 337,370; 704,327 815,335 814,367 702,359; 701,367
            812,375 809,403 698,396; 335,382 409,387 395,533 322,532; 417,388 491,393 476,537
            403,535; 499,394 571,398 556,541 484,538; 579,399 650,403 634,546 563,543; 657,404
            728,409 712,550 641,547; 736,409 806,413 790,554 720,551
        """,
    ),
    "kleiber": _Drawn(
        "tune",
        filled="""
            488,234 491,234 495,241 500,249 505,256 512,265 517,278 520,283 525,286 534,295
            540,304 548,318 553,328 560,338 569,349 575,362 578,374 588,384 599,390 608,399
            615,409 620,417 630,420 640,425 647,431 634,431 621,429 612,424 599,430 582,435
            566,440 553,443 538,442 521,438 510,434 503,426 496,418 492,414 489,401 486,388
            486,369 486,349 488,336 483,328 483,321 490,316 496,314 498,308 499,299 496,290
            496,279 497,269 499,259 496,250 490,241
        """,
    ),
    "messi": _Drawn(
        "tune",
        filled="""
            69,91 72,88 84,89 93,89 101,96 108,101 125,108 146,111 158,115 161,118 189,116 200,112
            211,111 218,113 215,108 207,102 207,93 210,84 218,72 228,65 242,62 249,61 253,65
            261,74 264,86 265,95 257,100 256,110 259,112 279,111 286,115 295,124 299,131 309,133
            312,137 320,141 334,149 349,159 363,154 365,156 361,159 375,158 378,167 368,169
            370,177 368,179 358,176 349,172 344,167 330,161 313,155 298,148 283,149 283,160
            286,177 293,189 296,204 301,211 313,217 334,226 344,235 360,239 368,237 378,240
            399,249 409,254 418,255 433,261 448,269 455,278 456,285 450,289 440,285 426,277
            418,273 395,266 368,263 349,264 336,264 334,269 327,273 313,267 300,267 286,274
            276,283 269,286 255,285 262,288 276,300 293,314 305,320 308,329 305,334 293,332
            276,335 255,335 252,331 253,325 265,319 248,314 242,307 233,298 224,295 220,285
            221,273 226,257 228,250 223,249 223,238 216,216 207,194 199,173 194,160 193,153
            177,148 166,145 161,139 159,134 146,131 125,124 112,112 103,106 94,105 84,100 74,98
            77,95
        """,
    ),
    "aloe": _Drawn(
        "tune",
        filled="""
            763,817 1068,806 1063,899 1046,905 1014,1035 994,1063 948,1079 872,1084 806,1081
            757,1063 719,915 711,894; 569,0 612,0 654,71 697,163 730,261 763,370 790,447 801,490
            801,588 741,594 708,534 681,447 654,338 627,218 599,120 583,54; 815,98 825,163 830,272
            837,381 834,490 823,597 809,597 796,523 787,436 801,370 804,250 809,141; 1035,29
            1008,109 997,207 992,294 981,381 959,469 943,545 905,610 839,599 861,512 894,436
            915,360 937,261 959,174 981,109 1014,49; 919,296 915,370 888,469 872,534 845,588
            834,578 850,523 872,458 894,370; 812,599 905,572 959,534 1024,469 1101,409 1199,370
            1282,343 1282,403 1199,419 1112,447 1046,490 981,545 926,610 839,627; 850,678 926,663
            986,627 1046,567 1123,501 1199,436 1282,394 1282,414 1210,463 1155,512 1101,578
            1024,643 948,678 861,708; 0,483 109,510 218,523 327,545 436,572 545,599 610,607
            697,608 752,599 752,632 697,643 610,648 523,643 436,632 327,610 218,578 109,534 0,499;
            71,719 98,697 218,667 327,648 436,641 512,645 610,657 719,661 752,687 741,708 654,717
            545,708 436,687 327,681 218,689 109,708; 763,719 861,697 828,752 763,812 708,872
            632,937 545,1003 436,1068 338,1099 303,1099 360,1063 436,1014 523,948 610,872 687,817
            730,763; 1074,670 1074,697 1014,752 926,801 834,815 828,806 872,779 959,752 1024,708;
            1264,744 1282,752 1155,774 1046,806 959,812 970,785 1014,763 1112,763; 616,716 697,714
            752,752 719,796 654,763; 545,728 621,763 703,793 697,804 610,776; 719,610 741,594
            817,588 905,610 905,654 850,719 850,806 752,812 719,708
        """,
    ),
    "robin": _Drawn(
        "hold",
        filled="""
            90,14 95,12 100,14 101,10 108,6 120,6 132,9 142,15 150,22 156,31 158,38 167,51 180,66
            195,84 205,97 215,110 222,122 228,130 237,134 260,144 282,156 302,165 310,171 312,177
            295,176 280,170 260,160 244,152 240,150 245,165 250,184 240,180 232,172 222,156
            217,151 210,162 207,167 212,175 205,172 200,165 190,170 184,172 161,196 158,201
            146,212 137,216 131,226 128,230 124,232 124,226 128,221 135,212 141,208 126,211
            125,207 132,205 145,206 151,198 182,170 170,176 155,177 122,198 114,210 101,214 85,218
            77,224 75,230 73,224 77,216 76,212 80,209 85,211 100,211 107,206 114,201 146,176
            140,174 122,166 110,157 100,147 87,132 78,117 74,100 74,80 78,65 86,52 91,38 94,25
            96,22
        """,
    ),
    "toy": _Drawn(
        "hold",
        filled="""
            301,600 305,596 320,594 350,604 400,607 440,609 470,617 500,629 527,634 532,645
            536,655 543,651 550,636 565,627 572,612 585,601 600,590 612,586 635,589 650,597
            660,592 680,577 710,560 745,539 765,529 774,530 775,536 755,547 732,570 710,595
            685,617 663,639 661,652 658,662 660,675 658,695 654,720 645,740 627,757 605,766
            580,768 555,764 537,755 525,740 522,732 505,734 491,727 490,717 505,709 522,700
            525,685 532,669 525,674 500,673 470,675 440,671 410,665 370,652 340,639 317,621
            307,612
        """,
    ),
    "kite": _Drawn(
        "hold",
        filled="""
            776,230 780,230 800,235 814,237 820,238 836,243 848,247 856,249 848,253 838,258
            826,266 816,273 811,277 800,283 790,291 780,302 775,307 774,286 773,264 775,248
        """,
    ),
    "notice": _Drawn(
        "hold",
        filled="""
            265,27 270,21 280,21 435,19 441,25 442,37 440,80 437,255 432,265 425,267 270,267
            260,262 257,252 261,80 264,37
        """,
    ),
}


class Scores(NamedTuple):
    """How alike a mask is to the truth: 1 where they are equal."""

    overlap: float
    outline: float


def objects(folder: Path) -> Iterator[tuple[str, Split, NDArray[np.uint8], _Area]]:
    """Name of the photo, split, photo `[H, W, 3]`, and what is the object `[H, W]`."""
    for name, drawn in _OBJECTS.items():
        photo = load(name, folder)
        area = np.zeros(photo.shape[:2], np.uint8)
        for value, outlines in ((1, drawn.filled), (0, drawn.cut)):
            for outline in filter(None, outlines.split(";")):
                corners = [[int(part) for part in at.split(",")] for at in outline.split()]
                cv2.fillPoly(area, [np.array(corners, np.int32)], value)
        yield name, drawn.split, photo, area > 0


def boxes(area: _Area) -> list[Box]:
    """A narrow and a wide box around what was drawn."""
    height, width = area.shape
    rows, columns = (np.flatnonzero(area.any(axis=axis)) for axis in (1, 0))
    tight = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    longer = max(tight.width, tight.height)
    return [grow_box(tight, round(margin * longer), width, height) for margin in _MARGINS]


def compare(found: _Area, truth: _Area) -> Scores:
    """What both share of what either has; and F1 of the px of their outlines, as far as near."""
    first, second = (_outline(each) for each in (found, truth))
    shares = [
        float(_grown(other)[own].mean()) if own.any() else 0.0
        for own, other in ((first, second), (second, first))
    ]
    f1 = 2 * shares[0] * shares[1] / max(sum(shares), 1e-9)
    return Scores(overlap(found.astype(np.float32), truth.astype(np.float32)), f1)


def _outline(area: _Area) -> _Area:
    inner = cv2.erode(area.astype(np.uint8), np.ones((3, 3), np.uint8))
    outline: _Area = area & (inner == 0)
    return outline


def _grown(outline: _Area) -> _Area:
    side = 2 * _NEAR + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    grown: _Area = cv2.dilate(outline.astype(np.uint8), shape) > 0
    return grown


def main() -> None:
    """Select each object by its boxes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("| photo | split | overlap, narrow box | wide box | outline, narrow | wide | CPU |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    every: dict[Split, list[Scores]] = {"tune": [], "hold": []}
    for name, split, photo, truth in objects(folder):
        image = to_image(photo)
        began = time.process_time()
        masks = [select_in_box(image, box)[0] > 0 for box in boxes(truth)]
        spent = (time.process_time() - began) / len(masks)
        found = [compare(mask, truth) for mask in masks]
        every[split] += found
        cells = [f"{score.overlap:.3f}" for score in found]
        cells += [f"{score.outline:.2f}" for score in found]
        print(f"| {name} | {split} | {' | '.join(cells)} | {spent:.1f} s |")
    for split, scores in every.items():
        overlap, outline = (mean(score[part] for score in scores) for part in (0, 1))
        print(f"\n{split}: overlap {overlap:.3f}, outline {outline:.2f}")


if __name__ == "__main__":
    main()
