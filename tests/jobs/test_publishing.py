"""Files get the names that were wanted, once each, and never over another one."""

import errno
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.naming import name_fault
from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.publishing import Publisher, PublishError, cannot_write, write_new


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def publisher(out: Path, blobs: Blobs) -> Publisher:
    return Publisher(out, blobs)


def _effect(blobs: Blobs, prefix: str, data: bytes = b"data") -> Effect:
    return Effect(blobs.put(data), prefix, ".png", "output", media_type="image/png")


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_are_counted(publisher: Publisher, blobs: Blobs, out: Path) -> None:
    for data in (b"1", b"2", b"3"):
        publisher.publish(_effect(blobs, "copy", data))

    assert _names(out) == ["copy_00001_.png", "copy_00002_.png", "copy_00003_.png"]
    assert (out / "copy_00003_.png").read_bytes() == b"3"


def test_counting_goes_on_after_the_highest_whatever_its_suffix(
    publisher: Publisher, blobs: Blobs, out: Path
) -> None:
    out.mkdir()
    for name in ("copy_00007_.jpg", "copy_x_.png", "copy_00009.png", "other_00050_.png"):
        (out / name).write_bytes(b"old")

    assert publisher.publish(_effect(blobs, "copy")).name == "copy_00008_.png"


def test_a_name_without_number_gets_one_where_it_is_taken(
    publisher: Publisher, blobs: Blobs, out: Path
) -> None:
    for data in (b"1", b"2", b"3"):
        publisher.publish(replace(_effect(blobs, "mine", data), is_numbered=False))

    assert _names(out) == ["mine.png", "mine_00001_.png", "mine_00002_.png"]
    assert (out / "mine.png").read_bytes() == b"1"


def test_prefixes_may_name_sub_folders(publisher: Publisher, blobs: Blobs, out: Path) -> None:
    publisher.publish(_effect(blobs, "a/b/copy"))
    publisher.publish(_effect(blobs, "a/../c/copy"))

    assert _names(out) == ["a/b/copy_00001_.png", "c/copy_00001_.png"]


def test_fields_of_the_date_are_filled_in(publisher: Publisher, blobs: Blobs) -> None:
    path = publisher.publish(_effect(blobs, "%year%-%month%-%day%/%hour%%minute%%second%_%nope%"))

    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", path.parent.name)
    assert re.fullmatch(r"[0-2]\d[0-5]\d[0-5]\d_%nope%_00001_\.png", path.name)


def test_all_files_of_a_job_tell_its_time(publisher: Publisher, blobs: Blobs) -> None:
    when = datetime(2020, 1, 2, 23, 59, 59).astimezone()

    first, second = (
        publisher.publish(_effect(blobs, "%date:yyyy-MM-dd%/%hour%:%minute%"), when)
        for _ in range(2)
    )

    assert first.parent.name == second.parent.name == "2020-01-02"
    assert [first.name, second.name] == ["23_59_00001_.png", "23_59_00002_.png"]


@pytest.mark.parametrize(
    "prefix", ["../x", "a/../../x", "/x", "..", ".", "", " ", "a/", "/", "a\0b", "up/x"]
)
def test_a_name_that_leads_outside_or_is_none_is_refused(
    publisher: Publisher, blobs: Blobs, out: Path, tmp_path: Path, prefix: str
) -> None:
    out.mkdir()
    (out / "up").symlink_to("..")
    before = _names(tmp_path)
    effect = _effect(blobs, prefix)

    with pytest.raises(PublishError) as told:
        publisher.publish(effect)

    assert told.value.code == "cannot_write"
    assert [name for name in _names(tmp_path) if not name.startswith("blobs")] == before


def test_a_link_that_lies_in_the_way_is_not_followed(
    publisher: Publisher, blobs: Blobs, out: Path, tmp_path: Path
) -> None:
    out.mkdir()
    (out / "copy_00001_.png").symlink_to(tmp_path / "outside.png")

    assert publisher.publish(_effect(blobs, "copy")).name == "copy_00002_.png"
    assert not (tmp_path / "outside.png").exists()


@pytest.mark.parametrize("links", [True, False])
def test_writers_in_a_race_for_one_name_all_keep_their_data(
    blobs: Blobs, out: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", refused)
    effects = [_effect(blobs, "copy", str(n).encode()) for n in range(24)]

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda effect: Publisher(out, blobs).publish(effect), effects))

    assert sorted(path.read_bytes() for path in paths) == sorted(str(n).encode() for n in range(24))
    assert _names(out) == sorted(path.name for path in paths)


def test_the_first_free_path_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    assert write_new([tmp_path / "a", tmp_path / "b"], b"new") == tmp_path / "b"
    assert (tmp_path / "a").read_bytes() == b"old"
    assert _names(tmp_path) == ["a", "b"]


def test_without_a_free_path_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(PublishError, match="every name is taken"):
        write_new([tmp_path / "a"], b"new")


def test_a_disk_that_fills_up_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(PublishError, match="No space left on device"):
        write_new([tmp_path / "a"], b"new")
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "Free space or choose another place."),
        (errno.EFBIG, "Raise the limit of file sizes, or make a smaller picture."),
        (errno.ENAMETOOLONG, "Give it a shorter name."),
        (errno.EACCES, "Check its permissions or choose another place."),
        (errno.EROFS, "Check its permissions or choose another place."),
    ],
)
def test_each_reason_has_its_cure(number: int, cure: str) -> None:
    reason = os.strerror(number)

    told = cannot_write(Path("x.png"), OSError(number, reason))

    assert str(told) == f"'x.png' cannot be written: {reason}. {cure}"


def test_published_files_have_ordinary_permissions(publisher: Publisher, blobs: Blobs) -> None:
    mask = os.umask(0)
    os.umask(mask)

    path = publisher.publish(_effect(blobs, "copy"))

    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@given(
    st.text("./a \0é%", max_size=8) | st.sampled_from(["x" * 242, "x" * 243, "%year%", "é" * 122])
)
def test_a_name_is_known_for_bad_before_anything_is_made(prefix: str) -> None:
    """What has no fault can be published inside the folder, what has one cannot."""
    with TemporaryDirectory() as folder:
        blobs, out = FolderBlobs(Path(folder, "blobs")), Path(folder, "out")
        fault = name_fault(prefix)
        try:
            path = Publisher(out, blobs).publish(_effect(blobs, prefix))
        except PublishError:
            assert fault
        else:
            assert not fault or "too long" in fault  # a file system may hold more
            assert path.is_relative_to(out)
