"""Helper processes that run a module of this program in another Python."""

import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import IO, Any, cast

from paintgraph.base import frames
from paintgraph.base.listening import Listening

_POLL_SECONDS = 0.05


def start(module: str, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
    """Run a module as `python -m` does; `options` are those of `Popen`."""
    # -P: the working directory must not lend modules, such as a folder 'orjson'.
    command = (sys.executable, "-P", "-m", module, *arguments)
    return subprocess.Popen(command, **options)  # noqa: S603 - our own interpreter and module


class HelperProcess:
    """A process that answers one request at a time, and may be killed while it works.

    Its module reads frames from its standard input and writes one answer to each on its standard
    output, until its input ends. Frames with `progress` before it say how far the work is.
    """

    def __init__(self, module: str) -> None:
        self._process = start(
            module,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the parent; the helper ends when its input does.
            start_new_session=True,
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._exchange: threading.Thread | None = None
        self._progress: frames.Message | None = None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(
        self, message: frames.Message, bodies: tuple[bytes, ...], listening: Listening
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to one frame; looks about every 50 ms whether the work should end.

        EOFError or OSError if the process ends first. After any error it is of no more use: kill
        it.
        """
        answer: Future[tuple[dict[str, Any], bytes]] = Future()
        frame = frames.pack(message, *bodies)
        # In a thread, because pipes cannot be waited for with a timeout on every system.
        self._exchange = threading.Thread(target=self._talk, args=(frame, answer), daemon=True)
        self._exchange.start()
        while True:
            try:
                return answer.result(timeout=_POLL_SECONDS)
            except TimeoutError:
                listening.check()
                progress, self._progress = self._progress, None
                if progress is not None:
                    listening.progress(*progress["progress"])

    def kill(self) -> int:
        """End the process, whatever it does, wait until it is gone; gives its exit code."""
        self._process.kill()
        code = self._process.wait()
        if self._exchange is not None:
            self._exchange.join()
        for stream in (self._stdin, self._stdout):
            # What was still to be written has no reader any more.
            with suppress(OSError):
                stream.close()
        return code

    def _talk(self, frame: bytes, answer: "Future[tuple[dict[str, Any], bytes]]") -> None:
        try:
            self._stdin.write(frame)
            self._stdin.flush()
            found = frames.read(self._stdout)
            while "progress" in found[0]:
                self._progress = found[0]
                found = frames.read(self._stdout)
            answer.set_result(found)
        except (EOFError, OSError, ValueError) as error:
            answer.set_exception(error)
