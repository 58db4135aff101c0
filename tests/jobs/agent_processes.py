"""Agents and servers as processes of their own, and networks that can be cut under them.

`python -m paintgraph.tests.jobs.agent_processes agent` is an agent with the small nodes, `newer`
with those of a newer paintgraph, `serve` a server without workers; settings are those of the
environment.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

Address = str | tuple[str, int]


class Process:
    """A running agent or server, which has said that it works."""

    def __init__(self, what: str, env: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", __name__, what]
        self._process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline().strip()
        self.name = self.said.removeprefix("paintgraph works as ").partition(",")[0]
        self.url = self.said.removeprefix("paintgraph listens at ")

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def children(self) -> list[int]:
        """The processes of its workers."""
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in path.read_text(encoding="ascii").split()]

    def end(self, number: int = signal.SIGKILL) -> int:
        """End it; gives its exit code."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
        code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


class Link:
    """A network between one address and another: what is sent while it is cut waits."""

    def __init__(self, to: Address) -> None:
        self._to = to
        self._flows = threading.Event()
        self._flows.set()
        self.waits = threading.Event()
        """Whether something was sent while it is cut."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        self.waits.clear()
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._flows.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            family = socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET
            far = socket.socket(family)
            self._sockets += [near, far]
            pump = threading.Thread(target=self._pump, args=(near, far))
            self._threads.append(pump)
            pump.start()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, suppress(OSError, ValueError):  # of sockets that are closed
            far.connect(self._to)
            other = {near: far, far: near}
            while True:
                for source in select.select([near, far], [], [])[0]:
                    if not (data := source.recv(65536)):
                        return
                    if not self._flows.is_set():
                        self.waits.set()
                        self._flows.wait()
                    other[source].sendall(data)


@contextmanager
def linked(to: Address) -> Iterator[Link]:
    """A link for as long as the `with` statement lasts."""
    link = Link(to)
    try:
        yield link
    finally:
        link.close()


def main() -> None:
    """Run as the first argument says."""
    from paintgraph.agent import work
    from paintgraph.api.settings import load_settings
    from paintgraph.server import serve
    from paintgraph.tests.api.serving import NEWER_NODES, SMALL_NODES

    settings = load_settings({})

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    if sys.argv[1] == "agent":
        work(settings, say, factory=SMALL_NODES)
    elif sys.argv[1] == "newer":
        work(settings, say, factory=NEWER_NODES)
    else:
        serve(settings, say, SMALL_NODES)


if __name__ == "__main__":
    main()
