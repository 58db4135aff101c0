"""One run of a bound graph in this process: interruptible, with what save nodes write."""

import queue
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Error
from paintgraph.engine.execution.run import OnFailure, Outcome, run
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import Effect
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Executed, Listener
from paintgraph.jobs.publishing import Publisher


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, and the files that its save nodes wrote."""

    outcome: Outcome
    saved: list[Path]


def perform(  # noqa: PLR0913 - each is a choice of its own
    bound: Graph,
    assembly: Assembly,
    targets: Sequence[str],
    *,
    output_dir: Path,
    listen: Listener,
    cancellation: Cancellation,
    report_saved: Callable[[Path], None] = lambda _: None,
    on_failure: OnFailure = "continue",
) -> Ran:
    """Run what the targets need; files are written meanwhile.

    Raises Error if one of them cannot be written: then the run was cancelled.
    """
    publisher = Publisher(output_dir, assembly.blobs)
    with _Saver(publisher, report_saved, cancellation.cancel) as saver:

        def listen_and_save(event: Event) -> None:
            listen(event)
            if isinstance(event, Executed):
                for effect in event.effects:
                    saver.save(effect)

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
        self, publisher: Publisher, saved: Callable[[Path], None], failed: Callable[[], None]
    ) -> None:
        self.paths: list[Path] = []
        self.error: Error | None = None
        self._publisher = publisher
        self._when = datetime.now().astimezone()
        self._saved = saved
        self._failed = failed
        self._queue: queue.SimpleQueue[Effect | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="saver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()

    def save(self, effect: Effect) -> None:
        """Have an effect written, unless it is meant to be shown only; returns at once."""
        if effect.folder != "temp":
            self._queue.put(effect)

    def _work(self) -> None:
        while (effect := self._queue.get()) is not None:
            if self.error is not None:
                continue
            try:
                path = self._publisher.publish(effect, self._when)
            except Error as error:
                self.error = error
                self._failed()
            else:
                self.paths.append(path)
                self._saved(path)
