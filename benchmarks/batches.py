"""A folder of photographs, outpainted twice: what was painted is taken from disk."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from paintgraph.benchmarks.measuring import Figure, rounds
from paintgraph.benchmarks.watched import Spent, run_watched

_PHOTOS = Path(__file__).resolve().parents[1] / "docs" / "photos"
_ROUNDS = 3


def figures() -> list[Figure]:
    """The second run of batch_outpaint as a part of the first."""
    taken = rounds(_twice, _ROUNDS, 60)
    seconds = [tuple(one.seconds for one in round_) for round_ in taken]
    best = min(again for _, again in seconds) / min(first for first, _ in seconds)
    part = tuple(again / first for first, again in seconds)
    return [
        Figure("batch_outpaint over docs/photos", tuple(first for first, _ in seconds), "s"),
        Figure("the same again", tuple(again for _, again in seconds), "s"),
        Figure("as a part of the first", part, "x", 0.15, undisturbed=best),
    ]


def _twice() -> tuple[Spent, Spent]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for photo in _PHOTOS.glob("*.jpg"):
            shutil.copy(photo, folder)
        command = [sys.executable, "-m", "paintgraph.cli", "run", "batch_outpaint"]
        command += ["--engine", "patchmatch", "--output-dir", str(folder / "out")]
        environment = {**os.environ, "PAINTGRAPH_DATA_DIR": str(folder / "data")}
        first = run_watched(command, environment, folder)
        return first, run_watched(command, environment, folder)
