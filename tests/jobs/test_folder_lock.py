"""One process holds a data folder; the next is told which."""

import os
from pathlib import Path

import pytest

from paintgraph.jobs.store.folder_lock import FolderBusyError, exclusive


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
