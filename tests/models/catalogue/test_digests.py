"""The table of digests: right, quick, and never in the way."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.digests import Hashes, ModelDigests
from paintgraph.models.catalogue.entries import ModelEntry, ModelFile, Placed
from paintgraph.models.families import FAMILIES
from paintgraph.tests.models.model_server import md5_of, sha

U2NET = ModelCatalogue.load(FAMILIES).get("u2net")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def digests(tmp_path: Path) -> ModelDigests:
    return ModelDigests(tmp_path / "table")


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    return blocked / "table"


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_digests_do_not_depend_on_how_bytes_come(chunks: list[bytes]) -> None:
    hashes = Hashes()
    for chunk in chunks:
        hashes.update(chunk)

    whole = b"".join(chunks)
    assert hashes.digests() == {"sha256": sha(whole), "md5": md5_of(whole)}


def test_a_file_is_read_once(digests: ModelDigests, file: Path) -> None:
    read: list[tuple[int, int]] = []
    listening = Listening(lambda done, total: read.append((done, total)))
    for _ in range(2):
        assert digests.digests_of(file, listening=listening)["sha256"] == sha(b"weights")

    assert read == [(7, 7)]
    assert digests.known(file) == {"sha256": sha(b"weights"), "md5": md5_of(b"weights")}


def test_a_file_that_changed_is_read_again(digests: ModelDigests, file: Path) -> None:
    digests.digest_of(file)
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(1, 1))

    assert digests.known(file) is None
    assert digests.digest_of(file) == sha(b"WEIGHTS")


def test_a_file_in_the_place_of_another_is_read_again(digests: ModelDigests, file: Path) -> None:
    """Same size and time: only the inode tells."""
    digests.digest_of(file)
    stat = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"WEIGHTS")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)

    assert digests.digest_of(file) == sha(b"WEIGHTS")


def test_fresh_reads_again_whatever_the_table_says(digests: ModelDigests, file: Path) -> None:
    digests.digest_of(file)
    stat = file.stat()
    with file.open("r+b") as stream:
        stream.write(b"W")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert digests.digest_of(file) == sha(b"weights")

    assert digests.digests_of(file, fresh=True)["sha256"] == sha(b"Weights")
    assert digests.digest_of(file) == sha(b"Weights")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"identity": [], "digests": 3}', "\x00"])
def test_a_damaged_table_costs_only_time(
    digests: ModelDigests, file: Path, tmp_path: Path, text: str
) -> None:
    digests.digest_of(file)
    for row in (tmp_path / "table").iterdir():
        row.write_text(text)

    assert digests.digest_of(file) == sha(b"weights")
    assert digests.known(file) is not None


def test_a_table_that_cannot_be_written_costs_only_time(unwritable: Path, file: Path) -> None:
    assert ModelDigests(unwritable).digest_of(file) == sha(b"weights")


def test_many_may_write_at_once(digests: ModelDigests, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.onnx" for number in range(8)]
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]) * 1000)

    def read() -> None:
        for path in files:
            digests.digest_of(path)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [digests.known(path) for path in files] == [
        {"sha256": sha(data), "md5": md5_of(data)}
        for data in (bytes([number]) * 1000 for number in range(8))
    ]
    assert not list((tmp_path / "table").glob("*.part"))


def test_one_file_gives_its_own_digest_several_one_for_all(
    digests: ModelDigests, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"1")
    b.write_bytes(b"2")
    entry = ModelEntry("two", "sam", files=(ModelFile("a"), ModelFile("b")))
    one = Placed(U2NET, tmp_path, {"u2net.onnx": a})
    both = Placed(entry, tmp_path, {"a": a, "b": b})
    turned = Placed(entry, tmp_path, {"b": b, "a": a})
    swapped = Placed(entry, tmp_path, {"a": b, "b": a})

    assert digests.of(one) == sha(b"1")
    rows = "".join(sorted(f"{sha(c)[7:]}  {n}\n" for c, n in ((b"1", "a"), (b"2", "b"))))
    assert digests.of(both) == digests.of(turned) == sha(rows.encode())
    assert digests.of(both) != digests.of(swapped)
