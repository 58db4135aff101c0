"""The commands of docs/cluster.md, as an operator types them, with a database and a bucket."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from paintgraph.tests import buckets
from paintgraph.tests.jobs.postgresql import PostgresqlServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shared(postgresql: PostgresqlServer, endpoint: str) -> dict[str, str]:
    """What all machines are told."""
    return {
        "PAINTGRAPH_JOBS": postgresql.new_database(),
        "PAINTGRAPH_OBJECTS": f"s3://{buckets.NAME}",
        "AWS_ENDPOINT_URL": endpoint,
        **buckets.KEYS,
    }


def add_commands(folder: Path) -> None:
    """Put the commands that a page names into a folder of programs."""
    (folder / "bin").mkdir()
    for name, module in (("paintgraph", "paintgraph.cli"), ("ray", "ray.scripts.scripts")):
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
        command.chmod(0o755)


def free_ports() -> Iterator[int]:
    """Ports that nobody has, and that the system gives to nobody who asks for any port."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            yield port


@contextmanager
def typed(
    block: str, folder: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.CompletedProcess[str]"]:
    """What the commands of a block say; what they have started ends with the `with` statement."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said = folder / "said"
    with said.open("w") as file:
        shell = subprocess.Popen(
            ["/bin/bash", "-c", block],
            cwd=folder,
            env={**os.environ, "PATH": path, **environment},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = shell.wait()
        yield subprocess.CompletedProcess(block, code, said.read_text())
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
