"""Programs in JavaScript that were written for ComfyUI, by their own packages."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from paintgraph.tests.api.serving import Served

pytestmark = pytest.mark.slow
SCRIPTS = Path(__file__).parent / "clients"
PACKAGES = ("@saintno/comfyui-sdk@0.3.1", "@stable-canvas/comfyui-client@1.5.9", "ws@8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages and the scripts."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    made = tmp_path_factory.mktemp("clients")
    command = [npm, "install", "--no-audit", "--no-fund", "--fetch-retries=0", *PACKAGES]
    try:
        subprocess.run(command, cwd=made, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm's registry is out of reach: {error}")
    for script in SCRIPTS.iterdir():
        shutil.copy(script, made)
    return made


def printed(folder: Path, script: str, server: Served) -> list[str]:
    """The lines that a script prints."""
    command = ["node", script, server.url]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_saintno_runs_prompts(folder: Path, server: Served) -> None:
    images = [json.loads(line) for line in printed(folder, "saintno.mjs", server)]

    names = [[image["filename"] for image in each] for each in images]
    assert names == [["saintno_00001_.png"], ["saintno_00002_.png"]]


def test_stable_canvas_runs_prompts(folder: Path, server: Served) -> None:
    ((address,),) = [json.loads(line) for line in printed(folder, "stable_canvas.mjs", server)]

    assert server.call("GET", address.removeprefix(server.url)).body[1:4] == b"PNG"
