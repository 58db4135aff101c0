"""What stands in where a system lacks something does the same."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from paintgraph.base import platforms, processes

CHILD = "paintgraph.tests.base.talking_child"


@pytest.fixture(params=[True, False], ids=["inherited socket", "loopback"])
def channel(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[platforms.Channel]:
    monkeypatch.setattr(platforms, "passes_sockets", lambda: request.param)
    with closing(platforms.open_channel()) as channel:
        yield channel


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[platforms.Channel]:
    monkeypatch.setattr(platforms, "passes_sockets", lambda: False)
    with closing(platforms.open_channel()) as channel:
        yield channel


def port_of(channel: platforms.Channel) -> tuple[str, int]:
    return "127.0.0.1", int(channel.address.removeprefix("port:"))


def test_a_process_talks_to_its_parent(channel: platforms.Channel) -> None:
    process = processes.start(CHILD, channel.address, **channel.options)
    with process, channel.accept(process, 120) as connection:
        connection.sendall(b"hello")

        assert connection.recv(100) == b"HELLO"


def test_a_process_that_ends_does_not_keep_its_parent_waiting(loopback: platforms.Channel) -> None:
    with (
        processes.start(
            "paintgraph.no_such_module", stderr=subprocess.PIPE, **loopback.options
        ) as process,
        pytest.raises(OSError, match="did not connect"),
    ):
        loopback.accept(process, 60)


def test_a_process_that_does_not_connect_is_not_waited_for_longer(
    loopback: platforms.Channel,
) -> None:
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); input()"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **loopback.options) as process:
        with pytest.raises(OSError, match="did not connect"):
            loopback.accept(process, 0.3)
        process.kill()


@pytest.mark.parametrize("said", [b"", b"x", b"x" * 32, b"x" * 64], ids=len)
def test_a_stranger_is_turned_away_and_the_process_is_still_heard(
    loopback: platforms.Channel, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platforms, "_TOKEN_SECONDS", 1.0)
    with socket.create_connection(port_of(loopback)) as stranger:
        stranger.sendall(said)
        process = processes.start(CHILD, loopback.address, **loopback.options)
        with process, loopback.accept(process, 120) as connection:
            connection.settimeout(120)
            connection.sendall(b"hello")

            assert connection.recv(100) == b"HELLO"
            stranger.settimeout(120)
            with suppress(ConnectionResetError):  # what it said is not all read
                assert stranger.recv(1) == b""


def test_only_one_connection_is_taken_and_only_from_this_machine(
    loopback: platforms.Channel,
) -> None:
    process = processes.start(CHILD, loopback.address, **loopback.options)
    with process, loopback.accept(process, 120) as connection:
        assert connection.getsockname()[0] == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(port_of(loopback))


def test_secrets_differ_and_are_not_among_the_arguments() -> None:
    with closing(platforms._Loopback()) as one, closing(platforms._Loopback()) as other:
        assert len(one._token) == len(other._token) == 32
        assert one._token != other._token
        assert one.address == f"port:{port_of(one)[1]}"


@pytest.mark.parametrize("has_handlers", [True, False], ids=["loop", "Windows"])
def test_a_signal_calls_the_action_in_the_loop(
    monkeypatch: pytest.MonkeyPatch, *, has_handlers: bool
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError

    async def act() -> str:
        came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if not has_handlers:
            monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse)
        platforms.on_signals(
            [signal.SIGUSR1], lambda: came.set_result(threading.current_thread().name)
        )
        signal.raise_signal(signal.SIGUSR1)
        return await asyncio.wait_for(came, 120)

    old = signal.getsignal(signal.SIGUSR1)
    try:
        assert asyncio.run(act()) == "MainThread"
    finally:
        signal.signal(signal.SIGUSR1, old)


def test_the_peak_of_memory_is_said_where_the_system_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (platforms.peak_bytes() or 0) > 10**7
    monkeypatch.setattr(platforms, "resource", None)
    assert platforms.peak_bytes() is None


def test_there_is_a_processor() -> None:
    assert platforms.processors() >= 1
