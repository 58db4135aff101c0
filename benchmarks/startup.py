"""Starting the program, next to importing the libraries that draw its help; and the package."""

import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of

_HELP = ("-m", "paintgraph.cli", "--help")
_LIBRARIES = ("-c", "import typer, rich.console, rich.table, rich.progress")
_PACKAGE = "import time; t = time.perf_counter(); import paintgraph; print(time.perf_counter() - t)"
_ROUNDS = 10


class _Times(NamedTuple):
    help: float
    libraries: float
    package: float


def figures() -> list[Figure]:
    """All in fresh processes, in turn; after one round that compiles what they import."""
    with tempfile.TemporaryDirectory() as folder:
        # As installed: compiled once, whatever this process was told about compiled files.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def start(arguments: tuple[str, ...]) -> float:
            command = [sys.executable, *arguments]
            return seconds_of(
                lambda: subprocess.run(command, env=environment, check=True, capture_output=True)
            )

        def imported() -> float:
            command = (sys.executable, "-c", _PACKAGE)
            return float(
                subprocess.run(command, env=environment, check=True, capture_output=True).stdout
            )

        def both() -> _Times:
            return _Times(start(_HELP), start(_LIBRARIES), imported())

        both()
        measured = rounds(both, _ROUNDS, 60)
    helped = Figure("paintgraph --help", tuple(m.help * 1000 for m in measured), "ms")
    drawing = Figure("import typer and rich", tuple(m.libraries * 1000 for m in measured), "ms")
    multiples = tuple(m.help / m.libraries for m in measured)
    undisturbed = helped.best / drawing.best
    return [
        helped,
        drawing,
        Figure("import paintgraph", tuple(m.package * 1000 for m in measured), "ms", 50),
        Figure("the first as a multiple", multiples, "x", 1.5, undisturbed=undisturbed),
    ]
