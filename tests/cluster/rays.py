"""A real Ray cluster of several nodes on this machine, each killed as a machine would be."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from paintgraph.tests.api.hostile.processes import OUTER_SECONDS, family, wait_for

PORT = 6399
_SMALL = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "15",  # how long nodes go on without their head
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}


class Rays:
    """The nodes of a cluster; the first is the head, which has no room for agents."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = {
            **os.environ,
            **_SMALL,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_TMPDIR": str(folder),
            **environment,
        }
        self.folder = folder
        self.nodes: list[subprocess.Popen[bytes]] = []

    def add(self, *options: str) -> None:
        """One more node; it is there once it has a raylet."""
        common = ("--node-ip-address=127.0.0.1", "--object-store-memory=80000000", "--block")
        number = len(self.nodes)
        with (self.folder / f"{number}.log").open("wb") as log:
            node = subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", *options, *common],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.nodes.append(node)
        wait_for(partial(self.process, number, "raylet/raylet"), f"Ray's node {number} is there")

    def process(self, number: int, program: str) -> int | None:
        """The process of a node that runs this program."""
        found = family(self.nodes[number].pid).items()
        return next((pid for pid, command in found if program in command.split(" ", 1)[0]), None)

    def node_of(self, pid: int) -> int:
        """The number of the node that a process is on."""
        (found,) = [n for n, node in enumerate(self.nodes) if pid in family(node.pid)]
        return found

    def kill(self, number: int, program: str) -> None:
        """Kill a process of a node, without warning."""
        pid = self.process(number, program)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def paintgraph(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What a command says."""
        return subprocess.run(
            [sys.executable, "-m", "paintgraph.cli", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=OUTER_SECONDS,
        )

    def agents(self) -> dict[str, Any]:
        """The agents that take jobs, by name."""
        said = self.paintgraph("cluster", "status", "--json")
        assert said.stdout, said.stderr
        found = json.loads(said.stdout)["agents"]
        return {
            name: each
            for name, each in found.items()
            if isinstance(each, dict) and not each["lacks"]
        }


@contextmanager
def rays(environment: Mapping[str, str], nodes: int) -> Iterator[Rays]:
    """A cluster of a head and so many nodes with room for one agent each."""
    folder = Path(tempfile.mkdtemp(prefix="pr"))  # short: there are sockets in it
    cluster = Rays(folder, environment)
    try:
        cluster.add("--head", f"--port={PORT}", "--num-cpus=0", "--include-dashboard=false")
        for _ in range(nodes):
            cluster.add(f"--address=127.0.0.1:{PORT}", "--num-cpus=1")
        yield cluster
    finally:
        for node in cluster.nodes:
            for pid in family(node.pid):
                os.kill(pid, signal.SIGKILL)
            node.kill()
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)
