"""comfy-cli, as its users call it: a program with an environment of its own."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from paintgraph.tests.api.comfy.asking import inverted, node
from paintgraph.tests.api.serving import Served, png

pytestmark = pytest.mark.slow
VERSION = "1.23.0"
_MOST_SECONDS = 300
_SECONDS = 300
NEEDED = (
    *("blake3", "certifi", "charset-normalizer", "cookiecutter", "gitpython>=3.1.50", "httpx"),
    *("mixpanel<5", "packaging", "pathspec", "posthog<8", "psutil", "pyyaml", "questionary"),
    *("requests", "rich", "semver~=3.0.2", "tomlkit<0.16", "typer", "typing-extensions"),
    "websocket-client",
)
"""What the program asks for, without ffmpeg, uv and ruff, which are large and not used here."""


class Comfy(Protocol):
    """Runs a command; gives what it says to programs."""

    def __call__(self, *arguments: str, fails: bool = False) -> Any: ...


@pytest.fixture(scope="module")
def program(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with its packages; kept for the next time, as getting them takes a while."""
    cache = getattr(pytestconfig, "cache", None)
    name = f"comfy-cli-{VERSION}"
    folder: Path = cache.mkdir(name) if cache else tmp_path_factory.mktemp(name)
    environment = folder / "environment"
    made = environment / "bin" / "comfy"
    python = str(environment / "bin" / "python")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--retries=0", "-q")
    bare = (sys.executable, "-m", "venv", "--clear", "--without-pip", str(environment))
    program = (
        *pip,
        "--no-compile",
        "--no-deps",
        f"comfy-cli=={VERSION}",
    )  # last, as it is the sign
    with FileLock(folder / "lock", timeout=2 * _MOST_SECONDS):  # tests run in several processes
        try:
            if not made.exists():
                for command in (bare, (*pip, "--no-compile", *NEEDED), program):
                    subprocess.run(command, check=True, capture_output=True, timeout=_MOST_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"comfy-cli cannot be had: {error}")
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it keeps its settings."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def comfy(program: Path, home: Path, server: Served) -> Comfy:
    """The program, talking to the server."""
    own = {"HOME": str(home), "COMFY_LOCAL_URL": server.url, "DO_NOT_TRACK": "1"}

    def run(*arguments: str, fails: bool = False) -> Any:
        done = subprocess.run(
            [program, "--skip-prompt", "--json", *arguments],
            cwd=home,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert (done.returncode != 0) == fails, (done.stdout, done.stderr)
        said = json.loads(done.stdout)
        return said["error" if fails else "data"]

    return run


def written(folder: Path, name: str, graph: Any) -> str:
    """The path of a file with a graph."""
    path = folder / name
    path.write_text(json.dumps(graph))
    return str(path)


def test_a_picture_is_uploaded_worked_on_and_fetched(comfy: Comfy, home: Path) -> None:
    (home / "photo.png").write_bytes(png(77))

    (told,) = comfy("upload", "photo.png")["uploads"]
    prompt = written(home, "prompt.json", inverted(told["cloud_name"], "by-cli"))
    ran = comfy("run", "--workflow", prompt, "--wait")
    comfy("download", ran["prompt_id"], "--out-dir", "fetched")

    assert ran["status"] == "completed"
    assert ran["executed_node_ids"] == ["1", "2", "3"]
    (fetched,) = (path for path in (home / "fetched").rglob("*.png"))
    made = np.asarray(Image.open(fetched))
    assert (made == 255 - np.asarray(Image.open(BytesIO(png(77))))).all()


def test_a_workflow_of_the_page_is_converted_by_object_info(comfy: Comfy, home: Path) -> None:
    nodes = [
        {
            "id": 1,
            "type": "EmptyImage",
            "inputs": [],
            "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}],
            "widgets_values": [8, 6, 1, 255],
        },
        {
            "id": 2,
            "type": "PreviewImage",
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "outputs": [],
            "widgets_values": [],
        },
    ]
    common = {"pos": [0, 0], "size": [200, 100], "flags": {}, "mode": 0, "properties": {}}
    workflow = {
        "nodes": [{**common, "order": place, **each} for place, each in enumerate(nodes)],
        "links": [[1, 1, 0, 2, 0, "IMAGE"]],
        "version": 0.4,
    }

    ran = comfy("run", "--workflow", written(home, "workflow.json", workflow), "--wait")

    assert list(ran["outputs_by_node"]) == ["2"]


def test_faults_and_failures_are_told(comfy: Comfy, home: Path) -> None:
    unknown = comfy("run", "--workflow", written(home, "a.json", {"1": node("Nope")}), fails=True)
    prompt = {
        "1": node("EmptyImage", width=8, height=8),
        "2": node("MaskFromBox", image=["1", 0], box={"__value__": [90, 90, 95, 95]}),
        "3": node("MaskToImage", mask=["2", 0]),
        "4": node("PreviewImage", images=["3", 0]),
    }
    failed = comfy("run", "--workflow", written(home, "b.json", prompt), "--wait", fails=True)

    assert unknown["code"] == "workflow_unknown_nodes"
    assert "box" in json.dumps(failed)


def test_the_server_is_asked_and_freed(comfy: Comfy) -> None:
    assert "cpu" in json.dumps(comfy("system-stats"))
    comfy("free")
