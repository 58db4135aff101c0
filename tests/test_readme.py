"""What README.md shows works as it stands there, in a folder that looks like the checkout."""

import re
import sys
from pathlib import Path

import pytest

from paintgraph.tests.api.serving import serving
from paintgraph.tests.following import ROOT, follow, like_a_clone, samples

pytestmark = pytest.mark.slow

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return like_a_clone(tmp_path_factory.mktemp("clone"))


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_commands_make_the_pictures(folder: Path) -> None:
    """All blocks of shell, one after the other as a reader would type them."""
    for example in examples("bash"):
        follow(folder, ["bash", "-e"], example)

    rocket = samples(ROOT / "docs" / "photos" / "rocket.jpg")
    mask = samples(folder / "mask.png")
    assert samples(folder / "wide.png").shape == (400, 1000, 3)
    for name in ("erased.png", "mended.png"):
        repainted = samples(folder / name)
        assert repainted.shape == rocket.shape
        assert (repainted != rocket).any()
    assert (samples(folder / "erased.png")[mask == 0] == rocket[mask == 0]).all()


def test_python_makes_the_same_picture(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    follow(folder, ["bash", "-e"], examples("bash")[0])

    (program,) = examples("python")
    follow(tmp_path, [sys.executable, "-"], program)

    assert (samples(tmp_path / "wide.png") == samples(folder / "wide.png")).all()


def test_the_request_makes_a_picture(folder: Path, tmp_path: Path) -> None:
    (request,) = re.findall(r"^    (curl .*)$", TEXT, re.MULTILINE)
    with serving(tmp_path) as served:
        address = served.url.removeprefix("http://")
        answer = follow(folder, ["bash", "-e"], request.replace("localhost:7866", address))

    assert '"state":"succeeded"' in answer.replace(" ", "")


def test_every_command_in_the_table_exists(folder: Path) -> None:
    rows = re.findall(r"^\| `paintgraph ([^`]+)`(?:, `(\w+)`)? \|", TEXT, re.MULTILINE)
    names = {word for first, second in rows for word in (first.split()[0], second) if word}
    listed = follow(folder, ["paintgraph", "--help"], "").partition("Commands:")[2]

    assert names == set(re.findall(r"^  (\w+)  ", listed, re.MULTILINE))
