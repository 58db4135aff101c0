"""One process holds a data folder; the next is told which."""

import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from paintgraph.jobs.store.folder_lock import (
    FolderBusyError,
    Server,
    announce,
    exclusive,
    find_server,
)


def test_a_folder_is_held_by_one_until_it_lets_go(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with exclusive(folder):
        with pytest.raises(FolderBusyError) as caught, exclusive(folder):
            pass

        assert caught.value.code == "folder_busy"
        assert str(caught.value) == (
            f"the data folder '{folder}' is in use by the server with process id {os.getpid()}; "
            "allowed is one server per folder. End it, or name another folder with "
            "PAINTGRAPH_DATA_DIR."
        )
    with exclusive(folder):
        pass


def test_a_folder_that_cannot_be_made_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(FolderBusyError, match="cannot be used") as caught,
        exclusive(tmp_path / "file" / "data"),
    ):
        pass
    assert caught.value.code == "no_data_folder"


def test_a_server_is_found_from_when_it_takes_requests_to_its_end(tmp_path: Path) -> None:
    server = Server(os.getpid(), "http://127.0.0.1:7866", has_editor=True)

    assert find_server(tmp_path, 0) is None
    with exclusive(tmp_path):
        assert find_server(tmp_path, 0) is None
        announce(tmp_path, server)
        assert find_server(tmp_path, 0) == server
    assert find_server(tmp_path, 0) is None
    assert not (tmp_path / "server.json").exists()


def test_a_server_that_starts_is_waited_for(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        timer = threading.Timer(0.2, lambda: announce(tmp_path, Server(1, "http://[::1]:1")))
        timer.start()
        assert find_server(tmp_path, 30) == Server(1, "http://[::1]:1")
        timer.join()


@pytest.mark.parametrize("left", [b"", b"[]", b"{", b'{"process": 1, "more": 2}'])
def test_what_a_killed_server_left_counts_for_nothing(tmp_path: Path, left: bytes) -> None:
    announce(tmp_path, Server(os.getpid(), "http://127.0.0.1:7866"))
    (tmp_path / "server.lock").touch()
    assert find_server(tmp_path, 0) is None

    with exclusive(tmp_path):
        (tmp_path / "server.json").write_bytes(left)
        assert find_server(tmp_path, 0) is None


def test_who_looks_for_a_server_keeps_none_from_starting(tmp_path: Path) -> None:
    looking = FileLock(tmp_path / "server.lock", thread_local=False)
    looking.acquire()
    timer = threading.Timer(0.1, looking.release)
    timer.start()

    with exclusive(tmp_path):
        timer.join()
