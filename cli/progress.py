"""What a run shows while it goes on: bars on a terminal, plain lines elsewhere."""

import threading
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from paintgraph.base.platforms import peak_bytes
from paintgraph.cli.faults import plain, tell
from paintgraph.engine.node import events
from paintgraph.engine.node.events import Event, NodeFinished, NodeStarted, Warned

_WIDE = 160  # columns, where there is no terminal
_WORTH_A_LINE = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Spent:
    """What one node cost: seconds, bytes of its result, the program's peak memory so far.

    The peak is without helper processes; None where the system does not say.
    """

    finished: NodeFinished
    peak_bytes: int | None


@dataclass(slots=True)
class _Bars:
    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)


class Watcher:
    """Listens to a run; a context manager. `warnings` gathers what it reported."""

    def __init__(self, *, quiet: bool) -> None:
        self.warnings: list[str] = []
        self._spent: list[Spent] = []
        self._quiet = quiet
        self._lock = threading.Lock()
        self._console = Console(stderr=True)
        self._bars: _Bars | None = None

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
            )
            self._bars = _Bars(Progress(*columns, console=self._console, transient=True))
            self._bars.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.progress.stop()

    def listen(self, event: Event) -> None:
        """Take one event of the run; from any thread."""
        with self._lock:
            match event:
                case NodeStarted():
                    self._start(event)
                case events.Progress():
                    self._advance(event)
                case NodeFinished():
                    self._finish(event)
                case Warned(origin, _, message):
                    text = f"node '{origin.submitted}' ({origin.kind}): {message}"
                    self.warnings.append(text)
                    self.say(f"warning: {text}")
                case _:
                    pass

    def _start(self, event: NodeStarted) -> None:
        if self._bars:
            name = plain(f"{event.origin.display} ({event.origin.kind})")
            task = self._bars.progress.add_task(name, total=None)
            self._bars.tasks[event.origin.node] = task

    def _advance(self, event: events.Progress) -> None:
        if self._bars and event.origin.node in self._bars.tasks:
            task = self._bars.tasks[event.origin.node]
            self._bars.progress.update(task, completed=event.done, total=event.total)

    def _finish(self, event: NodeFinished) -> None:
        self._spent.append(Spent(event, peak_bytes()))
        if self._bars and event.origin.node in self._bars.tasks:
            self._bars.progress.remove_task(self._bars.tasks.pop(event.origin.node))
        if event.seconds >= _WORTH_A_LINE:
            self.say(f"{event.origin.display} ({event.origin.kind}): {event.seconds:.1f} s")

    def say(self, line: str) -> None:
        """A line for people, above the bars."""
        if self._quiet:
            return
        if self._bars:
            self._bars.progress.console.print(plain(line), markup=False, highlight=False)
        else:
            tell(line)

    def print_profile(self) -> None:
        """A table of where time and memory went."""
        table = Table("node", "type", "how", "seconds", "result MB", "peak MB so far")
        for spent in self._spent:
            done = spent.finished
            table.add_row(
                Text(plain(done.origin.node)),
                Text(done.origin.kind),
                done.how,
                f"{done.seconds:.3f}",
                f"{done.weight / 1e6:.1f}",
                "-" if spent.peak_bytes is None else f"{spent.peak_bytes / 1e6:.0f}",
            )
        width = None if self._console.is_terminal else _WIDE
        Console(stderr=True, width=width).print(table)
