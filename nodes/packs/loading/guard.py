"""Refuses subprocesses, network and writing while packs are imported, and tells what was refused.

It guards against accidents, such as a pack that runs pip or fetches weights when it is imported. It
is no sandbox: whoever writes a pack can get around it, and its nodes may do anything when they run.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_cache_path

from paintgraph.base.words import shorten

Freedom = Literal["subprocess", "network", "write", "routes"]
FREEDOMS: tuple[Freedom, ...] = get_args(Freedom)
"""What packs can be allowed to do when they are imported; and to answer routes of the server."""


def wrong_freedom(allowed: Iterable[str]) -> str:
    """What is wrong with a list of freedoms, and what is allowed; "" if nothing is."""
    wrong = next((each for each in allowed if each not in FREEDOMS), "")
    return f"is '{wrong}'; allowed are {', '.join(FREEDOMS)}." if wrong else ""


_BY_FREEDOM: Mapping[str, tuple[str, ...]] = {
    "subprocess": (
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"),
        *("os.forkpty", "os.startfile", "pty.spawn"),
    ),
    "network": (
        *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"),
        *("socket.sendto", "socket.sendmsg", "urllib.Request", "http.client.connect"),
    ),
    "write": (
        *("open", "os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink"),
        *("os.truncate", "os.chmod", "os.chown", "shutil.rmtree"),
    ),
}
_EVENTS = {event: freedom for freedom, events in _BY_FREEDOM.items() for event in events}
"""Audit events of Python (https://docs.python.org/3/library/audit_events.html) by what they do."""

_WITHIN = ("os.remove", "os.rmdir")
_WITH_TARGET = ("os.rename", "os.link", "os.symlink")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOST_TOLD = 20


class RefusedError(PermissionError):
    """A pack did something at import that it may not do then."""


class Guard:
    """Watches what a process does while it imports packs.

    Python calls audit hooks in every thread for ever: this one looks only while it guards, at the
    thread that imports and those that were started since.
    """

    def __init__(self) -> None:
        self._others: frozenset[int | None] = frozenset()
        self._allowed: frozenset[str] = frozenset(FREEDOMS)
        self._folders: tuple[str, ...] = ()
        self._pack = ""
        self._refused: list[str] = []
        self._is_guarding = False
        sys.addaudithook(self._hear)

    @contextmanager
    def guarding(
        self, allowed: Iterable[str], folders: Iterable[Path], pack: Path
    ) -> Iterator[list[str]]:
        """Refuse what is not allowed, and writing outside of these folders; gives what was told.

        Temporary folders, caches of Python and of the user may always be written to, the pack
        itself never, wherever it lies.
        """
        self._pack = os.path.realpath(pack)
        free = [*folders, Path(tempfile.gettempdir()), user_cache_path(), Path("/dev")]
        self._folders = tuple(os.path.realpath(folder) for folder in free)
        self._allowed = frozenset(allowed)
        here = threading.get_ident()
        self._others = frozenset(each.ident for each in threading.enumerate()) - {here}
        refused: list[str] = []
        self._refused = refused
        self._is_guarding = True
        try:
            yield refused
        finally:
            self._is_guarding = False

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._is_guarding:
            return
        freedom = _EVENTS.get(event)
        if freedom is None or freedom in self._allowed or threading.get_ident() in self._others:
            return
        if event == "socket.bind" and _is_here(args[1]):
            return
        if freedom == "write":
            paths = args[:2] if event in _WITH_TARGET else args[:1]
            if event == "open" and not _is_writing(*args[1:3]):
                return
            if event in _WITHIN and args[-1] != -1:  # in a folder that is open, as rmtree does
                return
            if all(self._may_write(path) for path in paths):
                return
        told = f"{freedom}: {shorten(_in_words(event, args), 160)}"
        if told not in self._refused and len(self._refused) < _MOST_TOLD:
            self._refused.append(told)
        raise RefusedError(
            f"{told} is refused while packs are imported; allow it by --allow-packs {freedom}"
        )

    def _may_write(self, path: Any) -> bool:
        if isinstance(path, int) or path is None:  # a file that is open already
            return True
        real = os.path.realpath(os.fsdecode(path))
        if "__pycache__" in real:
            return True
        is_free = any(_is_within(real, folder) for folder in self._folders)
        return is_free and not _is_within(real, self._pack)


def _is_within(real: str, folder: str) -> bool:
    return real == folder or real.startswith(folder + os.sep)


def _is_here(address: Any) -> bool:
    """Whether an address is one that nobody else can reach, as libraries try before they begin."""
    return isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1", "localhost")


def _is_writing(mode: str | None, flags: int | None) -> bool:
    if mode is not None:
        return any(letter in mode for letter in "wax+")
    return bool((flags or 0) & _WRITING)


def _in_words(event: str, args: tuple[Any, ...]) -> str:
    """What was asked for: a command, an address or a path."""
    first: Any = args[0] if args else ""
    if event == "subprocess.Popen":
        command = args[1]
        first = command if isinstance(command, str | bytes) else " ".join(map(_text, command))
    elif event in ("socket.connect", "socket.bind", "socket.sendto"):
        first = args[1]
    elif event in _WITH_TARGET:
        first = f"{_text(args[0])} -> {_text(args[1])}"
    return f"{event} {_text(first)}"


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, str | bytes | os.PathLike) else str(value)


@cache
def process_guard() -> Guard:
    """The guard of this process: a hook of Python's cannot be taken away, so there is one."""
    return Guard()
