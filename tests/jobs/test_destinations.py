"""Where jobs' files go: one suite for a folder and a bucket."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from paintgraph.base.bucket import Bucket, open_bucket
from paintgraph.base.naming import FileName
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.bucket_publishing import BucketPublisher
from paintgraph.jobs.publishing import Destination, Publisher, PublishError
from paintgraph.tests import buckets

EFFECT = Effect("", "a/copy", ".png", "output", media_type="image/png")
NAME = FileName("output", "a/copy", ".png", is_numbered=True)


@pytest.fixture(params=["folder", "bucket"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Destination:
    if request.param == "folder":
        return Publisher(tmp_path / "out", FolderBlobs(tmp_path / "blobs"))
    bucket: Bucket = request.getfixturevalue("bucket")
    return BucketPublisher(bucket, "outputs", tmp_path / "here")


def test_a_file_is_written_once(destination: Destination) -> None:
    assert destination.write("a/b.png", b"1", is_new=True) == "a/b.png"
    with pytest.raises(FileExistsError):
        destination.write("a/b.png", b"2", is_new=True)
    assert destination.write("a/b.png", b"1", is_new=False) == "a/b.png"

    file = destination.file("a/b.png")
    assert file is not None
    assert file.read_bytes() == b"1"
    destination.remove("a/b.png")
    assert destination.file("a/b.png") is None
    destination.remove("a/b.png")
    assert destination.write("a/b.png", b"3", is_new=True) == "a/b.png"


def test_the_highest_number_is_that_of_this_name(destination: Destination) -> None:
    assert destination.highest(NAME) == 0
    for name in ("copy_00007_.jpg", "copy_x_.png", "copy_00009.png", "copyb_00050_.png"):
        destination.write(f"a/{name}", b"", is_new=True)
    destination.write("a/copy_00060_/deep.png", b"", is_new=True)

    assert destination.highest(replace(NAME, stem="a/other")) == 0
    assert destination.highest(replace(NAME, stem="a/copyb")) == 50
    assert destination.highest(NAME) in (7, 60)  # a folder of such a name is in the way or not


def test_names_tell_the_time_and_lie_inside(destination: Destination) -> None:
    when = datetime(2020, 1, 2, 3, 4, 5).astimezone()
    named = destination.name_of(replace(EFFECT, prefix="%year%/x/../%hour%:copy"), when)

    assert named.stem == "2020/03_copy"


def test_objects_have_one_spelling_as_names_that_are_asked_for(
    bucket: Bucket, tmp_path: Path
) -> None:
    named = BucketPublisher(bucket, "outputs", tmp_path).name_of(
        replace(EFFECT, prefix="cafe\u0301")
    )
    assert named.stem == "caf\u00e9"


@pytest.mark.parametrize("prefix", ["../x", "a/../../x", "/x", "..", ".", "", " ", "a/", "a\0b"])
def test_a_name_that_leads_outside_is_refused(destination: Destination, prefix: str) -> None:
    with pytest.raises(PublishError):
        destination.name_of(replace(EFFECT, prefix=prefix))


def test_copies_are_given_only_while_the_bucket_has_the_same(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (BucketPublisher(bucket, "outputs", tmp_path / name) for name in "ab")
    one.write("x.png", b"first", is_new=True)
    other.write("x.png", b"another try", is_new=False)
    file = other.file("x.png")
    assert file is not None
    assert file.read_bytes() == b"first"
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "get", None)  # nothing is fetched twice
        assert other.file("x.png") == file

    one.remove("x.png")
    assert other.file("x.png") is None
    one.write("x.png", b"second", is_new=True)
    assert other.file("x.png") == file
    assert file.read_bytes() == b"second"


def test_a_full_bucket_may_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with buckets.faulty_server(507, "XMinioStorageFull") as endpoint:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
            monkeypatch.setenv(name, value)
        publisher = BucketPublisher(
            open_bucket("s3://paint", patience_seconds=0), "outputs", tmp_path
        )
        with pytest.raises(PublishError, match=r"is full\. Free space") as told:
            publisher.write("a", b"", is_new=True)

    assert told.value.may_pass
