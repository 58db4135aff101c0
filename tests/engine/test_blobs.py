"""Bytes by their digest: one suite for a folder and a bucket, then what one of them has alone."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paintgraph.base.bucket import Bucket
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.engine.execution.bucket_blobs import BucketBlobs

NONE = f"sha256:{'0' * 64}"
HOUR = 3600.0


@pytest.fixture(params=["folder", "bucket"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Blobs]:
    """Opens the same blobs, from a machine of some name."""
    if request.param == "folder":
        return lambda _: FolderBlobs(tmp_path / "blobs")
    bucket: Bucket = request.getfixturevalue("bucket")
    return lambda machine: BucketBlobs(bucket, tmp_path / machine / "blobs")


@pytest.fixture
def blobs(opened: Callable[[str], Blobs]) -> Blobs:
    return opened("here")


def test_bytes_are_found_by_their_digest(opened: Callable[[str], Blobs]) -> None:
    blobs = opened("here")
    reference = blobs.put(b"bytes")

    assert reference == f"sha256:{hashlib.sha256(b'bytes').hexdigest()}"
    assert reference == blobs.put(b"bytes")
    for each in (blobs, opened("elsewhere")):
        assert reference in each
        assert each.size(reference) == 5
        assert each.get(reference) == b"bytes"
        file = each.file(reference)
        assert file is not None
        assert file.read_bytes() == b"bytes"


def test_an_unknown_reference_is_not_there(blobs: Blobs) -> None:
    assert NONE not in blobs
    assert (blobs.size(NONE), blobs.file(NONE), blobs.touch(NONE)) == (None, None, False)
    with pytest.raises(BindError) as caught:
        blobs.get(NONE)
    assert caught.value.code == "unreadable_file"


@pytest.mark.parametrize("reference", ["sha256:../../secret", "sha256:", "../secret", ""])
def test_a_reference_never_leads_out(blobs: Blobs, tmp_path: Path, reference: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    blobs.put(b"bytes")

    assert reference not in blobs
    assert blobs.file(reference) is None
    with pytest.raises(BindError) as caught:
        blobs.get(reference)
    assert caught.value.code == "bad_blob"
    assert str(caught.value) == (
        f"{reference!r} names no blob; allowed is sha256: and 64 hexadecimal digits. "
        "Name a file instead."
    )


def test_a_file_of_this_machine_is_referred_to(blobs: Blobs, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    reference = blobs.adopt(file)

    assert reference in blobs
    assert blobs.get(reference) == b"bytes"


def test_what_cannot_be_read_is_told_with_its_reason(blobs: Blobs, tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "gone", "there is no file '{}'. Check the spelling and the folder."),
        (tmp_path, "'{}' is a folder; a file is needed. Name a file in it."),
    ):
        with pytest.raises(BindError) as caught:
            blobs.adopt(path)
        assert caught.value.code == "unreadable_file"
        assert str(caught.value) == message.format(path)


def test_what_was_used_since_stays(opened: Callable[[str], Blobs]) -> None:
    blobs = opened("here")
    reference = blobs.put(b"bytes")

    blobs.remove(reference, unused_since=time.time() - HOUR)
    assert reference in opened("elsewhere")
    blobs.remove(reference, unused_since=time.time() + HOUR)
    assert reference not in blobs
    assert reference not in opened("elsewhere")
    assert blobs.put(b"bytes") == reference
    assert opened("elsewhere").get(reference) == b"bytes"


def test_what_a_bucket_has_is_fetched_once(bucket: Bucket, tmp_path: Path) -> None:
    reference = BucketBlobs(bucket, tmp_path / "a").put(b"bytes")
    there = BucketBlobs(bucket, tmp_path / "b")
    there.get(reference)
    (key,) = (each.key for each in bucket.below("blobs"))
    bucket.put(key, b"other")

    assert there.get(reference) == b"bytes"
    with pytest.raises(BindError, match="holds other bytes than its name says"):
        BucketBlobs(bucket, tmp_path / "c").get(reference)


def test_what_is_used_again_after_a_day_is_written_again(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = BucketBlobs(bucket, tmp_path)
    reference = blobs.put(b"bytes")
    written: list[str] = []
    monkeypatch.setattr(Bucket, "put", lambda _self, key, *_: written.append(key))

    assert blobs.touch(reference)
    assert written == []
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 25 * HOUR)
    assert blobs.touch(reference)
    assert written == [f"blobs/{reference[7:9]}/{reference[7:]}"]


def test_a_copy_does_not_depend_on_the_file_it_was_made_of(bucket: Bucket, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = BucketBlobs(bucket, tmp_path / "here")
    reference = blobs.adopt(file)
    file.write_bytes(b"other")
    (tmp_path / "here" / reference[7:9] / reference[7:]).unlink()  # as cleaning does

    assert blobs.get(reference) == b"bytes"


@pytest.mark.parametrize("minutes", [-10, 10])
def test_ages_are_told_by_the_clock_of_the_bucket(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """However far the clock of a machine is off, what it puts is young, and what was put is not."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 60 * minutes)
    blobs = BucketBlobs(bucket, tmp_path)
    began = time.time()
    reference = blobs.put(b"bytes")

    blobs.remove(reference, unused_since=began)
    assert reference in blobs
    blobs.remove(reference, unused_since=time.time() + 60)
    assert reference not in blobs


def test_a_file_is_referred_to_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = FolderBlobs(tmp_path / "blobs")
    reference = blobs.adopt(file)

    assert reference in blobs
    assert blobs.get(reference) == b"bytes"
    assert not (tmp_path / "blobs").exists()


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = FolderBlobs(tmp_path / "blobs")
    reference = blobs.adopt(file)
    file.write_bytes(b"other")

    with pytest.raises(BindError) as caught:
        blobs.get(reference)

    assert caught.value.code == "file_changed"
    assert str(caught.value) == (
        f"the file '{file}' has changed since the job was accepted. Run the job again."
    )


def test_an_adopted_file_that_is_gone_hides_no_blob(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = FolderBlobs(tmp_path / "blobs")
    reference = blobs.adopt(file)
    file.unlink()

    assert reference not in blobs
    with pytest.raises(BindError, match="there is no file"):
        blobs.get(reference)
    assert blobs.put(b"bytes") == reference
    assert blobs.get(reference) == b"bytes"


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:/../../user/mine", "../user/mine"])
def test_what_is_no_reference_has_no_address(blobs: Blobs, text: str) -> None:
    assert blobs.link(text, 60) is None
