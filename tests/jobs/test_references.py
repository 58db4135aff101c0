"""What a graph may call a picture, and what it may not."""

import base64
from pathlib import Path

import pytest

from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.jobs.sources.references import References
from paintgraph.jobs.sources.trees import FolderTree

BYTES = b"a picture, or not"


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a b.png").write_bytes(BYTES)
    (folder / "sub/deep.png").write_bytes(BYTES)
    (folder / "near.png").symlink_to("sub/deep.png")
    (folder / "far.png").symlink_to("../secret.png")
    (folder / "up").symlink_to("..")
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "in_too").mkdir()
    (tmp_path / "in_too/secret.png").write_bytes(b"secret")
    return folder


@pytest.fixture
def references(blobs: Blobs, inputs: Path) -> References:
    return References(blobs, FolderTree(inputs))


@pytest.mark.parametrize(
    "name",
    [
        "a b.png",
        "a b.png [input]",
        "sub/deep.png",
        "./sub/deep.png",
        "sub/../a b.png",
        "sub//deep.png",
        "near.png",
        "data:image/png;base64," + base64.b64encode(BYTES).decode(),
        "data:;base64," + base64.b64encode(BYTES).decode(),
        "data:image/svg+xml;charset=utf-8;base64," + base64.b64encode(BYTES).decode(),
    ],
)
def test_every_form_becomes_the_reference_of_its_bytes(
    references: References, blobs: Blobs, name: str
) -> None:
    assert blobs.get(references.bind(name)) == BYTES


def test_a_reference_stays_itself(references: References, blobs: Blobs) -> None:
    reference = blobs.put(BYTES)

    assert references.bind(reference) == reference


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.png", "outside_input_folder"),
        ("../in_too/secret.png", "outside_input_folder"),
        ("sub/../../secret.png", "outside_input_folder"),
        ("/etc/passwd", "outside_input_folder"),
        ("far.png", "outside_input_folder"),
        ("up/secret.png", "outside_input_folder"),
        ("no.png", "no_such_file"),
        ("sub", "no_such_file"),
        ("~/x.png", "no_such_file"),
        ("file:///etc/passwd", "no_such_file"),
        ("x" * 200, "no_such_file"),
        ("", "bad_reference"),
        (" ", "bad_reference"),
        (".", "bad_reference"),
        ("..", "bad_reference"),
        (" [input]", "bad_reference"),
        ("a\0b", "bad_reference"),
        ("data:image/png,raw", "bad_data_url"),
        ("data:image/png;base64,?", "bad_data_url"),
        ("data:image/png;base64,Y", "bad_data_url"),
        ("base64,Y", "bad_base64"),
        ("iVBORw0KGgo AAAA", "bad_base64"),
        ("sha256:" + "0" * 64, "unknown_picture"),
        ("sha256:", "unknown_picture"),
        ("sha256:../../secret.png", "unknown_picture"),
        ("sha256:" + "A" * 64, "unknown_picture"),
    ],
)
def test_whatever_else_is_refused(references: References, name: str, code: str) -> None:
    with pytest.raises(BindError) as told:
        references.bind(name)

    assert told.value.code == code
    assert len(str(told.value)) < 700


def test_a_name_longer_than_the_system_allows_is_refused_too(references: References) -> None:
    with pytest.raises(BindError) as told:
        references.bind("x" * 5000)

    assert told.value.code == "no_such_file"


def test_links_in_a_circle_lead_nowhere(references: References, inputs: Path) -> None:
    (inputs / "a").symlink_to("b")
    (inputs / "b").symlink_to("a")

    with pytest.raises(BindError) as told:
        references.bind("a/x.png")

    assert told.value.code == "no_such_file"


def test_the_message_names_what_is_allowed(references: References) -> None:
    with pytest.raises(BindError) as told:
        references.bind("no.png")

    assert str(told.value).startswith("there is no file 'no.png' in the input folder")
    assert str(told.value).endswith("Check the spelling.")


@pytest.mark.parametrize("place", ["output", "temp"])
def test_of_a_result_the_message_says_how_to_name_it_and_so_it_is_read(
    blobs: Blobs, inputs: Path, tmp_path: Path, place: str
) -> None:
    folder = tmp_path / place / "sub"
    folder.mkdir(parents=True)
    (folder / "made.png").write_bytes(BYTES)
    references = References(
        blobs, FolderTree(inputs), {p: FolderTree(tmp_path / p) for p in ("output", "temp")}
    )

    with pytest.raises(BindError) as told:
        references.bind("sub/made.png")

    assert str(told.value).endswith(
        f"Write 'sub/made.png [{place}]' for the file of that name in that folder."
    )
    assert blobs.get(references.bind(f"sub/made.png [{place}]")) == BYTES


def test_a_result_that_may_not_be_read_is_no_file_of_the_input_folder(
    references: References, inputs: Path
) -> None:
    (inputs / "made.png").write_bytes(BYTES)

    with pytest.raises(BindError) as told:
        references.bind("made.png [output]")

    assert told.value.code == "no_such_file"
    assert references.bind("made.png [input]")


def test_nothing_is_told_of_files_outside_all_folders(
    blobs: Blobs, inputs: Path, tmp_path: Path
) -> None:
    references = References(blobs, FolderTree(inputs), {"output": FolderTree(tmp_path / "in_too")})

    for name in ("../secret.png", "x" * 5000, "a/../../secret.png"):
        with pytest.raises(BindError) as told:
            references.bind(name)
        assert "Write '" not in str(told.value)
