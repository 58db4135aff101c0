"""The command line in this process and as a process of its own, each test in folders of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.jobs.sources.folders import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
HEIGHT, WIDTH = 12, 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Paintgraph = Callable[..., Answer]


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Flags such as `--offline` set variables of this process: no test leaves one to the next."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty; results are kept beside it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "100")
    return work


@pytest.fixture
def paintgraph() -> Paintgraph:
    """Run a command in this process: `paintgraph("run", ...)`."""

    def call(*arguments: str, stdin: bytes = b"") -> Answer:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout_bytes, result.stderr)

    return call


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """A real process of the command line, which takes interrupts though the tests may not."""
    limit = options.pop("preexec_fn", None)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # background jobs of a shell ignore it
        if limit is not None:
            limit()

    return subprocess.Popen(
        [sys.executable, "-m", "paintgraph.cli", *arguments],
        stdin=options.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=prepare,  # noqa: PLW1509 - the tests start no threads before
        **options,
    )


@pytest.fixture
def process() -> Paintgraph:
    """Run a command as a real process."""

    def call(*arguments: str, **options: Any) -> Answer:
        with start(*arguments, **options) as program:
            stdout, stderr = program.communicate(timeout=300)
        return Answer(program.returncode, stdout, stderr.decode())

    return call


def samples(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> "np.ndarray[Any, Any]":
    """Noise, so that every pixel counts."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def png(pixels: "np.ndarray[Any, Any]") -> bytes:
    """The PNG file of some samples."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def photo(folder: Path) -> Path:
    """A picture of 16 x 12 px."""
    path = folder / "photo.png"
    path.write_bytes(png(samples()))
    return path


@pytest.fixture
def mask(folder: Path) -> Path:
    """A mask for it: a block of 4 x 4 px is white."""
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[4:8, 4:8] = 255
    path = folder / "mask.png"
    path.write_bytes(png(pixels))
    return path


WIDER = ("--sides", "left", "--fraction", "0.5", "--engine", "telea", "--seed", "-1")
"""An outpaint that takes little time; each run of it draws another seed."""


@pytest.fixture
def made(paintgraph: Paintgraph, photo: Path) -> Path:
    """A picture that was made from the photo, in the same folder."""
    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "-o", "out.png")
    assert answer.code == 0, answer.stderr
    return Path("out.png")
