"""What a pull shows while it goes on: a bar on a terminal, a line now and then elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from paintgraph.base.listening import Listening
from paintgraph.cli.faults import plain, tell
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.wording import in_bytes
from paintgraph.models.pulling.file_pulling import PullNote, PullProgress

_STEP = 10  # percent between two lines
_ALL = 100
_LINE_BYTES = {"fetch": 50 * 10**6, "check": 500 * 10**6}
"""Between two lines where the end is not known, or the disk is read, which is quick."""
_DOING = {"fetch": "", "check": "checking "}


class PullBars:
    """Hears of pulls; a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._tasks: dict[tuple[str, str, str], TaskID] = {}
        self._lines: dict[tuple[str, str, str], int] = {}

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress:
            self._progress.stop()

    def tell(self, event: PullProgress | PullNote) -> None:
        """Show one event."""
        if isinstance(event, PullNote):
            self.say(f"{event.model}: {event.text}")
        elif self._progress:
            self._show_bar(self._progress, event)
        elif not self._quiet:
            self._show_line(event)

    def say(self, *words: str) -> None:
        """Lines for people, above the bars."""
        for line in () if self._quiet else words:
            if self._progress:
                self._progress.console.print(plain(line), markup=False, highlight=False)
            else:
                tell(line)

    def reading(self, entry: ModelEntry) -> Listening:
        """Shows how many bytes of a model were read."""

        def progress(done: int, total: int) -> None:
            self.tell(PullProgress(entry.name, entry.name, done, total, 0, "check"))

        return Listening(progress)

    def _show_bar(self, bars: Progress, event: PullProgress) -> None:
        key = (event.model, event.file, event.step)
        if key not in self._tasks:
            name = plain(f"{_DOING[event.step]}{event.file}")
            self._tasks[key] = bars.add_task(name, total=event.total, completed=event.done)
        if event.total is not None:
            bars.update(self._tasks[key], total=event.total)
        bars.update(self._tasks[key], completed=event.done)

    def _show_line(self, event: PullProgress) -> None:
        """A line for each tenth of what is fetched; nothing for small files that are checked."""
        key = (event.model, event.file, event.step)
        step = event.done // _LINE_BYTES[event.step]
        if event.total and event.step == "fetch":
            step = event.done * _ALL // event.total // _STEP
        if step <= self._lines.get(key, -1 if event.step == "fetch" else 0):
            return
        self._lines[key] = step
        of = f" of {in_bytes(event.total)}" if event.total else ""
        speed = f", {in_bytes(event.speed)}/s" if event.speed else ""
        left = event.seconds_left
        ending = f", {left:.0f} s left" if left else ""
        tell(f"{_DOING[event.step]}{event.file}: {in_bytes(event.done)}{of}{speed}{ending}")
