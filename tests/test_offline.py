"""No connection is made at start, and none at all offline: sockets that would connect are refused.

Each program runs with a module in front of it that ends any attempt to connect or to look up a name
with a mark that the tests look for, even if the program goes on without the connection.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.jobs.sources.addresses import FetchError
from paintgraph.jobs.sources.fetching import fetch

MARK = "OUTBOUND"
GUARD = f"""
import sys

def watch(name, args):
    is_connection = name == "socket.connect" and isinstance(args[1], tuple)
    if is_connection or name in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        sys.stderr.write("{MARK} " + name + chr(10))
        raise OSError("{MARK}")

sys.addaudithook(watch)
"""

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run Python behind the guard, with folders of its own."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        unset = ("U2NET_HOME", "XDG_DATA_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        surroundings = {name: value for name, value in os.environ.items() if name not in unset}
        return subprocess.run(
            [sys.executable, *words],
            env={
                **surroundings,
                "PYTHONPATH": str(guard),
                "PAINTGRAPH_DATA_DIR": str(tmp_path / "data"),
                "PAINTGRAPH_MODELS_DIR": str(tmp_path / "models"),
                "REMBG_HOME": str(tmp_path / "rembg"),
                "HF_HOME": str(tmp_path / "hf"),
                **environ,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return run


def test_the_guard_sees_connections(program: Program) -> None:
    """What the other tests rely on."""
    for call in (
        "socket.create_connection(('127.0.0.1', 9), 1)",
        "socket.socket().connect(('127.0.0.1', 9))",
        "urllib.request.urlopen('http://127.0.0.1:9', timeout=1)",
        "socket.getaddrinfo('example.org', 80)",
    ):
        assert MARK in program("-c", f"import socket, urllib.request; {call}").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("-c", "import paintgraph.server, paintgraph.assembly, paintgraph.api.settings"),
        ("-c", "import paintgraph.models.pulling.pulling, paintgraph.models.pulling.hub_pulling"),
        ("-m", "paintgraph.cli", "models", "list"),
        ("-m", "paintgraph.cli", "models", "info", "flux-fill"),
        ("-m", "paintgraph.cli", "models", "verify"),
        ("-m", "paintgraph.cli", "doctor"),
        ("-m", "paintgraph.cli", "recipes"),
    ],
    ids=" ".join,
)
def test_nothing_connects_that_was_not_asked_to_fetch(
    program: Program, words: tuple[str, ...]
) -> None:
    done = program(*words)

    assert MARK not in done.stderr
    assert done.returncode == 0, done.stderr


def test_a_run_connects_to_nothing(program: Program, tmp_path: Path) -> None:
    Image.fromarray(np.full((32, 32, 3), 90, np.uint8)).save(tmp_path / "photo.png")

    done = program(
        *(
            "-m",
            "paintgraph.cli",
            "run",
            "outpaint",
            "--image",
            "photo.png",
            "--offline",
            "-o",
            "out.png",
        )
    )

    assert MARK not in done.stderr
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["isnet-general-use", "sam_vit_b", "flux-fill"])
@pytest.mark.parametrize("offline", [("--offline",), ()])
def test_offline_a_pull_connects_to_nothing(
    program: Program, name: str, offline: tuple[str, ...]
) -> None:
    environ = {} if offline else {"HF_HUB_OFFLINE": "1"}

    done = program("-m", "paintgraph.cli", "models", "pull", name, *offline, **environ)

    assert MARK not in done.stderr
    assert done.returncode == 1
    assert done.stderr.endswith("[offline]\n")


def test_offline_no_picture_is_fetched_for_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(FetchError, match="no connection is wanted"):
        asyncio.run(fetch("https://example.org/a.png?token=secret"))


def test_online_the_same_pull_would_connect(program: Program) -> None:
    at_once = "from paintgraph.models.pulling import transfer; transfer._LONGEST_PAUSE = 0; "
    done = program(
        "-c",
        at_once + "from paintgraph.cli import main; main()",
        "models",
        "pull",
        "u2netp",
        PAINTGRAPH_GITHUB_MIRROR="http://[::1]:9",
    )

    assert MARK in done.stderr
    assert done.returncode == 1
