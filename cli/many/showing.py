"""What a run of many pictures shows: n of N with the time left, and what failed, by file."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from paintgraph.cli.faults import FAILED, OK, PARTLY, is_quiet, plain, print_json, tell, tell_fault
from paintgraph.cli.progress import in_time
from paintgraph.cli.results import once

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """One picture that failed: how messages call it, and why, each with its code."""

    name: str
    problems: Sequence[tuple[str, str]]

    def lines(self) -> list[str]:
        """A line for each fault."""
        return [f"{self.name}: {message} [{code}]" for message, code in self.problems]


@dataclass(slots=True)
class Tally:
    """How far a run is: numbers of pictures, and seconds of those that were computed."""

    total: int = 0
    done: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def place(self) -> int:
        """How many are over."""
        return self.done + self.skipped + len(self.failures)

    @property
    def left(self) -> str:
        """How long the rest takes if each takes as long as those before."""
        computed = self.done + len(self.failures)
        if not computed or self.place >= self.total:
            return ""
        return f", {in_time(self.seconds / computed * (self.total - self.place))} left"

    def to_text(self) -> str:
        """The last line: how many are done, skipped and failed."""
        parts = [f"{self.done} done"]
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"{len(self.failures)} failed"] if self.failures else []
        return ", ".join(parts)


class Board:
    """Shows a tally: a bar on a terminal, a line for each picture elsewhere; a context manager."""

    def __init__(self, tally: Tally, *, quiet: bool) -> None:
        self._tally = tally
        self._quiet = quiet or is_quiet()
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._warnings: list[str] = []
        self._warn_once = once(lambda message: self.say(f"warning: {message}"))

    def __enter__(self) -> Self:
        console = Console(stderr=True)
        if not self._quiet and console.is_terminal:
            columns = (
                MofNCompleteColumn(),
                BarColumn(),
                TextColumn("{task.description}", markup=False),
            )
            self._bars = Progress(*columns, console=console, transient=True)
            self._task = self._bars.add_task("", total=self._tally.total)
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def over(self, name: str, what: str, began: float) -> None:
        """One picture is over; `what` became of it."""
        tally = self._tally
        if self._bars and self._task is not None:
            text = plain(f"{name}{tally.left}")
            self._bars.update(
                self._task, completed=tally.place, total=tally.total, description=text
            )
        elif not self._quiet:
            spent = f" ({time.perf_counter() - began:.1f} s{tally.left})"
            tell(f"{tally.place} of {tally.total}: {name} -> {what}{spent}")

    def say(self, line: str) -> None:
        """A line for people, above the bar."""
        if self._bars:
            self._bars.console.print(plain(line), markup=False, highlight=False)
        elif not self._quiet:
            tell(line)

    def warn(self, message: str) -> None:
        """A warning of one picture, said once for all that have it."""
        self._warnings.append(message)
        self._warn_once(message)

    def taken(self) -> list[str]:
        """The warnings since the last time, each of its picture."""
        taken, self._warnings = self._warnings, []
        return taken


def report(tally: Tally) -> None:
    """Name what failed, once more and together."""
    if not tally.failures:
        return
    tell_fault(f"{len(tally.failures)} of {tally.total} failed:")
    for failure in tally.failures[:_MOST_TOLD]:
        for line in failure.lines():
            tell_fault(f"  {line}")
    if len(tally.failures) > _MOST_TOLD:
        names = ", ".join(failure.name for failure in tally.failures[_MOST_TOLD:])
        tell_fault(f"  and {names}")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of many pictures ended."""

    tally: Tally
    answers: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]
    is_whole: bool

    def tell(self, *, json: bool) -> int:
        """Say it; gives the exit code: 3 if some pictures failed and others did not."""
        tally = self.tally
        state, code = "succeeded", OK
        if not self.is_whole:
            state, code = "cancelled", FAILED
        elif tally.failures:
            is_some = bool(tally.done or tally.skipped)
            state, code = ("some failed", PARTLY) if is_some else ("failed", FAILED)
        if json:
            counts = {"done": tally.done, "skipped": tally.skipped, "failed": len(tally.failures)}
            told = {"warnings": self.warnings, "pictures": self.answers}
            print_json({"state": state, **counts, **told})
        else:
            report(tally)
            tell(f"{state}: {tally.to_text()}")
        return code
