"""What operating systems do differently, behind functions that work on each of them.

Nothing else imports modules that only some systems have, or passes sockets to processes.
"""

import hmac
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_M_MMAP_THRESHOLD = -3  # of malloc.h
_MOST_DESCRIPTORS = 65_536
_LOOPBACK = "127.0.0.1"
_TOKEN_BYTES = 32
_TOKEN_SECONDS = 5.0
_POLL_SECONDS = 0.1


def passes_sockets() -> bool:
    """Whether a process can be started with a socket that is open already."""
    return sys.platform != "win32"


def peak_bytes() -> int | None:
    """Most memory that this process has held so far, or None where the system does not say."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def raise_descriptor_limit() -> int | None:
    """Let this process open as many files and sockets as it may; how many, or None if unknown."""
    if resource is None:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return None if soft == resource.RLIM_INFINITY else soft
    with suppress(ValueError, OSError):  # macOS promises more than it gives
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def has_display() -> bool:
    """Whether a browser can show a page here; one of the terminal's own would take it over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def lower_priority(steps: int) -> None:
    """Let other processes go first, where the system knows of niceness."""
    if hasattr(os, "nice"):
        os.nice(steps)


def return_large_blocks() -> None:
    """Let memory of 1 MiB or more go back to the system as soon as it is free, on Linux with glibc.

    By itself glibc learns from the first large block that is freed to keep others for later use.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


def be_ended_first() -> None:
    """Where memory runs out, let the system end this process before others, on Linux."""
    with suppress(OSError):  # other systems have no such file
        Path("/proc/self/oom_score_adj").write_text("500")


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the process `parent`, which started it, is gone.

    Even one that was stopped then, and cannot read the end of its connection. The kernel watches
    the thread that started this process. Elsewhere than on Linux nothing happens.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(0)


def on_signals(numbers: Iterable[int], action: Callable[[], None]) -> None:
    """Call `action` in the running event loop for each of these signals."""
    import asyncio

    loop = asyncio.get_running_loop()
    for number in numbers:
        try:
            loop.add_signal_handler(number, action)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(action))


def signal_name(number: int) -> str:
    """A signal's name, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@contextmanager
def holding(file: int) -> Iterator[None]:
    """Let `is_held` see, while this lasts, that an open file is in use, also once it is closed.

    Windows removes none that is open.
    """
    if fcntl is None:
        yield
        return
    same = os.dup(file)
    try:
        with suppress(OSError):  # the file system has no locks
            fcntl.flock(same, fcntl.LOCK_EX)
        yield
    finally:
        os.close(same)


def is_held(path: Path) -> bool:
    """Whether somebody holds a file, or that cannot be known; raises OSError if it is gone."""
    if fcntl is None:
        return False
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def sync_folder(folder: Path) -> None:
    """Let the names of a folder's files survive a loss of power, where the system can do that."""
    with suppress(OSError):  # Windows opens no folders, and some file systems sync none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Channel(Protocol):
    """The parent's side of a connection to a process that it starts."""

    address: str
    """What the process gives to `connect`."""
    options: dict[str, Any]
    """What `Popen` needs for it."""
    connection: socket.socket | None
    """The parent's end, once it is open; whoever takes it closes it."""

    def accept(self, process: "subprocess.Popen[bytes]", seconds: float) -> socket.socket:
        """The connection, once the process has it; raises OSError if it does not come."""

    def close(self) -> None:
        """Let go of what only the start needs."""


def open_channel() -> Channel:
    """A channel to a process that is started next."""
    return _Inherited() if passes_sockets() else _Loopback()


def connect(address: str) -> socket.socket:
    """The connection to the process that started this one; raises OSError."""
    kind, _, number = address.partition(":")
    if kind == "socket":
        return socket.socket(fileno=int(number))
    token = sys.stdin.buffer.read(_TOKEN_BYTES)
    connection = socket.create_connection((_LOOPBACK, int(number)))
    connection.sendall(token)
    return connection


class _Inherited:
    """A pair of sockets of which the process inherits one."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self.connection: socket.socket | None = self._ours
        self.address = f"socket:{self._theirs.fileno()}"
        self.options = {"stdin": subprocess.DEVNULL, "pass_fds": (self._theirs.fileno(),)}

    def accept(self, process: "subprocess.Popen[bytes]", seconds: float) -> socket.socket:
        del process, seconds
        self._theirs.close()
        return self._ours

    def close(self) -> None:
        self._theirs.close()


class _Loopback:
    """A port of this machine, for one connection, whose first bytes are a secret.

    The process is told the secret by its standard input, which nobody else can read.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server((_LOOPBACK, 0), backlog=8)
        self._listener.settimeout(_POLL_SECONDS)
        self._token = secrets.token_bytes(_TOKEN_BYTES)
        self.address = f"port:{self._listener.getsockname()[1]}"
        self.options = {"stdin": subprocess.PIPE}
        self.connection: socket.socket | None = None

    def accept(self, process: "subprocess.Popen[bytes]", seconds: float) -> socket.socket:
        assert process.stdin is not None  # noqa: S101 - as the options say
        with process.stdin, self._listener:
            process.stdin.write(self._token)
            process.stdin.flush()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(TimeoutError):
                    connection, _ = self._listener.accept()
                    if self._is_ours(connection):
                        self.connection = connection
                        return connection
                    connection.close()
        raise ConnectionError("the process did not connect")

    def _is_ours(self, connection: socket.socket) -> bool:
        """Whether a connection begins with the secret."""
        received = b""
        deadline = time.monotonic() + _TOKEN_SECONDS
        try:
            while len(received) < _TOKEN_BYTES:
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                part = connection.recv(_TOKEN_BYTES - len(received))
                if not part:
                    return False
                received += part
        except OSError:  # too late, or gone
            return False
        connection.settimeout(None)
        return hmac.compare_digest(received, self._token)

    def close(self) -> None:
        self._listener.close()
