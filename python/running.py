"""One run of a bound graph in this process: interruptible, with what save nodes write."""

import queue
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Error
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.run import OnFailure, Outcome, run
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Executed, Listener
from paintgraph.imaging.files.made import with_made
from paintgraph.jobs.publishing import Publisher, Saved


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, and the files that its save nodes wrote."""

    outcome: Outcome
    saved: list[Path]


def perform(  # noqa: PLR0913 - each is a choice of its own
    bound: Graph,
    assembly: Assembly,
    targets: Sequence[str],
    texts: Mapping[str, str],
    *,
    output_dir: Path,
    listen: Listener,
    cancellation: Cancellation,
    report_saved: Callable[[Path], None] = lambda _: None,
    on_failure: OnFailure = "continue",
) -> Ran:
    """Run what the targets need; files are written meanwhile, with texts that say what made them.

    Raises Error if one of them cannot be written: then the run was cancelled.
    """
    with _Saver(output_dir, assembly.blobs, report_saved, cancellation.cancel) as saver:

        def listen_and_save(event: Event) -> None:
            listen(event)
            if isinstance(event, Executed):
                for place, effect in enumerate(event.effects):
                    saver.save(Saved(effect, event.origin.node, place, texts))

        outcome = run(
            bound,
            assembly.worker,
            targets,
            job=secrets.token_hex(8),
            listen=listen_and_save,
            cancellation=cancellation,
            on_failure=on_failure,
        )
    if saver.error is not None:
        raise saver.error
    return Ran(outcome, saver.paths)


@contextmanager
def interruptible(*signals: signal.Signals) -> Iterator[Cancellation]:
    """The first of these signals cancels the run, the second does what it did before.

    Python handles signals in the main thread only; in another one nothing is caught.
    """
    cancellation = Cancellation()
    if threading.current_thread() is not threading.main_thread():
        signals = ()
    before = {number: signal.getsignal(number) for number in signals}

    def interrupt(number: int, _: object) -> None:
        signal.signal(number, before[signal.Signals(number)] or signal.SIG_DFL)
        cancellation.cancel()

    for number in signals:
        signal.signal(number, interrupt)
    try:
        yield cancellation
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


class _Saver:
    """Publishes effects in a thread of its own; a context manager that waits for the last one.

    `saved` is called with each file, `failed` when one cannot be written: then no further one is
    tried.
    """

    def __init__(
        self,
        folder: Path,
        blobs: Blobs,
        saved: Callable[[Path], None],
        failed: Callable[[], None],
    ) -> None:
        self.paths: list[Path] = []
        self.error: Error | None = None
        self._publisher = Publisher(folder, blobs)
        self._blobs = blobs
        self._when = datetime.now().astimezone()
        self._saved = saved
        self._failed = failed
        self._queue: queue.SimpleQueue[Saved | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="saver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()

    def save(self, file: Saved) -> None:
        """Have a file written, unless it is meant to be shown only; returns at once."""
        if file.effect.folder != "temp":
            self._queue.put(file)

    def _work(self) -> None:
        while (file := self._queue.get()) is not None:
            if self.error is not None:
                continue
            try:
                content = file.content(self._blobs, with_made)
                path = self._publisher.publish(file.effect, self._when, content)
            except Error as error:
                self.error = error
                self._failed()
            else:
                self.paths.append(path)
                self._saved(path)
