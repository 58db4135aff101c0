"""Continuing photographs with the embedded engine: the whole program, from file to file."""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from paintgraph.benchmarks.measuring import Figure, rounds
from paintgraph.benchmarks.watched import Spent, run_watched

_PHOTOS = Path(__file__).resolve().parents[1] / "docs" / "photos"
_LARGE = (4000, 3000)
_ROUNDS = 3


def figures() -> list[Figure]:
    """A small photograph on one side and on two, a large one on two."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = _PHOTOS / "rocket.jpg", folder / "large.jpg"
        with Image.open(_PHOTOS / "coffee.jpg") as photo:
            photo.resize(_LARGE, Image.Resampling.LANCZOS).save(large, quality=92)
        one = _outpaint(folder, small, "right", 20)
        two = _outpaint(folder, small, "left,right", 20)
        much = _outpaint(folder, large, "left,right", 45)
    return [
        Figure("640x427, a third on one side", _seconds(one), "s", 6),
        Figure("640x427, a third on two sides", _seconds(two), "s", 10),
        Figure("4000x3000, a third on two sides", _seconds(much), "s", 30),
        Figure("its peak memory", _megabytes([m.peak_bytes for m in much]), "MB", 1_000),
        Figure("its helper's, besides", _megabytes([m.helpers_peak_bytes for m in much]), "MB"),
    ]


def _outpaint(folder: Path, photo: Path, sides: str, within_seconds: float) -> list[Spent]:
    recipe = [sys.executable, "-m", "paintgraph.cli", "run", "outpaint", "--fresh"]
    arguments = ["--image", str(photo), "--sides", sides, "--engine", "patchmatch"]
    command = [*recipe, *arguments, "-o", str(folder / "result.png")]
    environment = {**os.environ, "PAINTGRAPH_DATA_DIR": str(folder / "data")}
    return rounds(lambda: run_watched(command, environment, folder), _ROUNDS, within_seconds)


def _seconds(spent: Sequence[Spent]) -> tuple[float, ...]:
    return tuple(one.seconds for one in spent)


def _megabytes(sizes: Sequence[int | None]) -> tuple[float, ...]:
    return tuple(size / 1e6 for size in sizes if size is not None)
