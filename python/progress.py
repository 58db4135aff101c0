"""How far a run is: one kind of event, here and on a server, and a bar that shows it."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress


@dataclass(frozen=True, slots=True)
class Progress:
    """What a callback gets while a run goes on.

    Attributes:
        fraction: how much of the run is done, 0 to 1; it never falls.
        node: the id of the recipe's node that this is about; kind: its type.
        done, total: steps of that node; total is 0 where it has none.
        message: a warning, or empty.
    """

    fraction: float
    node: str = ""
    kind: str = ""
    done: float = 0
    total: float = 0
    message: str = ""


Report = Callable[[Progress], None]


class Tracker:
    """Turns a run's events, as plain data, into `Progress`. Thread-safe.

    An exception of the callback is kept in `error` and ends the run by `stop`.
    """

    def __init__(self, report: Report, stop: Callable[[], None] = lambda: None) -> None:
        self.error: BaseException | None = None
        self.warnings: list[str] = []
        self._report = report
        self._stop = stop
        self._lock = threading.Lock()
        self._nodes: Collection[str] = ()
        self._finished: set[str] = set()
        self._parts: dict[str, float] = {}
        self._fraction = 0.0

    def begin(self, nodes: Collection[str]) -> None:
        """The run has these nodes."""
        self._nodes = nodes

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the run, as a worker or server reports it."""
        with self._lock:
            node, kind = str(event.get("submitted", "")), str(event.get("kind", ""))
            done, total, message = 0.0, 0.0, ""
            match event["type"]:
                case "progress":
                    done, total = event["done"], event["total"]
                    self._parts[node] = done / total if total else 0
                case "node_finished" if event["node"] == node:
                    self._finished.add(node)
                    self._parts.pop(node, None)
                case "warning":
                    message = str(event["message"])
                    self.warnings.append(f"node '{node}' ({kind}): {message}")
                case "node_started":
                    pass
                case _:
                    return
            count = len(self._finished) + sum(self._parts.values())
            self._fraction = max(self._fraction, min(1.0, count / max(1, len(self._nodes))))
            self._tell(Progress(self._fraction, node, kind, done, total, message))

    def end(self) -> None:
        """The run has succeeded; raises what the callback raised."""
        self._tell(Progress(1.0))
        if self.error is not None:
            raise self.error

    def _tell(self, progress: Progress) -> None:
        if self.error is not None:
            return
        try:
            self._report(progress)
        except BaseException as error:  # noqa: BLE001 - raised where the run was started
            self.error = error
            self._stop()


@contextmanager
def reporting(progress: Report | bool | None) -> Iterator[Report]:  # noqa: FBT001 - its three forms
    """Who follows how far a run is: a callback, a bar for True, nobody for False or None."""
    if callable(progress):
        yield progress
    elif not progress:
        yield lambda _: None
    elif (console := Console(stderr=True)).is_jupyter:
        yield _notebook_bar()
    else:
        columns = (TextColumn("{task.description}", markup=False), BarColumn())
        with RichProgress(
            *columns, TaskProgressColumn(), TimeElapsedColumn(), console=console, transient=True
        ) as bars:
            task = bars.add_task("", total=1.0)
            yield lambda event: bars.update(
                task, completed=event.fraction, description=event.node or "done"
            )


def _notebook_bar() -> Report:
    """A bar of HTML, which needs no widgets."""
    from html import escape

    from IPython.display import HTML, display  # type: ignore[import-not-found] # in notebooks only

    def drawn(event: Progress) -> Any:
        bar = f'<progress value="{event.fraction:.3f}" max="1"></progress>'
        return HTML(f"{bar} {escape(event.node or 'done')}")

    handle = display(drawn(Progress(0.0, "starting")), display_id=True)
    return lambda event: handle.update(drawn(event))
