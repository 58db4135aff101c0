"""What README.md shows works as it stands there, in a folder that looks like the checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.serving import serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return like_a_clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def pictures(folder: Path) -> Path:
    """The folder after all blocks of shell, one after the other as a reader would type them."""
    for example in examples("bash"):
        follow(folder, ["bash", "-e"], example)
    return folder


def like_a_clone(folder: Path) -> Path:
    """Give a folder the photos of the checkout, and the command for its path."""
    (folder / "docs").symlink_to(ROOT / "docs")
    add_command(folder)
    return folder


def add_command(folder: Path) -> Path:
    """Put the command of this checkout into a folder; gives where it is, for the path."""
    place = folder / "bin"
    place.mkdir()
    command = place / "paintgraph"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    command.chmod(0o755)
    return place


def follow(folder: Path, command: list[str], example: str) -> str:
    """Run an example, which must succeed; gives what it prints."""
    done = subprocess.run(
        command,
        input=example,
        cwd=folder,
        env={
            **os.environ,
            "PATH": os.pathsep.join((str(folder / "bin"), os.environ["PATH"])),
            "PAINTGRAPH_DATA_DIR": str(folder / "data"),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def samples(file: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """The samples of a picture's file."""
    with Image.open(file) as picture:
        return np.array(picture)


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_commands_make_the_pictures(pictures: Path) -> None:
    rocket = samples(ROOT / "docs" / "photos" / "rocket.jpg")
    mask = samples(pictures / "mask.png")
    assert samples(pictures / "wide.png").shape == (400, 1000, 3)
    for name in ("erased.png", "mended.png"):
        repainted = samples(pictures / name)
        assert repainted.shape == rocket.shape
        assert (repainted != rocket).any()
    assert (samples(pictures / "erased.png")[mask == 0] == rocket[mask == 0]).all()


def test_python_makes_the_same_picture(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")

    (program,) = examples("python")
    follow(tmp_path, [sys.executable, "-"], program)

    assert (samples(tmp_path / "wide.png") == samples(pictures / "wide.png")).all()


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
