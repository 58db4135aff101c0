"""The server as a process: how it starts, and what it says if it does not.

How it ends, is killed and started again is in `test_crashes`.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paintgraph.nodes import modules

ROOT = Path(__file__).resolve().parents[2]
OUTER_SECONDS = 300
HEAVY = {"cv2", "torch", "onnxruntime", "numba", "numpy", "PIL", "paintgraph.imaging.arrays"}
KEY = {"X_API_KEY": "secret-one"}


class Process:
    """A server of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=OUTER_SECONDS)
        try:
            if isinstance(body, dict):
                headers["Content-Type"] = "application/json"
                body = json.dumps(body)
            connection.request(
                method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()

    def until_ready(self) -> None:
        deadline = time.monotonic() + OUTER_SECONDS
        while self.call("GET", "/readyz")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def begin(data: Path, *flags: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "paintgraph.cli", "serve", "--port", "0", *flags],
        cwd=ROOT,
        env={**os.environ, "PAINTGRAPH_DATA_DIR": str(data), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def started(data: Path, *flags: str, **environment: str) -> Iterator[tuple[Process, list[int]]]:
    """A server, and the ports that it says it listens at."""
    process = begin(data, *flags, **environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("paintgraph listens at http://127.0.0.1:"), refusal(process)
        ports = [int(port) for port in re.findall(r":(\d+)", line)]
        yield Process(process, ports[0]), ports
    finally:
        process.kill()
        process.communicate()


def refusal(process: subprocess.Popen[str]) -> str:
    """What a server says that does not start."""
    said, told = process.communicate(timeout=OUTER_SECONDS)
    assert (process.returncode, said) == (1, "")
    return told


@dataclass(frozen=True)
class First:
    """A server with two ports and two keys, and what it answered before it had a worker."""

    server: Process
    ports: list[int]
    data: Path
    at_once: tuple[int, Any]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    data = tmp_path_factory.mktemp("first") / "data"
    keys = {"PAINTGRAPH_API_KEYS": "secret-one, secret-two"}
    with started(data, "--fooocus-port", "0", **keys) as (server, ports):
        yield First(server, ports, data, server.call("GET", "/v1/nodes", **KEY))


def test_it_listens_at_a_second_port(first: First) -> None:
    assert len(set(first.ports)) == 2
    for port in first.ports:
        assert Process(first.server.process, port).call("GET", "/livez")[0] == 200


def test_until_a_worker_is_there_graphs_wait(first: First) -> None:
    status, problem = first.at_once

    assert (status, problem["code"]) == (503, "starting")
    first.server.until_ready()
    assert first.server.call("GET", "/v1/nodes", **KEY)[0] == 200


def test_what_a_server_keeps_is_nobody_elses(first: First) -> None:
    assert first.data.stat().st_mode & 0o777 == 0o700


def test_with_keys_who_has_none_is_refused(first: First) -> None:
    server = first.server

    assert server.call("GET", "/livez")[0] == 200
    assert server.call("GET", "/openapi.json")[0] == 200
    assert server.call("GET", "/v1/jobs")[0] == 401
    assert server.call("GET", "/v1/jobs", X_API_KEY="wrong")[0] == 401
    assert server.call("GET", "/v1/jobs", X_API_KEY="secret-two")[0] == 200
    assert server.call("GET", "/v1/jobs", Authorization="Bearer secret-one")[0] == 200


def test_a_data_folder_has_one_server(first: First) -> None:
    told = refusal(begin(first.data))

    assert "[folder_busy]" in told
    assert f"process id {first.server.process.pid}" in told
    assert "Traceback" not in told
    assert first.server.call("GET", "/livez")[0] == 200


def test_importing_the_server_loads_no_node_and_nothing_heavy() -> None:
    unwanted = HEAVY | set(modules())
    code = f"import sys, paintgraph.server; print(sorted(set(sys.modules) & {unwanted!r}))"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


REFUSED: dict[str, tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]] = {
    "no worker": (("--workers", "0"), {}, ("[bad_setting]", "workers")),
    "a word for a number": ((), {"PAINTGRAPH_WORKERS": "many"}, ("[bad_setting]", "workers")),
    "no such choice": ((), {"PAINTGRAPH_DURABILITY": "none"}, ("[bad_setting]", "durability")),
    "a negative time": (
        (),
        {"PAINTGRAPH_GRACE_SECONDS": "-1"},
        ("[bad_setting]", "grace_seconds"),
    ),
    "a key with a blank": (("--api-key", "with space"), {}, ("[bad_setting]", "key")),
    "another database": (
        ("--jobs", "mysql://h/d"),
        {},
        ("[bad_setting]", "should be the address of a PostgreSQL"),
    ),
    "any origin": ((), {"PAINTGRAPH_ORIGINS": "*"}, ("[bad_setting]", "origin")),
    "a host with a path": ((), {"PAINTGRAPH_HOSTS": "a/b"}, ("[bad_setting]", "host")),
    "a public address without a key": (("--host", "0.0.0.0"), {}, ("[key_needed]",)),  # noqa: S104
    "a port that is taken": (("--port", "{taken}"), {}, ("[cannot_listen]", "--port")),
    "a second port that is taken": (
        ("--fooocus-port", "{taken}"),
        {},
        ("choose another port with --fooocus-port",),
    ),
}
"""Flags and environment of servers that do not start, and what they say; the port is a socket's."""

_START = """
import json, sys
from typer.testing import CliRunner
from paintgraph.cli.app import app
for flags, environment in json.load(sys.stdin):
    answer = CliRunner().invoke(app, ["serve", "--port", "0", *flags], env=environment)
    print(json.dumps([answer.exit_code, answer.stderr]))
"""
"""Tries to start one server after another in one process: importing takes most of the time."""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """How each server ended that does not start, and what it said."""
    data = str(tmp_path_factory.mktemp("refused") / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wanted = [
            ([flag.format(taken=port) for flag in flags], {"PAINTGRAPH_DATA_DIR": data, **more})
            for flags, more, _ in REFUSED.values()
        ]
        done = subprocess.run(
            [sys.executable, "-c", _START],
            cwd=ROOT,
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            check=True,
            timeout=OUTER_SECONDS,
        )
    ended = (json.loads(line) for line in done.stdout.splitlines())
    return dict(zip(REFUSED, map(tuple, ended), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_a_server_that_cannot_start_says_why(
    refusals: dict[str, tuple[int, str]], name: str
) -> None:
    code, told = refusals[name]

    assert code == 1
    assert [words for words in REFUSED[name][2] if words not in told] == []
    assert "Traceback" not in told
