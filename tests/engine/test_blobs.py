"""Bytes by their digest."""

import hashlib
from pathlib import Path

import pytest

from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import Blobs


def test_bytes_are_found_by_their_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = blobs.put(b"bytes")

    assert reference == f"sha256:{hashlib.sha256(b'bytes').hexdigest()}"
    assert reference == blobs.put(b"bytes")
    assert reference in blobs
    assert blobs.get(reference) == b"bytes"
    assert Blobs(tmp_path).get(reference) == b"bytes"


def test_a_file_is_referred_to_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = Blobs(tmp_path / "blobs")
    reference = blobs.adopt(file)

    assert reference in blobs
    assert blobs.get(reference) == b"bytes"
    assert not (tmp_path / "blobs").exists()


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = Blobs(tmp_path / "blobs")
    reference = blobs.adopt(file)
    file.write_bytes(b"other")

    with pytest.raises(BindError) as caught:
        blobs.get(reference)

    assert caught.value.code == "file_changed"
    assert str(caught.value) == (
        f"the file '{file}' has changed since the job was accepted. Run the job again."
    )


def test_what_cannot_be_read_is_told_with_its_reason(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")

    for path, message in (
        (tmp_path / "gone", "there is no file '{}'. Check the spelling and the folder."),
        (tmp_path, "'{}' is a folder; a file is needed. Name a file in it."),
    ):
        with pytest.raises(BindError) as caught:
            blobs.adopt(path)
        assert caught.value.code == "unreadable_file"
        assert str(caught.value) == message.format(path)


def test_an_unknown_reference_is_not_there(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = f"sha256:{'0' * 64}"

    assert reference not in blobs
    with pytest.raises(BindError):
        blobs.get(reference)


@pytest.mark.parametrize("reference", ["sha256:../../secret", "sha256:", "../secret", ""])
def test_a_reference_never_leads_out_of_the_folder(tmp_path: Path, reference: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    blobs = Blobs(tmp_path / "blobs" / "deep")
    blobs.put(b"bytes")

    assert reference not in blobs
    with pytest.raises(BindError) as caught:
        blobs.get(reference)
    assert caught.value.code == "bad_blob"
    assert str(caught.value) == (
        f"{reference!r} names no blob; allowed is sha256: and 64 hexadecimal digits. "
        "Name a file instead."
    )


def test_an_adopted_file_that_is_gone_hides_no_blob(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    blobs = Blobs(tmp_path / "blobs")
    reference = blobs.adopt(file)
    file.unlink()

    assert reference not in blobs
    with pytest.raises(BindError, match="there is no file"):
        blobs.get(reference)
    assert blobs.put(b"bytes") == reference
    assert blobs.get(reference) == b"bytes"
