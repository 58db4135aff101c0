"""A real PostgreSQL server of the tests' own, where one is installed: Debian's `postgresql`.

It listens at a socket in a folder of its own alone, lets in whoever can open that, and runs as a
user without rights where the tests run as root: it refuses to run as root.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

_USER = "paint"
LOCKED = "locked"
"""A user who needs a password, once a test has made him."""
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_MOST_STARTS = 600


class PostgresqlServer:
    """One server, which a test may kill and start again."""

    def __init__(self, folder: Path, programs: Path, *, is_durable: bool) -> None:
        self.folder, self._programs = folder, programs
        self._settings = ["shared_buffers=32MB", "max_connections=200", "listen_addresses="]
        self._settings += [f"unix_socket_directories={folder}", *(() if is_durable else _FAST)]
        self._names = (f"d{number}" for number in count(1))
        if os.geteuid() == 0:
            unprivileged = self._unprivileged
            os.chown(folder, unprivileged["user"], unprivileged["group"])
        self._run("initdb", "-D", "data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale")
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {LOCKED} scram-sha-256\n" + rules.read_text())
        self.start()

    def url(self, database: str = "postgres", user: str = _USER) -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The address of an empty one."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, sql: str, url: str = "") -> None:
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            connection.execute(sql.encode())

    def start(self) -> None:
        """Start, as soon as what was killed has let go of its memory, and wait for answers."""
        flags = [part for setting in self._settings for part in ("-c", setting)]
        for _ in range(_MOST_STARTS):
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [self._programs / "postgres", "-D", "data", *flags],
                    cwd=self.folder,
                    stdout=log,
                    stderr=log,
                    **self._unprivileged,
                )
            while self._process.poll() is None:
                with suppress(psycopg.OperationalError), psycopg.connect(self.url()):
                    return
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it: without warning, or by SIGINT, which cuts off its clients."""
        self._process.send_signal(number)
        self._process.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it, and all that it has begun, stand still for a while, as a machine that hangs."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self._process.send_signal(signal.SIGSTOP)
        processes = [int(pid) for pid in children.read_text().split()]
        try:
            for pid in processes:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in (*processes, self._process.pid):
                os.kill(pid, signal.SIGCONT)

    def _run(self, program: str, *arguments: str) -> None:
        command = (str(self._programs / program), *arguments)
        subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, **self._unprivileged
        )

    @property
    def _unprivileged(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        names = [entry.pw_name for entry in pwd.getpwall()]
        entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _programs() -> Path:
    """The folder of PostgreSQL's programs; skips the test where there is none."""
    found = shutil.which("initdb")  # Debian keeps them out of PATH
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "postgres").exists():
            return folder
    pytest.skip("needs a PostgreSQL server: apt-get install postgresql")


@contextmanager
def postgresql_server(*, is_durable: bool = False) -> Iterator[PostgresqlServer]:
    """A running server; one that is not durable is fast, and as good until the machine stops."""
    programs = _programs()
    with TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:  # short: a socket's
        server = PostgresqlServer(Path(folder), programs, is_durable=is_durable)
        try:
            yield server
        finally:
            server.kill(signal.SIGINT)
