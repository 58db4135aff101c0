"""A server as a process of its own, spoken to in bytes; and the processes that belong to it."""

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
OUTER_SECONDS = 300.0  # a loaded machine takes its time
REAL_NODES = "paintgraph.assembly:worker_parts"
SMALL_NODES = "paintgraph.tests.jobs.parts:parts"
_SERVE = (
    "import sys; from paintgraph import server;"
    "from paintgraph.api.settings import load_settings;"
    "settings = load_settings({'port': int(sys.argv[2])});"
    "server.serve(settings, lambda told: print(told, flush=True), sys.argv[1])"
)


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if nothing did."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


NOTHING = Answer(0, {}, b"")


class Child:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, data: Path, log: Path) -> None:
        self.process = process
        self.port = port
        self.data = data
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request by a client of its own; a mapping is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            named["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=OUTER_SECONDS)
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def exchange(self, request: bytes, *, then_close: bool = False) -> Answer:
        """Send these very bytes and read one answer.

        With `then_close` nothing more is sent, and the server is told so.
        """
        with socket.create_connection(("127.0.0.1", self.port), OUTER_SECONDS) as sock:
            with suppress(ConnectionError):
                _send(sock, request)
                if then_close:
                    sock.shutdown(socket.SHUT_WR)
            method = request.split(b" ", 1)[0].decode("latin-1")
            response = http.client.HTTPResponse(sock, method=method)
            try:
                response.begin()
                return Answer(response.status, dict(response.headers), response.read())
            except (ConnectionError, http.client.HTTPException):
                return NOTHING
            finally:
                response.close()

    def submit(self, graph: Any, **headers: str) -> str:
        """Submit a job; gives its id."""
        answer = self.call("POST", "/v1/jobs", graph, **headers)
        assert answer.status == 202, answer.text
        job_id: str = answer.json["id"]
        return job_id

    def job(self, job_id: str) -> Any:
        return self.call("GET", f"/v1/jobs/{job_id}").json

    def ended(self, job_id: str) -> Any:
        """A job once it has ended."""
        job = self.call("GET", f"/v1/jobs/{job_id}?wait={OUTER_SECONDS}").json
        assert job["ended"] is not None, job
        return job

    def until_state(self, job_id: str, state: str) -> None:
        wait_for(lambda: self.job(job_id)["state"] == state, f"job {job_id} {state}")

    def until_ready(self) -> None:
        wait_for(lambda: self.call("GET", "/readyz").status == 200, "the server is ready")

    def upload(self, data: bytes) -> str:
        answer = self.call("POST", "/v1/images", data, Content_Type="image/png")
        assert answer.status == 201, answer.text
        digest: str = answer.json["digest"]
        return digest

    def kill(self) -> None:
        """End the server at once, without a word."""
        self.process.kill()
        self.process.wait(OUTER_SECONDS)

    def end(self) -> int:
        """Ask the server to end; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(OUTER_SECONDS)

    def family(self) -> dict[int, str]:
        """Its processes by id, with their command lines: workers and their helpers."""
        return family(self.pid)

    def workers(self) -> list[int]:
        return sorted(
            pid
            for pid, words in self.family().items()
            if "paintgraph.jobs.workers.process" in words
        )


def _send(sock: socket.socket, data: bytes) -> None:
    """Send until all is sent or an answer is there."""
    left = memoryview(data)
    while left:
        readable, writable, _ = select.select([sock], [sock], [], OUTER_SECONDS)
        if readable:
            return
        assert writable, "the server takes nothing"
        left = left[sock.send(left[: 1 << 16]) :]


def family(root: int) -> dict[int, str]:
    """All processes below one, with their command lines."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state = (entry / "stat").read_text(errors="replace").rpartition(") ")[2].split()
                if state[0] != "Z":
                    parents[int(entry.name)] = int(state[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: command_of(pid) for pid in found - {root}}


def command_of(pid: int) -> str:
    """The command line of a process; nothing if it has ended."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        return command.replace("\0", " ")
    except OSError:
        return ""


def still_there(processes: Mapping[int, str]) -> dict[int, str]:
    """Those of some processes that have not ended; an id may serve another program by now."""
    return {pid: words for pid, words in processes.items() if words and command_of(pid) == words}


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def wait_for(there: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while not there():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def begin(
    data: Path,
    log: Path,
    factory: str = REAL_NODES,
    port: int = 0,
    wrap: Callable[[list[str]], list[str]] = list,
    **settings: Any,
) -> "subprocess.Popen[str]":
    """Start a server; what it says of itself goes to its stdout, the rest to the log.

    `wrap` gives the command that starts the one it is given.
    """
    environment = {f"PAINTGRAPH_{name.upper()}": str(value) for name, value in settings.items()}
    command = (
        [sys.executable, "-m", "paintgraph.cli", "serve", "--port", str(port)]
        if factory == REAL_NODES
        else [sys.executable, "-c", _SERVE, factory, str(port)]
    )
    with log.open("a") as file:
        return subprocess.Popen(
            wrap(command),
            cwd=ROOT,
            env={**os.environ, "PAINTGRAPH_DATA_DIR": str(data), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )


@contextmanager
def running(
    data: Path,
    factory: str = REAL_NODES,
    port: int = 0,
    log: Path | None = None,
    **settings: Any,
) -> Iterator[Child]:
    """A server that listens; killed at the end of the `with` statement."""
    log = log or data.with_name(f"{data.name}.log")
    process = begin(data, log, factory, port, **settings)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told.startswith("paintgraph listens at http://"), log.read_text()
        yield Child(process, int(told.rpartition(":")[2]), data, log)
    finally:
        process.kill()
        process.communicate()
