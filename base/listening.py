"""Who follows work that takes long: one object, passed through every layer that does some of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


def _ignore(*_: object) -> None:
    """What nobody follows."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What is reported of some work, and how it is ended; by default nothing is.

    Attributes:
        progress: called with (done, total) parts of the work; total stays the same during one
            call, and is 0 where it is not known. What it raises ends the work.
        check: called at least at every step, or every 50 ms, from the thread that asked for the
            work. What it raises ends the work.
        warn: called with a sentence for the user about something that does not end the work.
        preview: called with what there is so far, such as a picture `[1, h, w, 3]`; None where
            nobody looks, so that none has to be made.
    """

    progress: Callable[[int, int], None] = _ignore
    check: Callable[[], None] = _ignore
    warn: Callable[[str], None] = _ignore
    preview: Callable[[Any], None] | None = None

    def part(self, number: int, count: int) -> "Listening":
        """What the part `number`, from 0, of `count` equal parts of the work passes on."""

        def progress(done: int, total: int) -> None:
            self.progress(number * total + done, count * total)

        return replace(self, progress=progress)


SILENT = Listening()
"""Nobody listens, and nothing ends the work."""
