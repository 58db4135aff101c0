"""Where things are kept."""

from pathlib import Path

import pytest
from platformdirs import user_data_path

from paintgraph.jobs.sources.folders import VARIABLE, FolderError, Folders, default_folders


def test_the_variable_names_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    assert default_folders() == Folders(tmp_path)


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_users_own_data_folder_serves(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, value)

    assert default_folders().data == user_data_path("paintgraph", appauthor=False)


def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "data")
    assert not folders.recipes.exists()
    assert not folders.data.exists()

    assert folders.blobs.is_dir()
    assert folders.results.is_dir()
    assert folders.records.is_dir()
    assert folders.blobs == folders.blobs == tmp_path / "data/blobs"


def test_a_folder_that_cannot_be_made_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FolderError) as told:
        _ = Folders(tmp_path / "file/data").blobs

    assert told.value.code == "no_data_folder"
    assert str(told.value) == (
        f"the data folder '{tmp_path}/file/data' cannot be used: Not a directory. "
        "Set PAINTGRAPH_DATA_DIR to a folder that can be written."
    )


def test_a_new_data_folder_is_nobody_elses(tmp_path: Path) -> None:
    own, given = Folders(tmp_path / "new"), Folders(tmp_path / "given")
    given.data.mkdir(mode=0o750)

    assert own.blobs.is_dir()
    assert given.blobs.is_dir()
    assert own.data.stat().st_mode & 0o777 == 0o700
    assert given.data.stat().st_mode & 0o777 == 0o750
