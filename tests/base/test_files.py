"""Files appear whole or not at all."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paintgraph.base.files import remove_parts, write_new, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_what_is_no_file_is_written_into_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"all of it")
        assert os.read(reader, 100) == b"all of it"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("links", [True, False], ids=["with hard links", "without"])
def test_of_several_writers_one_gets_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", no_link)

    def write(number: int) -> int | None:
        try:
            write_new(tmp_path / "a", b"%d" % number)
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        written = [number for number in pool.map(write, range(32)) if number is not None]

    assert len(written) == 1
    assert (tmp_path / "a").read_bytes() == b"%d" % written[0]
    assert names(tmp_path) == ["a"]


def test_permissions_are_as_asked_for_before_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "ordinary", b"")
        write_new(tmp_path / "secret", b"", mode=0o600)
    finally:
        os.umask(old)

    assert (tmp_path / "ordinary").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", [write_whole, write_new])
def test_data_and_then_the_name_are_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object
) -> None:
    synced = []

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    assert callable(write)
    write(tmp_path / "a", b"data")

    assert synced == [(tmp_path / "a").stat().st_ino, tmp_path.stat().st_ino]


def test_what_can_be_made_again_is_not_waited_for_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    write_whole(tmp_path / "a", b"data", lasting=False)

    assert synced == [(tmp_path / "a").stat().st_ino]


@pytest.mark.parametrize("write", [write_whole, write_new])
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert callable(write)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "a", b"data")
    assert names(tmp_path) == []


def test_a_part_is_held_until_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def replace(part: Path, path: Path) -> None:
        remove_parts(tmp_path)
        seen.append(names(tmp_path))
        Path(part).rename(path)

    monkeypatch.setattr(os, "replace", replace)

    write_whole(tmp_path / "a", b"new")

    assert len(seen[0]) == 1
    assert (tmp_path / "a").read_bytes() == b"new"


def test_parts_that_nobody_holds_go_but_an_empty_one_only_once_it_is_old(tmp_path: Path) -> None:
    half, fresh, old = (tmp_path / f".{digit * 16}.part" for digit in "123")
    half.write_bytes(b"half")
    fresh.touch()
    old.touch()
    os.utime(old, (0, 0))

    remove_parts(tmp_path)

    assert names(tmp_path) == [fresh.name]
