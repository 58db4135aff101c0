"""Rounds of a measurement, and what they say next to a target.

Other programs on the machine only ever make a time longer. So each figure has its best beside its
median; a ratio is the median over rounds that take both times side by side, and its best compares
the best times.
"""

import gc
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

Unit = Literal["ms", "s", "kB", "MB", "x", "/s", "modules", "%", ""]
Measured = TypeVar("Measured")

_DIGITS = {"ms": 1, "s": 2, "kB": 0, "MB": 0, "x": 2, "/s": 0, "modules": 0, "%": 1, "": 0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the results.

    `target` bounds the median, from above or, with `more_is_better`, from below; without one the
    figure only informs. `undisturbed` is the best where that is not the extreme of the rounds.
    Without values the figure could not be measured here.
    """

    name: str
    values: tuple[float, ...]
    unit: Unit
    target: float | None = None
    more_is_better: bool = False
    undisturbed: float | None = None

    @property
    def median(self) -> float:
        """The middle round."""
        return median(self.values)

    @property
    def best(self) -> float:
        """What the figure is when nothing else runs, as near as it was seen."""
        if self.undisturbed is not None:
            return self.undisturbed
        return max(self.values) if self.more_is_better else min(self.values)

    @property
    def verdict(self) -> str:
        """Whether the median meets the target; if not, whether the best does."""
        if not self.values:
            return "not measured"
        if self.target is None:
            return ""
        if self._meets(self.median, self.target):
            return "ok"
        return "missed, best ok" if self._meets(self.best, self.target) else "missed"

    def _meets(self, value: float, target: float) -> bool:
        return value >= target if self.more_is_better else value <= target

    def row(self) -> tuple[str, ...]:
        """Name, median, best, rounds, target and verdict as texts."""
        shown = (self._shown(self.median), self._shown(self.best)) if self.values else ("", "")
        sign = "at least " if self.more_is_better else "at most "
        target = "" if self.target is None else sign + self._shown(self.target)
        return (self.name, *shown, str(len(self.values)), target, self.verdict)

    def _shown(self, value: float) -> str:
        return f"{value:.{_DIGITS[self.unit]}f} {self.unit}"


def rounds(
    measure: Callable[[], Measured], most: int, within_seconds: float = 20.0
) -> list[Measured]:
    """What `most` calls give; none begins after `within_seconds`, but there is at least one."""
    end = time.perf_counter() + within_seconds
    measured = [measure()]
    while len(measured) < most and time.perf_counter() < end:
        measured.append(measure())
    return measured


def seconds_of(function: Callable[[], object]) -> float:
    """Wall time of one call; the garbage of earlier ones is collected before."""
    gc.collect()
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def milliseconds(function: Callable[[], object], most: int) -> tuple[float, ...]:
    """Wall times of several calls, after one that does not count."""
    function()
    return tuple(rounds(lambda: seconds_of(function) * 1000, most))


def percentile(values: Sequence[float], part: float) -> float:
    """The value that this part of all values, 0 to 1, does not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def fsync_milliseconds(folder: Path, most: int = 50) -> tuple[float, ...]:
    """Wall times of putting 4 KiB at the end of a file on disk, for good."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(most):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return tuple(taken)
