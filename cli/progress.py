"""What a run shows while it goes on: one bar on a terminal, plain lines elsewhere."""

import threading
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from paintgraph.base.platforms import peak_bytes
from paintgraph.cli.faults import is_quiet, plain, tell, tell_step
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


def in_time(seconds: float) -> str:
    """A duration as people say it: 40 s, 12 min, 3 h 20 min."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class _Spent(ProgressColumn):
    """Per cent and the time left where steps are known, else the time so far."""

    def render(self, task: Task) -> Text:
        """Such as 43 %, 12 s left."""
        if not task.total:
            return Text(in_time(task.elapsed or 0))
        left = "" if task.time_remaining is None else f", {in_time(task.time_remaining)} left"
        return Text(f"{task.percentage:.0f} %{left}")


@dataclass(slots=True)
class _Bars:
    """A bar for each node at work, of which the first is shown."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def start(self, event: NodeStarted) -> None:
        """A node begins; calls of it come one after the other."""
        name = plain(f"{event.origin.display} ({event.origin.kind})")
        task = self.progress.add_task(name, total=None, visible=not self.tasks)
        self.tasks[event.origin.node] = task
        self.calls[event.origin.node] = max(1, event.elements)

    def advance(self, event: events.Progress) -> None:
        """A call of a node is so far."""
        node = event.origin.node
        if node in self.tasks and event.total > 0:
            done = (event.element + event.done / event.total) / self.calls[node]
            self.progress.update(self.tasks[node], completed=done, total=1.0)

    def finish(self, node: str) -> None:
        """A node is over."""
        if node in self.tasks:
            self.progress.remove_task(self.tasks.pop(node))
            for task in [*self.tasks.values()][:1]:
                self.progress.update(task, visible=True)


class Watcher:
    """Listens to a run; a context manager. `warnings` gathers what it reported."""

    def __init__(self, *, quiet: bool) -> None:
        self.warnings: list[str] = []
        self._spent: list[Spent] = []
        self._quiet = quiet or is_quiet()
        self._lock = threading.Lock()
        self._console = Console(stderr=True)
        self._bars: _Bars | None = None

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            columns = TextColumn("{task.description}", markup=False), BarColumn(), _Spent()
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
                case NodeStarted() if self._bars:
                    self._bars.start(event)
                case events.Progress() if self._bars:
                    self._bars.advance(event)
                case NodeFinished():
                    self._finish(event)
                case Warned(origin, _, message):
                    text = f"node '{origin.submitted}' ({origin.kind}): {message}"
                    self.warnings.append(text)
                    self.say(f"warning: {text}")
                case _:
                    pass

    def _finish(self, event: NodeFinished) -> None:
        self._spent.append(Spent(event, peak_bytes()))
        if self._bars:
            self._bars.finish(event.origin.node)
        line = f"{event.origin.display} ({event.origin.kind}): {event.seconds:.1f} s"
        if event.seconds >= _WORTH_A_LINE:
            self.say(line)
        else:
            tell_step(f"{line}, {event.how}")

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
