"""A server that may open few files: jobs do not pay for clients that hold connections."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.tests.api.hostile.processes import SMALL_NODES, Child, running, wait_for

FEW = 100
MORE = 150
LINES = 30


def with_few_files(command: list[str]) -> list[str]:
    """It begins with still fewer, and may raise that limit itself."""
    limits = f"ulimit -S -n {FEW // 2}; ulimit -H -n {FEW}"
    return ["/bin/sh", "-c", f'{limits}; exec "$@"', "sh", *command]


@contextmanager
def crowd(server: Child, request: bytes) -> Iterator[None]:
    """More clients than the server can open sockets; each says the same and waits."""
    clients = []
    try:
        for _ in range(MORE):
            client = socket.create_connection(("127.0.0.1", server.port))
            clients.append(client)
            client.sendall(request)
        yield
    finally:
        for client in clients:
            client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    folder = tmp_path_factory.mktemp("few") / "data"
    with running(folder, SMALL_NODES, wrap=with_few_files) as server:
        server.until_ready()
        yield server


def warnings(server: Child) -> int:
    """How often the log tells of more than what happens."""
    return sum(" INFO " not in line for line in server.log.read_text().splitlines())


def saving(server: Child) -> str:
    blob = FolderBlobs(server.data / "blobs").put(b"content")
    nodes = {
        "t": {"node": "Tick", "seconds": 0.1},
        "s": {"node": "SaveBlob", "blob": blob, "after": "${t.sum}"},
    }
    return server.submit({"nodes": nodes, "outputs": {"t": "${t.sum}"}})


def test_a_crowd_that_listens_takes_no_files_from_jobs(server: Child) -> None:
    tick = {"t": {"node": "Tick", "seconds": 1.0}}
    long = server.submit({"nodes": tick, "outputs": {"t": "${t.sum}"}})
    jobs = [saving(server) for _ in range(3)]
    events = f"GET /v1/jobs/{long}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with crowd(server, events):
        wait_for(lambda: len(list((server.data / "outputs").iterdir())) == len(jobs), "files")

    assert [server.ended(job)["state"] for job in jobs] == ["succeeded"] * 3
    assert warnings(server) < LINES


@pytest.mark.parametrize("said", [b"", b"GET /livez HTTP/1.1\r\nX: "], ids=["nothing", "half"])
def test_a_crowd_that_is_silent_keeps_nobody_out(server: Child, said: bytes) -> None:
    with crowd(server, said):
        assert server.call("GET", "/livez").status == 200
        assert server.ended(saving(server))["state"] == "succeeded"

    assert warnings(server) < LINES


def test_the_log_says_why_there_are_fewer_connections_than_was_set(server: Child) -> None:
    told = server.log.read_text()

    assert f"at most {FEW // 2} connections are taken, as this process may open {FEW}" in told
