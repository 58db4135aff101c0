"""What the pages for Python show works as it stands there, from top to bottom."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests.api.serving import serving

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(python|bash|yaml|toml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w.-]+\.\w+)\n")
_SERVER = "http://127.0.0.1:7866"
_KEY = "the key"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader stands: a photo, a mask, two more photos, the command on the path."""
    folder = tmp_path / "reader"
    (folder / "photos").mkdir(parents=True)
    (folder / "bin").mkdir()
    with Image.open(ROOT / "docs" / "photos" / "coffee.jpg") as coffee:
        small = coffee.resize((150, 100))
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        small.save(folder / name)
    mask = np.zeros((100, 150), np.uint8)
    mask[40:60, 50:80] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    for name, arguments in (("paintgraph", " -m paintgraph.cli"), ("python", "")):
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable}{arguments} "$@"\n')
        command.chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "server", api_keys=(_KEY.replace(" ", "-"),)) as served:
        yield served.url


def follow(page: str, replaced: dict[str, str]) -> dict[str, Any]:
    """Do what a page shows; gives the variables of its Python."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for old, new in replaced.items():
        text = text.replace(old, new)
    variables: dict[str, Any] = {"__name__": "page"}
    for number, (language, block) in enumerate(_BLOCK.findall(text), start=1):
        name = _FILE.match(block)
        if name:
            Path(name[1]).write_text(block)
        elif language == "bash":
            subprocess.run(block, shell=True, check=True, timeout=300)  # noqa: S602 - our own page
        else:
            exec(compile(block, f"block {number} of {page}", "exec"), variables)  # noqa: S102
    return variables


@pytest.mark.slow
def test_the_page_for_python_works(folder: Path, server: str) -> None:
    variables = follow("python.md", {_SERVER: server, f'"{_KEY}"': f'"{_KEY.replace(" ", "-")}"'})

    assert {path.name for path in folder.glob("*.png")} >= {
        *("wide.png", "mask-of-wide.png", "from-server.png"),
        *("wide-one.png", "wide-two.png"),
    }
    assert variables["left"].image.size == variables["right"].image.size == (200, 100)


@pytest.mark.slow
def test_the_page_for_authors_of_nodes_works(folder: Path) -> None:
    variables = follow("node-authors.md", {})

    assert (folder / "bright.png").exists()
    assert variables["tinted"].image.size == (150, 100)


def test_every_block_of_code_is_seen() -> None:
    for page in ("python.md", "node-authors.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert len(_BLOCK.findall(text)) == text.count("\n```") // 2
