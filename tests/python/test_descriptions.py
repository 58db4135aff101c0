"""What files saved from Python tell beside their pixels."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import paintgraph as front
from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.python.results import Result
from paintgraph.tests.private_photo import (
    COPYRIGHT,
    PROFILE,
    SECRETS,
    own_texts,
    private_photo,
    told,
)

OF_EXIF = {*SECRETS[:3]}
ERASED: dict[str, Any] = {"box": [6, 6, 18, 14], "grow": 2, "engine": "telea"}
SAVING = {
    "inputs": {"image": {"type": "image"}},
    "nodes": {
        "photo": {"node": "LoadImage", "image": "${inputs.image}"},
        "saved": {"node": "SaveImage", "images": "${photo.image}"},
    },
    "outputs": {"image": "${photo.image}"},
}


@pytest.fixture
def shot(folder: Path) -> Path:
    path = folder / "shot.jpg"
    path.write_bytes(private_photo())
    return path


@pytest.fixture
def erased(shot: Path) -> Result:
    return front.run("erase_object", image=shot, **ERASED)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_result_keeps_descriptions_unless_it_is_told(erased: Result, suffix: str) -> None:
    file = f"a.{suffix}"

    assert told(erased.save(file)[0].read_bytes()) >= OF_EXIF
    private = erased.save(file, metadata="private")[0].read_bytes()
    assert (told(private), COPYRIGHT in private) == (set(), True)
    none = erased.pictures()[0].save(file, metadata="none").read_bytes()
    assert (told(none), COPYRIGHT in none) == (set(), False)


@pytest.mark.parametrize(
    ("wishes", "names"),
    [
        ({}, {GRAPH, "repaint"}),
        ({"graph": False}, set()),
        ({"metadata": False}, set()),
        ({"metadata": True}, {GRAPH, "repaint"}),
        ({"metadata": True, "graph": False}, set()),
        ({"metadata": "none"}, {GRAPH, "repaint"}),
    ],
)
def test_graph_is_about_own_texts_as_a_bool_was(
    erased: Result, wishes: dict[str, Any], names: set[str]
) -> None:
    data = erased.pictures()[0].encode(**wishes)

    assert own_texts(data) == names
    assert (told(data) >= OF_EXIF) is (wishes.get("metadata") != "none")


def test_what_a_notebook_shows_and_passes_on_tells_nothing_private(erased: Result) -> None:
    shown = erased._repr_png_()

    assert shown is not None
    assert (told(shown), own_texts(shown)) == (set(), set())


@pytest.mark.parametrize("wishes", [{"metadata": "all"}, {"graph": "no"}])
def test_other_wishes_are_refused(erased: Result, shot: Path, wishes: dict[str, Any]) -> None:
    with pytest.raises(front.Error, match="allowed are"):
        erased.pictures()[0].encode(**wishes)
    with pytest.raises(front.Error, match="allowed are"):
        front.run("erase_object", image=shot, **ERASED, **wishes)


def test_a_session_speaks_for_all_files_before_the_recipe(shot: Path) -> None:
    open_recipe = {**SAVING, "metadata": "keep"}
    with front.session(metadata="private", graph=False) as session:
        result = session.run(open_recipe, image=shot)
        first = result.saved[0].read_bytes()
        named = result.save("named.png")[0].read_bytes()
    kept = front.run(open_recipe, image=shot)

    assert (told(first), told(named), own_texts(named)) == (set(), set(), set())
    assert told(result.save("named.png", metadata="keep")[0].read_bytes()) >= OF_EXIF
    assert told(kept.saved[0].read_bytes()) >= OF_EXIF


def test_what_a_recipe_says_holds_for_its_results(shot: Path) -> None:
    result = front.run({**SAVING, "metadata": "private", "graph": False}, image=shot)
    other = front.run(
        {**SAVING, "metadata": "private", "graph": False}, image=shot, metadata="keep", graph=True
    )

    for data in (result.saved[0].read_bytes(), result.pictures()[0].encode()):
        assert (told(data), own_texts(data)) == (set(), set())
    assert told(other.saved[0].read_bytes()) >= OF_EXIF
    assert own_texts(other.pictures()[0].encode()) == {GRAPH}


def test_a_session_with_results_in_memory_takes_no_file_for_another(shot: Path) -> None:
    with front.session() as session:
        files = [
            session.run({**SAVING, **top}, image=shot).saved[0].read_bytes()
            for top in ({}, {"metadata": "private"}, {}, {"metadata": "none"})
        ]

    assert [told(data) >= OF_EXIF for data in files] == [True, False, True, False]
    assert [COPYRIGHT in data for data in files] == [True, True, True, False]


def test_a_pil_image_of_a_result_has_its_profile_and_resolution(erased: Result) -> None:
    assert erased.image.info == {"icc_profile": PROFILE, "dpi": (300, 300)}


def test_a_pil_image_that_is_given_says_what_its_file_said(shot: Path) -> None:
    with Image.open(shot) as given:
        result = front.run("erase_object", image=given, **ERASED)
    data = result.save("a.jpg")[0].read_bytes()

    assert told(data) == {*SECRETS[:5]}  # all but the thumbnail
    assert result.image.info == {"icc_profile": PROFILE, "dpi": (300, 300)}
