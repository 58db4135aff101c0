"""The server as a process: how it starts, ends, is killed and started again."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from paintgraph.nodes import modules
from paintgraph.tests.api.serving import png

ROOT = Path(__file__).resolve().parents[2]
OUTER_SECONDS = 300
HEAVY = {"cv2", "torch", "onnxruntime", "numba", "numpy", "PIL", "paintgraph.imaging.arrays"}
ERASE = {"box": [2, 2, 8, 8], "engine": "telea"}


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

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(OUTER_SECONDS)


def begin(
    data: Path, *flags: str, port: int | str = 0, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "paintgraph.cli", "serve", "--port", str(port), *flags],
        cwd=ROOT,
        env={**os.environ, "PAINTGRAPH_DATA_DIR": str(data), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def started(data: Path, *flags: str, port: int = 0, **environment: str) -> Iterator[Process]:
    process = begin(data, *flags, port=port, **environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("paintgraph listens at http://127.0.0.1:"), refusal(process)
        yield Process(process, int(line.rpartition(":")[2]))
    finally:
        process.kill()
        process.communicate()


def refusal(process: subprocess.Popen[str]) -> str:
    """What a server says that does not start."""
    _, told = process.communicate(timeout=OUTER_SECONDS)
    assert process.returncode == 1
    return told


def test_it_listens_at_a_second_port(tmp_path: Path) -> None:
    process = begin(tmp_path, "--fooocus-port", "0")
    try:
        assert process.stdout is not None
        ports = [int(port) for port in re.findall(r":(\d+)", process.stdout.readline())]
        assert len(set(ports)) == 2
        for port in ports:
            assert Process(process, port).call("GET", "/livez")[0] == 200
    finally:
        process.kill()
        process.communicate()


def test_a_second_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = begin(tmp_path, "--fooocus-port", str(taken.getsockname()[1]))
        _, told = process.communicate(timeout=OUTER_SECONDS)

    assert process.returncode == 1
    assert "choose another port with --fooocus-port" in told


def test_importing_the_server_loads_no_node_and_nothing_heavy() -> None:
    unwanted = HEAVY | set(modules())
    code = f"import sys, paintgraph.server; print(sorted(set(sys.modules) & {unwanted!r}))"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_job_at_work_is_finished_before_the_end_and_no_other_is_taken(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        server.until_ready()
        digest = upload(server)
        _, job = server.call("POST", "/v1/recipes/erase_object", {"image": digest, **ERASE})
        while server.call("GET", f"/v1/jobs/{job['id']}")[1]["state"] == "queued":
            time.sleep(0.005)

        assert server.end() == 0

    with started(tmp_path) as server:
        assert server.call("GET", f"/v1/jobs/{job['id']}")[1]["state"] == "succeeded"


@pytest.mark.slow
def test_while_it_ends_it_says_so_and_refuses_jobs(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        server.until_ready()
        digest = upload(server, side=400)
        inputs = {"image": digest, "box": [50, 50, 350, 350], "engine": "patchmatch"}
        _, job = server.call("POST", "/v1/recipes/erase_object", inputs)
        while server.call("GET", f"/v1/jobs/{job['id']}")[1]["state"] == "queued":
            time.sleep(0.005)

        server.process.send_signal(signal.SIGTERM)
        while server.call("GET", "/readyz")[0] == 200:
            time.sleep(0.005)

        status, problem = server.call(
            "POST", "/v1/recipes/erase_object", {"image": digest, **ERASE}
        )
        assert (status, problem["code"]) == (503, "draining")
        assert server.call("GET", "/livez")[0] == 200
        server.process.send_signal(signal.SIGTERM)  # now at once
        assert server.process.wait(OUTER_SECONDS) == 0

    with started(tmp_path) as server:
        _, ended = server.call("GET", f"/v1/jobs/{job['id']}?wait=60")
        assert ended["state"] == "succeeded"


@pytest.mark.slow
def test_killed_it_starts_again_at_once_on_its_port_and_goes_on(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        server.until_ready()
        digest = upload(server)
        jobs = [
            server.call("POST", "/v1/recipes/erase_object", {"image": digest, **ERASE, "seed": n})
            for n in range(5)
        ]
        server.end(signal.SIGKILL)

    with started(tmp_path, port=server.port) as again:
        for _, job in jobs:
            _, ended = again.call("GET", f"/v1/jobs/{job['id']}?wait=60")
            assert ended["state"] == "succeeded"


@pytest.mark.slow
def test_what_a_server_keeps_is_nobody_elses(tmp_path: Path) -> None:
    with started(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_has_one_server(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        told = refusal(begin(tmp_path))

        assert "[folder_busy]" in told
        assert f"process id {server.process.pid}" in told


@pytest.mark.slow
def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with started(tmp_path / "one") as server:
        told = refusal(begin(tmp_path / "two", port=server.port))

        assert "[cannot_listen]" in told
        assert "--port" in told


def test_a_public_address_needs_a_key(tmp_path: Path) -> None:
    assert "[key_needed]" in refusal(begin(tmp_path, "--host", "0.0.0.0"))  # noqa: S104


def test_with_keys_who_has_none_is_refused(tmp_path: Path) -> None:
    with started(tmp_path, PAINTGRAPH_API_KEYS="secret-one, secret-two") as server:
        assert server.call("GET", "/livez")[0] == 200
        assert server.call("GET", "/openapi.json")[0] == 200
        assert server.call("GET", "/v1/jobs")[0] == 401
        assert server.call("GET", "/v1/jobs", X_API_KEY="wrong")[0] == 401
        assert server.call("GET", "/v1/jobs", X_API_KEY="secret-two")[0] == 200
        assert server.call("GET", "/v1/jobs", Authorization="Bearer secret-one")[0] == 200


def test_until_a_worker_is_there_graphs_wait(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        status, problem = server.call("GET", "/v1/nodes")

        assert (status, problem["code"]) == (503, "starting")
        server.until_ready()
        assert server.call("GET", "/v1/nodes")[0] == 200


def upload(server: Process, side: int = 24) -> str:
    _, picture = server.call(
        "POST", "/v1/images", png(width=side, height=side), Content_Type="image/png"
    )
    digest: str = picture["digest"]
    return digest


@pytest.mark.parametrize(
    ("flags", "environment", "setting"),
    [
        (("--workers", "0"), {}, "workers"),
        ((), {"PAINTGRAPH_WORKERS": "many"}, "workers"),
        ((), {"PAINTGRAPH_DURABILITY": "none"}, "durability"),
        ((), {"PAINTGRAPH_GRACE_SECONDS": "-1"}, "grace_seconds"),
        (("--api-key", "with space"), {}, "key"),
        (("--jobs", "mysql://h/d"), {}, "should be the address of a PostgreSQL"),
        ((), {"PAINTGRAPH_ORIGINS": "*"}, "origin"),
        ((), {"PAINTGRAPH_HOSTS": "a/b"}, "host"),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, flags: tuple[str, ...], environment: dict[str, str], setting: str
) -> None:
    told = refusal(begin(tmp_path, *flags, **environment))

    assert "[bad_setting]" in told
    assert setting in told
    assert "Traceback" not in told
