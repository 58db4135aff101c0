"""A helper process that answers frames, and may be killed while it works."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import IO, cast

from paintgraph.models.families.patchmatch.frames import Header, read_frame, write_frame

_POLL_SECONDS = 0.05


class HelperProcess:
    """One Python process that runs a module and answers one request at a time."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            # -P: the working directory must not lend modules to the helper.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the parent; the helper ends when its input does.
            start_new_session=True,
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._exchange: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(
        self, header: Header, bodies: tuple[bytes, ...], check: Callable[[], None]
    ) -> tuple[Header, bytes]:
        """The answer to one frame; calls `check` about every 50 ms while it waits.

        EOFError or OSError if the process ends first. After any error it is of no more use: kill
        it.
        """
        answer: Future[tuple[Header, bytes]] = Future()
        # In a thread, because pipes cannot be waited for with a timeout on every system.
        self._exchange = threading.Thread(
            target=self._talk, args=(header, bodies, answer), daemon=True
        )
        self._exchange.start()
        while True:
            try:
                return answer.result(timeout=_POLL_SECONDS)
            except TimeoutError:
                check()

    def kill(self) -> int:
        """End the process, whatever it does, wait until it is gone, and tell its exit code."""
        self._process.kill()
        code = self._process.wait()
        if self._exchange is not None:
            self._exchange.join()
        for stream in (self._stdin, self._stdout):
            # What was still to be written has no reader any more.
            with contextlib.suppress(OSError):
                stream.close()
        return code

    def _talk(
        self,
        header: Header,
        bodies: tuple[bytes, ...],
        answer: Future[tuple[Header, bytes]],
    ) -> None:
        try:
            write_frame(self._stdin, header, *bodies)
            answer.set_result(read_frame(self._stdout))
        except (EOFError, OSError, ValueError) as error:
            answer.set_exception(error)
