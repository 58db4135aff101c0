"""Everything works where the system has no `fcntl`, passes no sockets and takes no signal handlers.

A `sitecustomize` takes those away from every process that the tests start, workers included.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.serving import png
from paintgraph.tests.api.test_server import OUTER_SECONDS, ROOT, started
from paintgraph.tests.test_architecture import MODULES

BLOCKED = ("resource", "fcntl", "pwd", "grp", "termios")
POORER = f"""
import asyncio, sys

sys.modules.update(dict.fromkeys({BLOCKED!r}))

from paintgraph.base import platforms


def refuse(*_):
    raise NotImplementedError


asyncio.SelectorEventLoop.add_signal_handler = refuse
platforms.passes_sockets = lambda: False
platforms._Inherited = refuse
"""
OWN_IMPORTS = """
import builtins, importlib

ordinary = builtins.__import__


def import_(name, globals=None, *rest, **named):
    if name in {blocked!r} and (globals or {{}}).get("__name__", "").startswith("paintgraph"):
        raise ImportError(name)
    return ordinary(name, globals, *rest, **named)


builtins.__import__ = import_
for name in {names!r}:
    importlib.import_module(name)
print("all")
"""


@pytest.fixture
def poorer(tmp_path: Path) -> dict[str, str]:
    """Environment variables that make Python as poor as on other systems."""
    folder = tmp_path / "poorer"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(POORER)
    return {"PYTHONPATH": str(folder), "PAINTGRAPH_DATA_DIR": str(tmp_path / "data")}


def python(poorer: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **poorer},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", BLOCKED)
def test_the_modules_are_taken_away(poorer: dict[str, str], module: str) -> None:
    code = f"try: import {module}\nexcept ImportError: print('gone')"

    assert python(poorer, "-P", "-c", code) == "gone\n"


@pytest.mark.slow
def test_every_module_can_be_imported() -> None:
    """Libraries may import what they like: what they need elsewhere is their matter."""
    names = sorted(name for name in MODULES if not name.endswith("__main__"))

    assert python({}, "-c", OWN_IMPORTS.format(blocked=BLOCKED, names=names)) == "all\n"


@pytest.mark.slow
def test_the_command_line_runs_a_recipe(poorer: dict[str, str], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    files = ("--image", str(tmp_path / "photo.png"), "-o", str(tmp_path / "wide.png"))

    python(poorer, "-m", "paintgraph.cli", "run", "outpaint", *files, "--profile")

    with Image.open(io.BytesIO((tmp_path / "wide.png").read_bytes())) as wide:
        assert wide.width > 32


@pytest.mark.slow
def test_a_server_runs_a_job_in_a_worker_and_ends_when_asked(
    poorer: dict[str, str], tmp_path: Path
) -> None:
    with started(tmp_path / "data", PYTHONPATH=poorer["PYTHONPATH"]) as (server, _):
        server.until_ready()
        _, photo = server.call("POST", "/v1/images", png(), Content_Type="image/png")
        inputs = {"image": photo["digest"], "box": [2, 2, 8, 8], "engine": "telea"}
        _, job = server.call("POST", "/v1/recipes/erase_object", inputs)
        _, ended = server.call("GET", f"/v1/jobs/{job['id']}?wait=60")

        assert ended["state"] == "succeeded"
        server.process.terminate()
        assert server.process.wait(OUTER_SECONDS) == 0
