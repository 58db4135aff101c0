"""Bundles from strangers: nothing in one chooses a path or fills a disk."""

import hashlib
import stat
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.errors import GraphError
from paintgraph.python import bundles
from paintgraph.python.bundles import is_bundle, unpacked

CONTENT = b"an input"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
Entries = list[tuple[zipfile.ZipInfo | str, bytes]]


def bundle(folder: Path, entries: Entries, packed: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "x.zip"
    with zipfile.ZipFile(path, "w", packed) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def reason(path: Path) -> str:
    with pytest.raises(GraphError) as caught, unpacked(path):
        pass
    (problem,) = caught.value.problems
    assert problem.code == "bad_bundle"
    return problem.message


def test_a_sound_bundle_lies_in_one_folder(tmp_path: Path) -> None:
    entries: Entries = [("result.png", b"png"), (f"inputs/{DIGEST}", CONTENT), ("graph.json", b"x")]

    with unpacked(bundle(tmp_path, entries, zipfile.ZIP_DEFLATED)) as picture:
        found = {path.name: path.read_bytes() for path in picture.parent.iterdir()}

    assert found == {"result.png": b"png", DIGEST: CONTENT}
    assert not picture.parent.exists()


NAMES = (
    *("../evil", "/etc/evil", "inputs/../../evil", "inputs/..", "C:\\evil", "\\\\host\\evil"),
    *("inputs/" + "0" * 63, "inputs/" + "A" * 64, "inputs/", "a/result.png", "inputs/\0" + DIGEST),
)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_chooses_a_path(tmp_path: Path, name: str) -> None:
    path = bundle(tmp_path, [("result.png", b"png"), (name, b"evil")])
    before = sorted(tmp_path.rglob("*"))

    with unpacked(path) as picture:
        assert [each.name for each in picture.parent.iterdir()] == ["result.png"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_is_a_file_that_holds_its_target(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("result.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    with unpacked(bundle(tmp_path, [(link, b"/etc/passwd")])) as picture:
        assert not picture.is_symlink()
        assert picture.read_bytes() == b"/etc/passwd"


def test_an_input_of_another_digest_is_refused(tmp_path: Path) -> None:
    path = bundle(tmp_path, [("result.png", b"png"), (f"inputs/{DIGEST}", b"another")])

    assert "does not have its digest" in reason(path)


def test_a_bomb_is_left_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "_MOST_BYTES", 1 << 20)
    path = bundle(tmp_path, [("result.png", bytes(2 << 20))], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 14

    assert "unpacks to more than" in reason(path)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("graph.json", b"")],
        [("result.png", b""), ("result.webp", b"")],
        [("result.png", b"")] + [(f"{n}", b"") for n in range(1000)],
    ],
    ids=["empty", "without a picture", "two pictures", "many entries"],
)
def test_what_is_no_bundle_is_told(tmp_path: Path, entries: Entries) -> None:
    assert "bundle" in reason(bundle(tmp_path, entries))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    entries: Entries = [("result.png", b""), (f"inputs/{DIGEST}", CONTENT)]

    assert "several" in reason(bundle(tmp_path, [*entries, entries[1]]))


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = bundle(tmp_path, [("result.png", b"png")])
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)

    assert "encrypted" in reason(path)


@given(st.integers(0, 200), st.integers(0, 255), st.integers(0, 200))
def test_damage_is_told_and_never_a_fault(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, cut: int
) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("result.png", b"png" * 9)
        packed.writestr(f"inputs/{DIGEST}", CONTENT)
    data = bytearray(file.getvalue())
    data[at % len(data)] = value
    path = tmp_path_factory.mktemp("damaged") / "x.zip"
    path.write_bytes(data[: len(data) - cut])

    with suppress(GraphError), unpacked(path) as picture:
        assert picture.name in ("result.png", "result.webp")


def test_only_zip_files_are_taken_for_bundles(tmp_path: Path) -> None:
    assert is_bundle(bundle(tmp_path, [("result.png", b"")]))
    assert not is_bundle(tmp_path)
    assert not is_bundle(tmp_path / "gone")
