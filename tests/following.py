"""Doing what a document shows, where a reader of it would stand."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]


def like_a_clone(folder: Path) -> Path:
    """Give a folder the photos of the checkout, and the command for its path."""
    (folder / "docs").symlink_to(ROOT / "docs")
    (folder / "bin").mkdir()
    command = folder / "bin" / "paintgraph"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    command.chmod(0o755)
    return folder


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
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def samples(file: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """The samples of a picture's file."""
    with Image.open(file) as picture:
        return np.array(picture)
