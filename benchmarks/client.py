"""A server to measure, started and ended here, and a client that costs little itself."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SMALL_NODES = "paintgraph.benchmarks.small_nodes:worker_parts"
_WAIT = "?wait=120"
_SECONDS = 180.0
_START_SECONDS = 60.0


class Client:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def run(self, graph: bytes) -> None:
        """Run a graph and wait for its end; raises RuntimeError unless it succeeds."""
        status, body = self.call("POST", f"/v1/jobs{_WAIT}", graph)
        if status != 200 or b'"state":"succeeded"' not in body:
            raise RuntimeError(f"the server answers {status}: {body[:400]!r}")

    def begin(self, graph: bytes) -> str:
        """Hand a graph in; gives the job's id."""
        status, body = self.call("POST", "/v1/jobs", graph)
        if status != 202:
            raise RuntimeError(f"the server answers {status}: {body[:400]!r}")
        job: str = json.loads(body)["id"]
        return job

    def await_end(self, job: str) -> None:
        """Wait for the end of a job; raises RuntimeError unless it succeeds."""
        status, body = self.call("GET", f"/v1/jobs/{job}{_WAIT}")
        answer: dict[str, Any] = json.loads(body)
        if status != 200 or answer["state"] != "succeeded":
            raise RuntimeError(f"the server answers {status}: {body[:400]!r}")

    def await_ready(self) -> None:
        """Wait until jobs are taken; raises TimeoutError."""
        deadline = time.monotonic() + _START_SECONDS
        while self.call("GET", "/readyz")[0] != 200:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server is not ready after {_START_SECONDS:.0f} s")
            time.sleep(0.005)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, its process, its data."""

    url: str
    pid: int
    folder: Path

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of its own."""
        client = Client(self.url)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def server(
    factory: str = "", prepare: Callable[[Path], object] | None = None, **settings: str
) -> Iterator[Server]:
    """A server on a free port; the real one, or one of another factory.

    `prepare` fills the folder of its data, which else is empty.
    """
    with tempfile.TemporaryDirectory() as name:
        if prepare:
            prepare(Path(name))
        arguments = [name, factory] if factory else [name]
        process = subprocess.Popen(
            [sys.executable, "-m", "paintgraph.benchmarks.served", *arguments],
            stdout=subprocess.PIPE,
            env={**os.environ, **{f"PAINTGRAPH_{n.upper()}": text for n, text in settings.items()}},
        )
        with process:
            try:
                line = process.stdout.readline().decode() if process.stdout else ""
                yield Server(line.split()[-1], process.pid, Path(name))
            finally:
                process.terminate()
                process.wait()


@contextmanager
def ready_server(
    factory: str = "", prepare: Callable[[Path], object] | None = None, **settings: str
) -> Iterator[Server]:
    """The same once it takes jobs."""
    with server(factory, prepare, **settings) as running:
        with running.client() as client:
            client.await_ready()
        yield running
