"""Every block of `sh` on every page of the docs works as it stands there, in a reader's folder."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests.test_readme import ROOT, add_command
from paintgraph.tests.tiny_onnx import SIDES, install, middle_network

DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STATEMENT = re.compile(r"[^\n]*<<'(\w+)'\n.*?^\1$|(?:[^\n]*\\\n)*[^\n]+", re.DOTALL | re.MULTILINE)
_OF_A_SHELL = re.compile(r"[|<>;&$*]|\bcd\b")
PAGES = sorted(
    str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if _BLOCK.search(page.read_text())
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What all pages share: kept results, tiny models under the names of real ones, the command."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        install(
            folder, {n: middle_network(SIDES[n]) for n in ("isnet-general-use", "u2netp")}, patch
        )
        command = add_command(folder)
        patch.setenv("PATH", f"{command}{os.pathsep}{os.environ['PATH']}")
        patch.setenv(VARIABLE, str(folder / "data"))
        yield folder


@pytest.fixture
def reader(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small photo, its mask, and three photos in a folder of their own."""
    del shared
    folder = tmp_path / "reader"
    mask = np.zeros((100, 150), np.uint8)
    mask[40:60, 50:80] = 255
    (folder / "photos").mkdir(parents=True)
    Image.fromarray(mask).save(folder / "mask.png")
    with Image.open(DOCS / "photos" / "coffee.jpg") as coffee:
        small = coffee.resize((150, 100))
    for photo in ("photo", "photos/one", "photos/two", "photos/three"):
        small.save(folder / f"{photo}.jpg")
    monkeypatch.chdir(folder)
    return folder


def follow(block: str) -> None:
    """Do what a block says; plain calls of the command run in this process, which saves time."""
    for found in _STATEMENT.finditer(block):
        statement = found[0]
        line = statement.partition("  #")[0].strip()
        if line.startswith("paintgraph ") and not _OF_A_SHELL.search(line):
            answer = CliRunner().invoke(app, shlex.split(line)[1:])
            assert answer.exit_code == 0, f"{statement}\n{answer.output}\n{answer.exception!r}"
        else:
            done = subprocess.run(
                ["bash", "-e"],  # noqa: S607
                input=statement,
                text=True,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, f"{statement}\n{done.stdout}\n{done.stderr}"


WHOLE = (150, 100)
RESULTS = {
    "example-recipes.md": {
        "passport.png": (413, 531),
        **{
            f"{folder}/{name}.{kind}": WHOLE
            for folder, kind in (("clean", "png"), ("clean-by-graph", "jpg"))
            for name in ("one", "two", "three")
        },
        "clean-by-recipe/clean_two_00001_.jpg": WHOLE,
        "mended/one.png": WHOLE,
        "mended/three.png": WHOLE,
        "thumbnail.png": (1280, 720),
        "without.png": WHOLE,
        "product.png": WHOLE,
        "two.png": WHOLE,
        "both.png": WHOLE,
    },
    "recipe-language.md": {"mended/one.png": WHOLE, "mended/two.png": WHOLE},
}
"""Sizes of pictures that pages say they make."""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_works(page: str, reader: Path) -> None:
    for block in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        follow(block)

    expected = RESULTS.get(page, {})
    assert {name: _size(reader / name) for name in expected} == expected


def _size(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size
