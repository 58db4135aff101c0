import os
import re
from pathlib import Path

import pytest

from paintgraph.base.file_kinds import SUFFIXES
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.jobs.sources.references import Listing, References
from paintgraph.jobs.sources.trees import FolderTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "inputs"
    for name in ("a10.png", "a2.png", "B1.png", "sub/x.png", ".hidden.png", "é.png", "a1.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    (tmp_path / "secret.png").write_bytes(b"")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to(root / "sub")
    return root


@pytest.mark.parametrize(
    ("folder", "pattern", "expected"),
    [
        ("", "*", ["a2.png", "a10.png", "B1.png", "é.png"]),
        (".", "A*", ["a2.png", "a10.png"]),
        ("sub", "*", ["sub/x.png"]),
        ("sub/../", "b?.PNG", ["B1.png"]),
        ("", "a[12]*", ["a2.png", "a10.png"]),
    ],
)
def test_plain_files_in_natural_order(
    root: Path, folder: str, pattern: str, expected: list[str]
) -> None:
    assert Listing(FolderTree(root)).bind((folder, pattern)) == expected


@pytest.mark.parametrize("folder", ["..", "/", "out", "in", "sub/../../x", "a\0b", "out/inputs"])
def test_nothing_leads_out(root: Path, folder: str) -> None:
    message = (
        f"the folder {folder!r} lies outside the input folder, or behind a link; "
        "graphs read files in it only. Copy the pictures there."
    )
    with pytest.raises(BindError, match=f"^{re.escape(message)}$") as caught:
        Listing(FolderTree(root)).bind((folder, "*"))
    assert caught.value.code == "outside_input_folder"


@pytest.mark.parametrize("folder", ["nowhere", "a2.png"])
def test_a_folder_that_is_not_there_is_told(root: Path, folder: str) -> None:
    message = (
        f"there is no folder '{folder}' in the input folder; allowed are its folders, or "
        "nothing for itself. Check the spelling."
    )
    with pytest.raises(BindError, match=f"^{re.escape(message)}$"):
        Listing(FolderTree(root)).bind((folder, "*"))


@pytest.mark.parametrize("pattern", ["../*", "sub/*", "*.txt", ".hid*"])
def test_a_pattern_that_fits_no_picture_is_told(root: Path, pattern: str) -> None:
    message = (
        f"the folder '' holds no picture named like '{pattern}'; allowed are "
        f"{', '.join(SUFFIXES)}. Change the folder or the pattern."
    )
    with pytest.raises(BindError, match=f"^{re.escape(message)}$") as caught:
        Listing(FolderTree(root)).bind(("", pattern))
    assert caught.value.code == "no_pictures"


def test_no_more_is_listed_than_a_job_can_hold(root: Path) -> None:
    listing = Listing(FolderTree(root), most=5)

    assert len(listing.bind(("", "*"))) == 4
    assert listing.bind(("sub", "*")) == ["sub/x.png"]
    with pytest.raises(BindError) as caught:
        listing.bind(("sub", "*"))
    assert caught.value.code == "too_many_pictures"
    assert str(caught.value) == (
        "the folder 'sub' holds 1 such pictures; allowed are 5 in all folders of a graph. Name "
        "fewer with the pattern."
    )


@pytest.mark.parametrize("name", ["p.jfif", "p.JPE", "p.jpeg", "p.jif", "p.Tif", "p.dib"])
def test_a_picture_is_listed_under_each_suffix_of_its_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")

    assert Listing(FolderTree(tmp_path)).bind(("", "*")) == [name]


def test_an_endless_pattern_is_refused(root: Path) -> None:
    with pytest.raises(BindError, match="the pattern has 2000 characters") as caught:
        Listing(FolderTree(root)).bind(("", "*a" * 1000))
    assert caught.value.code == "bad_pattern"


def test_an_input_folder_behind_a_link_is_fine(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)

    assert Listing(FolderTree(tmp_path / "alias")).bind(("sub", "*")) == ["sub/x.png"]


def test_a_name_that_is_no_unicode_is_listed_with_its_bytes_and_found_by_that(
    root: Path, tmp_path: Path
) -> None:
    folder = root / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.png")).write_bytes(b"odd")

    [name] = Listing(FolderTree(root)).bind(("caf\\xe9", "?.png"))

    assert name == "caf\\xe9/\\xff.png"
    assert References(FolderBlobs(tmp_path / "blobs"), FolderTree(root)).read(name) == b"odd"


def test_a_file_that_is_called_like_that_itself_comes_first(root: Path, tmp_path: Path) -> None:
    (root / "\\xff.png").write_bytes(b"even")
    (root / os.fsdecode(b"\xff.png")).write_bytes(b"odd")

    assert (
        References(FolderBlobs(tmp_path / "blobs"), FolderTree(root)).read("\\xff.png") == b"even"
    )
