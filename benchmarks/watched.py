"""A child process, its time, and the most memory that it and its own children held."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.01
_PEAK = "VmHWM:"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took. Peaks are None where the system does not tell (there is no /proc)."""

    seconds: float
    peak_bytes: int | None
    helpers_peak_bytes: int | None


def run_watched(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Spent:
    """Run a command to its end in a folder; raises CalledProcessError if it fails.

    The helpers' peak is the sum of each one's own. A peak is the system's high-water mark, so
    looking now and then misses nothing but what happens in the last moment of a process.
    """
    log = folder / "output.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output
        )
        own, helpers = 0, dict[int, int]()
        while process.poll() is None:
            own = max(own, peak_bytes(process.pid))
            for child in children(process.pid):
                # The last look counts: at first a child still has its parent's memory.
                helpers[child] = peak_bytes(child) or helpers.get(child, 0)
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise subprocess.CalledProcessError(
            process.returncode, list(command), log.read_text(errors="replace")
        )
    return Spent(seconds, own or None, sum(helpers.values()) if own else None)


def peak_bytes(pid: int) -> int:
    """Most bytes that a process has held so far; 0 if that cannot be told."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(_PEAK)), 0)


def children(pid: int) -> Iterator[int]:
    """The processes that a process has started; none where the system does not tell."""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            yield from map(int, (thread / "children").read_text().split())
        except OSError:
            continue
