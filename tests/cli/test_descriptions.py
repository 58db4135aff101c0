"""What files of the command line tell beside their pixels: --metadata and --graph."""

from pathlib import Path

import pytest

from paintgraph.cli.commands import with_newer_names
from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions.texts import add_text
from paintgraph.tests.cli.conftest import Answer, Paintgraph
from paintgraph.tests.private_photo import (
    COPYRIGHT,
    PROFILE,
    SECRETS,
    own_texts,
    private_photo,
    told,
)

OF_EXIF = {*SECRETS[:3]}
ERASED = ("--box", "6,6,18,14", "--grow", "2", "--engine", "telea")
SAVING = """\
%s
inputs: {image: {type: image}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  saved: {node: SaveImage, images: "${photo.image}", filename_prefix: copy, numbering: if_taken%s}
"""


@pytest.fixture(autouse=True)
def shot(folder: Path) -> Path:
    path = folder / "shot.jpg"
    path.write_bytes(private_photo())
    return path


def erase(paintgraph: Paintgraph, file: str, *options: str) -> bytes:
    """The file of a result."""
    arguments = ("run", "erase_object", "--image", "shot.jpg", *ERASED, *options, "-o", file)
    answer = paintgraph(*arguments)
    assert answer.code == 0, answer.stderr
    return Path(file).read_bytes()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_the_command_line_keeps_descriptions_unless_it_is_told(
    paintgraph: Paintgraph, suffix: str
) -> None:
    kept = erase(paintgraph, f"kept.{suffix}")
    private = erase(paintgraph, f"private.{suffix}", "--metadata", "private")
    none = erase(paintgraph, f"none.{suffix}", "--metadata=none")

    assert told(kept) >= OF_EXIF
    assert (told(private), told(none)) == (set(), set())
    assert [COPYRIGHT in data for data in (kept, private, none)] == [True, True, False]
    for data in (kept, private, none):
        picture = decode(data)
        assert (picture.metadata["icc"], picture.metadata["dpi"]) == (PROFILE, [300, 300])


def test_own_texts_are_written_unless_they_are_not_wanted(paintgraph: Paintgraph) -> None:
    both = {GRAPH, "repaint"}
    for file, options, expected in (
        ("default.png", (), both),
        ("without.png", ("--no-graph",), set[str]()),
        ("older.png", ("--no-metadata",), set[str]()),
        ("bare.png", ("--metadata",), both),
        ("private.png", ("--metadata", "private"), both),
        ("neither.png", ("--metadata", "none", "--no-graph"), set[str]()),
    ):
        erase(paintgraph, file, *options)
        assert own_texts(Path(file).read_bytes()) == expected, file


def test_the_older_names_stay() -> None:
    assert with_newer_names(["outpaint", "--metadata", "-o", "a.png", "--no-metadata"]) == [
        "outpaint", "--graph", "-o", "a.png", "--no-graph",
    ]  # fmt: skip
    assert with_newer_names(["--metadata", "outpaint"]) == ["--graph", "outpaint"]
    assert with_newer_names(["--metadata", "none", "x"]) == ["--metadata", "none", "x"]


def test_a_misspelt_choice_is_told(paintgraph: Paintgraph) -> None:
    answer = paintgraph("run", "erase_object", "--metadata", "privat", "-o", "a.png")

    assert answer.code == 2
    assert "metadata is 'privat'; allowed are keep, private, none." in answer.stderr
    assert "Did you mean 'private'?" in answer.stderr
    assert "[not_a_choice]" in answer.stderr


def save(paintgraph: Paintgraph, folder: Path, top: str, own: str, *options: str) -> Answer:
    """Run a graph that saves by itself into copy.png."""
    (folder / "copy.png").unlink(missing_ok=True)
    (folder / "saving.yaml").write_text(SAVING % (top, own))
    return paintgraph("run", "saving.yaml", "--image", "shot.jpg", *options)


