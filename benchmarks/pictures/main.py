"""`python -m paintgraph.benchmarks pictures`: what each way makes of the photos, in tables."""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from paintgraph.benchmarks.pictures.cases import KINDS, Case, Kind, Split, cases
from paintgraph.benchmarks.pictures.photos import MissingPhotosError
from paintgraph.benchmarks.pictures.scores import SCORES, score
from paintgraph.benchmarks.pictures.sheets import Tile, write_sheet
from paintgraph.benchmarks.pictures.ways import (
    OURS,
    WAYS,
    Kept,
    Ours,
    Plain,
    Way,
    is_here,
    seeds_of,
)

_FOLDER = Path.home() / ".cache" / "paintgraph-photos"
_USUAL = (OURS, "patchmatch", "telea", "biharmonic", "gmic")
_DIGITS = {"psnr": 2, "cpu": 1}


class Row(NamedTuple):
    """What one way made of one case with one seed."""

    way: str
    case: str
    kind: Kind
    split: Split
    seed: int
    scores: dict[str, float]
    measures: dict[str, object]


def main(arguments: Sequence[str]) -> None:
    """Paint, score, and print what came out."""
    given = _parser().parse_args(arguments)
    ways = [way for way in given.ways if is_here(way)]
    for way in sorted(set(given.ways) - set(ways)):
        print(f"{way} is not installed here, so it is left out", file=sys.stderr)
    try:
        chosen = list(cases(given.photos, tuple(given.split), tuple(given.kind)))
    except MissingPhotosError as error:
        raise SystemExit(str(error)) from error
    chosen = [case for case in chosen if not given.only or case.name in given.only]
    rows, tiles = [], dict[str, list[Tile]]()
    for way in ways:
        for row, tile in _painted(way, chosen, given.seeds, given.keep):
            rows.append(row)
            print(json.dumps(row._asdict()), file=sys.stderr, flush=True)
            if tile is not None:
                tiles.setdefault(f"{row.split}-{row.kind}", []).append(tile)
    if given.rows:
        lines = "".join(json.dumps(row._asdict()) + "\n" for row in rows)
        given.rows.write_text(lines, encoding="utf-8")
    for name, each in tiles.items() if given.sheets else ():
        write_sheet(given.sheets / f"{name}.jpg", each)
    print(tables(rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m paintgraph.benchmarks pictures",
        description="Fill holes in photos side by side. "
        "python -m paintgraph.benchmarks.pictures.photos FOLDER gets the photos on Debian.",
    )
    add = parser.add_argument
    add("photos", nargs="?", type=Path, default=_FOLDER, help=f"unpacked packages; {_FOLDER}")
    add("--split", nargs="+", choices=("tune", "hold"), default=["tune", "hold"])
    add("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    known = f"{', '.join(WAYS)}; also ours@CHECKOUT and ours:INPUT=VALUE,..."
    add("--ways", nargs="+", default=list(_USUAL), type=_way, metavar="WAY", help=known)
    add("--seeds", type=int, default=4, help="how many, from 0; 4")
    add("--only", nargs="+", metavar="CASE", help='cases by name, such as "texture brick"')
    add("--rows", type=Path, metavar="FILE", help="where every score goes, as lines of JSON")
    add("--keep", type=Path, metavar="FOLDER", help="results, not painted again where they lie")
    add("--sheets", type=Path, metavar="FOLDER", help="where contact sheets go")
    return parser


def _way(text: str) -> str:
    if text in WAYS or text.partition(":")[0].partition("@")[0] == OURS:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no way; allowed are {', '.join(WAYS)}")


def _painted(
    way: str, chosen: list[Case], seeds: int, keep: Path | None
) -> Iterable[tuple[Row, Tile | None]]:
    with ExitStack() as stack:
        paint: Way = Plain(way) if way in WAYS[1:] else stack.enter_context(Ours(way))
        if keep is not None:
            paint = Kept(paint, keep / re.sub(r"\W+", "-", way))
        for case in chosen:
            for seed in seeds_of(way, seeds):
                painted = paint(case, seed)
                changed = (painted.picture != case.picture).any(axis=2) & ~case.hole
                if changed.any():
                    raise SystemExit(f"{way} changed {changed.sum()} px outside in {case.name}")
                scores = {**score(case, painted.picture), "cpu": painted.cpu}
                row = Row(
                    way, case.name, case.kind, case.split, seed, scores, dict(painted.measures)
                )
                yield row, None if seed else Tile(case, way, painted.picture)


def tables(rows: Sequence[Row]) -> str:
    """A table for each split and kind: means over cases, and from which to which seed's mean."""
    parts = []
    for split in ("tune", "hold"):
        for kind in KINDS:
            own = [row for row in rows if (row.split, row.kind) == (split, kind)]
            if own:
                parts.append(_table(f"{split}, {kind}", own))
    return "\n\n".join(parts)


def _table(title: str, rows: list[Row]) -> str:
    names = [name for name in SCORES if any(name in row.scores for row in rows)]
    count = len({row.case for row in rows})
    head = f"## {title}: {count} cases\n\n| way | seeds | {' | '.join(names)} |\n"
    lines = [f"| --- | ---: {'| ---: ' * len(names)}|"]
    for way in dict.fromkeys(row.way for row in rows):
        own = [row for row in rows if row.way == way]
        seeds = sorted({row.seed for row in own})
        shown = []
        for name in names:
            by_seed = [_mean(row.scores.get(name) for row in own if row.seed == s) for s in seeds]
            known = [value for value in by_seed if value is not None]
            shown.append(_spread(known, _DIGITS.get(name, 3 if name == "ssim" else 2)))
        lines.append(f"| {way} | {len(seeds)} | {' | '.join(shown)} |")
    return head + "\n".join(lines)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _spread(values: list[float], digits: int) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"
