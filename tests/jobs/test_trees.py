"""What a tree of files promises, in a folder and in a bucket on a real S3 server."""

import os
import time
from pathlib import Path
from typing import Any, get_args

import pytest

from paintgraph.base.bucket import Bucket
from paintgraph.base.files import write_whole
from paintgraph.jobs.sources import bucket_trees
from paintgraph.jobs.sources.bucket_trees import BucketTree
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.sources.trees import MOST_DEPTH, FileTree, FolderTree, NoPlaceError
from paintgraph.jobs.storage import TreeName, open_storage

ODD = "a b/ä%2F+&?#'.json"


@pytest.fixture(params=["folder", "bucket"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileTree:
    if request.param == "folder":
        (tmp_path / "tree").mkdir()
        return FolderTree(tmp_path / "tree")
    bucket: Bucket = request.getfixturevalue("bucket")
    return BucketTree(bucket, "tree", tmp_path / "here")


def names(tree: FileTree, folder: str = "", *, is_deep: bool = False) -> list[str]:
    """What lies in a folder; folders end with a slash."""
    found = tree.entries(folder, is_deep=is_deep)
    return sorted(each.name + "/" * each.is_folder for each in found)


def test_what_is_written_is_read_until_it_is_removed(tree: FileTree) -> None:
    assert (tree.file(ODD), tree.entry(ODD), tree.changed(ODD)) == (None, None, None)
    began = time.time()
    tree.write(ODD, b"first")
    tree.write(ODD, b"second one")
    entry, changed = tree.entry(ODD), tree.changed(ODD)

    assert tree.read(ODD) == b"second one"
    assert entry is not None
    assert (entry.name, entry.size, entry.is_folder) == (ODD, 10, False)
    assert changed is not None
    assert abs(changed - began) < 3600
    tree.remove(ODD)
    assert tree.read(ODD) is None
    with pytest.raises(FileNotFoundError):
        tree.remove(ODD)


def test_a_new_name_must_be_free(tree: FileTree) -> None:
    tree.write_new("a.json", b"1")
    with pytest.raises(FileExistsError):
        tree.write_new("a.json", b"2")

    assert tree.read("a.json") == b"1"


def test_folders_are_listed_with_what_lies_in_them(tree: FileTree) -> None:
    for name in ("b.json", "sub/c.json", "sub/deep/d.json", "subs/e.json", ".hidden", "sub/.f"):
        tree.write(name, b"")

    assert names(tree) == ["b.json", "sub/", "subs/"]
    assert names(tree, "sub") == ["sub/c.json", "sub/deep/"]
    assert names(tree, "sub", is_deep=True) == ["sub/c.json", "sub/deep/", "sub/deep/d.json"]
    assert names(tree.below("sub"), is_deep=True) == ["c.json", "deep/", "deep/d.json"]
    assert [tree.has_folder(each) for each in ("", "sub", "su", "b.json")] == [
        True,
        True,
        *[False] * 2,
    ]
    assert tree.changed("sub") is not None
    assert tree.changed("su") is None
    assert names(tree, "nothing") == []


def test_no_file_lies_in_a_file_or_has_the_name_of_a_folder(tree: FileTree) -> None:
    tree.write("sub/c.json", b"1")
    for name in ("sub", "sub/c.json/d"):
        with pytest.raises(NoPlaceError):
            tree.write(name, b"2")
    with pytest.raises(NoPlaceError):
        tree.write_new("sub/c.json/d", b"2")
    with pytest.raises(FileExistsError):
        tree.write_new("sub", b"2")
    with pytest.raises(NoPlaceError):
        tree.move("sub/c.json", "sub/c.json/d")

    assert names(tree, is_deep=True) == ["sub/", "sub/c.json"]
    assert tree.read("sub/c.json") == b"1"


def test_a_file_is_given_another_name(tree: FileTree) -> None:
    tree.write("a", b"1")
    tree.write("b", b"2")
    with pytest.raises(FileExistsError):
        tree.move("a", "b", is_new=True)
    with pytest.raises(FileNotFoundError):
        tree.move("c", "d")
    tree.move("a", "a")
    tree.move("a", "sub/c", is_new=True)
    tree.move("b", "sub/c")

    assert names(tree, is_deep=True) == ["sub/", "sub/c"]
    assert tree.read("sub/c") == b"2"


def test_names_that_no_system_takes_are_not_there(tree: FileTree) -> None:
    for name in ("a" * 5000, "", "sub/" * 400 + "a"):
        assert tree.file(name) is None
        assert tree.entry(name) is None
    with pytest.raises(NoPlaceError):
        tree.write("sub/" * 1100 + "a", b"")


def test_a_copy_of_what_was_replaced_at_once_is_fetched_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    """Of one size, and most likely in one second."""
    one, other = (BucketTree(bucket, "tree", tmp_path / name) for name in "ab")
    for number in range(5):
        one.write("same", str(number).encode())
        assert (one.read("same"), other.read("same")) == (str(number).encode(),) * 2


def test_a_copy_is_not_fetched_twice(bucket: Bucket, tmp_path: Path) -> None:
    tree = BucketTree(bucket, "tree", tmp_path)
    tree.write("same", b"bytes")
    first = tree.file("same")
    assert first is not None
    number = first.stat().st_ino

    again = BucketTree(bucket, "tree", tmp_path).file("same")
    assert again is not None
    assert again.stat().st_ino == number


def test_a_copy_that_an_older_one_replaces_late_is_not_taken_for_new(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else had fetched the older one before, and was slow to keep it."""
    one, here = (BucketTree(bucket, "tree", tmp_path / name) for name in "ab")
    one.write("same", b"old1")
    copy = here.file("same")
    assert copy is not None
    older = copy.stat().st_mtime_ns
    one.write("same", b"new2")
    write = write_whole

    def keep_late(path: Path, data: bytes, **more: Any) -> None:
        write(path, data, **more)
        path.write_bytes(b"old1")
        os.utime(path, ns=(older, older))

    with monkeypatch.context() as patch:
        patch.setattr(bucket_trees, "write_whole", keep_late)
        assert here.read("same") == b"new2"
        assert here.file("same") is not None
    again = here.file("same")
    assert again is not None
    assert again.read_bytes() == b"new2"


def test_copies_of_what_was_there_are_in_nobodys_way(bucket: Bucket, tmp_path: Path) -> None:
    """A folder where a file was, and a file where a folder was."""
    one, here = (BucketTree(bucket, "tree", tmp_path / name) for name in "ab")
    for before, after in (("x", "x/y"), ("x/y", "x"), ("x", "x/y/z")):
        one.write(before, b"1")
        assert here.file(before) is not None
        one.remove(before)
        one.write(after, b"2")
        copy = here.file(after)
        assert copy is not None
        assert copy.read_bytes() == b"2"
        one.remove(after)


def test_what_lay_in_a_folder_before_there_was_a_bucket_stays(
    bucket_url: str, tmp_path: Path
) -> None:
    """Whatever the bucket has there: a file, a file for a folder, a folder for a file."""
    folders = Folders(tmp_path / "data")
    parts: tuple[TreeName, ...] = get_args(TreeName)
    before = [tmp_path / "data" / part / name for part in parts for name in ("same", "x/y", "z")]
    for path in before:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"own")
    for part in parts:
        tree = open_storage(folders, bucket_url).tree(part)
        for name in ("same", "x", "z/y"):
            tree.write(name, b"of the bucket")
            copy = tree.file(name)
            assert copy is not None
            assert copy.read_bytes() == b"of the bucket"

    assert {path.read_bytes() for path in before} == {b"own"}


def test_names_that_no_bucket_takes_are_not_there(bucket: Bucket, tmp_path: Path) -> None:
    tree = BucketTree(bucket, "tree", tmp_path)
    for name in ("a\nb.png", "\x01", "\x7f", "a//b", "/a", "a/", "a/../b", "."):
        assert (tree.file(name), tree.read(name), tree.entry(name)) == (None,) * 3
        assert (tree.has_folder(name), tree.changed(name)) == (False, None)
        assert names(tree, name) == names(tree, name, is_deep=True) == []
        with pytest.raises(NoPlaceError):
            tree.write(name, b"")


def test_a_name_has_one_spelling_whatever_copies_there_are(bucket: Bucket, tmp_path: Path) -> None:
    together, apart = "caf\u00e9.png", "cafe\u0301.png"
    one, here = (BucketTree(bucket, "tree", tmp_path / name) for name in "ab")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / apart).write_bytes(b"of another time")
    one.write(apart, b"1")

    assert [here.read(name) for name in (together, apart)] == [b"1"] * 2
    assert names(here) == [together]
    assert [here.place(name).name for name in (together, apart)] == [together] * 2


def test_files_lie_as_deep_as_they_are_listed(tree: FileTree) -> None:
    deepest = "a/" * MOST_DEPTH + "a"
    tree.write(deepest, b"")
    assert deepest in names(tree, is_deep=True)
    if isinstance(tree, BucketTree):
        with pytest.raises(NoPlaceError):
            tree.write(f"b/{deepest}", b"")
