"""Programs in JavaScript that were written for ComfyUI, by their own packages."""

import json
import shutil
import subprocess
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.serving import Served, png

pytestmark = pytest.mark.slow
SCRIPTS = Path(__file__).parent / "clients"
PACKAGES = ("@saintno/comfyui-sdk@0.3.1", "@stable-canvas/comfyui-client@1.5.9", "ws@8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages and the scripts.

    Of what the packages depend on, `ws` alone is there: the rest draws pictures in a terminal.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    made = tmp_path_factory.mktemp("clients")
    command = [npm, "pack", "--json", "--fetch-retries=0", *PACKAGES]
    try:
        done = subprocess.run(command, cwd=made, check=True, capture_output=True, timeout=600)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm's registry is out of reach: {error}")
    for package in json.loads(done.stdout):
        target = made / "node_modules" / package["name"]
        target.mkdir(parents=True)
        unpack = ["tar", "-xzf", package["filename"], "--strip-components=1", "-C", str(target)]
        subprocess.run(unpack, cwd=made, check=True)
    for script in SCRIPTS.iterdir():
        shutil.copy(script, made)
    return made


def printed(folder: Path, script: str, server: Served) -> list[dict[str, str]]:
    """What a script prints of the pictures that it had inverted."""
    (folder / "photo.png").write_bytes(png())
    command = ["node", script, server.url, "photo.png"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def samples(content: bytes) -> Any:
    return np.asarray(Image.open(BytesIO(content)))


def test_saintno_uploads_runs_and_fetches(folder: Path, server: Served) -> None:
    images = printed(folder, "saintno.mjs", server)

    assert [image["name"] for image in images] == ["saintno_00001_.png", "saintno_00002_.png"]
    for image in images:
        assert (samples(b64decode(image["content"])) == 255 - samples(png())).all()


def test_stable_canvas_runs_and_fetches(folder: Path, server: Served) -> None:
    (image,) = printed(folder, "stable_canvas.mjs", server)

    assert (samples(b64decode(image["content"])) == 255 - samples(png())).all()
