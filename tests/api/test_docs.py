"""The examples of docs/server.md do what they say."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from paintgraph.tests.api.serving import Served, serving

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("data")) as running:
        yield running


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def follow(served: Served, folder: Path, command: list[str], example: str) -> str:
    """Run an example in a folder that looks like the checkout, against the running server."""
    (folder / "docs").symlink_to(ROOT / "docs")
    address = served.url.removeprefix("http://")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        input=example.replace("localhost:7866", address),
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_recipe_runs_by_form(served: Served, tmp_path: Path) -> None:
    follow(served, tmp_path, ["bash", "-e"], examples("bash")[0])

    assert size_of(tmp_path / "erased.png") == (640, 427)


def test_a_graph_runs_as_json(served: Served, tmp_path: Path) -> None:
    answer = follow(served, tmp_path, ["bash", "-e"], examples("bash")[1])

    assert '"state":"succeeded"' in answer
    assert '"width":800' in answer


def test_a_program_in_python_waits_for_its_picture(served: Served, tmp_path: Path) -> None:
    answer = follow(served, tmp_path, [sys.executable, "-"], examples("python")[0])

    assert answer == "succeeded 800\n"
    assert size_of(tmp_path / "wide.png") == (800, 400)