@pytest.mark.parametrize(
    ("top", "own", "options", "is_private"),
    [
        ("", "", (), False),
        ("metadata: private", "", (), True),
        ("metadata: private", "", ("--metadata", "keep"), False),
        ("metadata: keep", "", ("--metadata", "private"), True),
        ("", ", metadata: private", (), True),
        ("", ", metadata: private", ("--metadata", "keep"), True),
        ("metadata: private", ", metadata: keep", (), False),
        ("metadata: private", ", metadata: auto", (), True),
    ],
)
def test_a_save_node_says_it_before_the_caller_and_the_caller_before_the_recipe(  # noqa: PLR0913
    paintgraph: Paintgraph,
    folder: Path,
    top: str,
    own: str,
    options: tuple[str, ...],
    *,
    is_private: bool,
) -> None:
    answer = save(paintgraph, folder, top, own, *options)

    assert answer.code == 0, answer.stderr
    found = told((folder / "copy.png").read_bytes())
    assert found == set() if is_private else found >= OF_EXIF


def test_what_a_recipe_says_holds_for_its_results(paintgraph: Paintgraph, folder: Path) -> None:
    (folder / "shy.yaml").write_text(
        "metadata: none\ngraph: false\ninputs: {image: {type: image}}\n"
        'nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}\n'
        'outputs: {image: "${photo.image}"}\n'
    )
    for file, options in (("a.png", ()), ("b.png", ("--metadata", "keep", "--graph"))):
        assert paintgraph("run", "shy.yaml", "--image", "shot.jpg", *options, "-o", file).code == 0

    assert (told(Path("a.png").read_bytes()), own_texts(Path("a.png").read_bytes())) == (
        set(),
        set(),
    )
    assert told(Path("b.png").read_bytes()) >= OF_EXIF
    assert own_texts(Path("b.png").read_bytes()) == {GRAPH}


def test_a_recipe_that_says_what_cannot_be_is_refused(paintgraph: Paintgraph, folder: Path) -> None:
    answer = save(paintgraph, folder, "metadata: secret\ngraph: maybe", "")

    assert answer.code == 1
    assert (
        "saving.yaml:1:11: the recipe: metadata is 'secret'; allowed are keep, private, none."
        in answer.stderr
    )
    assert (
        "saving.yaml:2:8: the recipe: graph is 'maybe'; allowed are true and false."
        in answer.stderr
    )


def test_a_recipe_used_as_a_node_keeps_its_word(
    paintgraph: Paintgraph, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "data" / "recipes").mkdir(parents=True)
    (tmp_path / "data" / "recipes" / "shy.yaml").write_text(SAVING % ("metadata: private", ""))
    (folder / "outer.yaml").write_text(
        'inputs: {image: {type: image}}\nnodes: {inner: {recipe: shy, image: "${inputs.image}"}}\n'
    )

    answer = paintgraph("run", "outer.yaml", "--image", "shot.jpg")

    assert answer.code == 0, answer.stderr
    assert told((folder / "copy.png").read_bytes()) == set()


def test_a_folder_of_pictures_follows_the_caller(paintgraph: Paintgraph, folder: Path) -> None:
    options = ("--sides", "left", "--fraction", "0.1", "--engine", "telea")
    for wish, is_private in (("keep", False), ("private", True)):
        answer = paintgraph(
            "run", "batch_outpaint", *options, "--filename-prefix", wish, "--metadata", wish
        )
        assert answer.code == 0, answer.stderr
        (file,) = folder.glob(f"{wish}*.png")
        found = told(file.read_bytes())
        assert found == set() if is_private else found >= OF_EXIF
        file.unlink()


def test_explain_knows_what_changed(paintgraph: Paintgraph, folder: Path) -> None:
    assert save(paintgraph, folder, "", "").code == 0

    same = paintgraph("explain", "saving.yaml", "--image", "shot.jpg")
    other = paintgraph("explain", "saving.yaml", "--image", "shot.jpg", "--metadata", "private")

    assert "changed:" not in same.text
    assert "saved (SaveImage): runs; changed: metadata" in other.text


def test_what_a_format_has_no_place_for_is_told(paintgraph: Paintgraph, shot: Path) -> None:
    shot.write_bytes(add_text(private_photo("PNG"), {"parameters": "a cat"}))
    arguments = ("run", "erase_object", "--image", "shot.jpg", *ERASED)
    warning = "WEBP has no place for the picture's texts (parameters). PNG has"

    assert warning in paintgraph(*arguments, "-o", "a.webp").stderr
    assert warning not in paintgraph(*arguments, "-o", "a.png").stderr
    assert warning not in paintgraph(*arguments, "--metadata", "private", "-o", "a.webp").stderr
