"""The wheel: what it holds, and that it works among other people's modules of the same names."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from paintgraph.tests.packaging.container import container
from paintgraph.tests.packaging.declared import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout"),
]

BESIDE = {"tests", "benchmarks", "deploy", "docs", "scripts", "compose.yaml"}
"""What of the checkout is no part of the product."""

KINDS = (
    *(".py", ".yaml", ".json", "py.typed"),
    *(".html", ".css", ".js", ".d.ts", ".svg", ".jpg", ".png", ".gz"),
)
"""How names of the product's files end."""

OF_OTHERS = (
    *("models/__init__.py", "api/__init__.py", "engine/__init__.py", "base/__init__.py"),
    *("nodes.py", "server.py", "cli.py", "assembly.py", "jobs.py", "imaging.py", "graphs.py"),
)
STRAY = (
    *(".venv/lib/stray.py", ".venv-newest/lib/stray.py", "demo/stray.py"),
    *("tests/finds/stray.py", "engine/__pycache__/stray.pyc"),
)
PATIENCE = 120  # seconds


def of_the_checkout() -> list[str]:
    """Every file that belongs to the checkout, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return sorted({name for name in listed if name and (ROOT / name).is_file()})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from a copy of the checkout with litter in it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in of_the_checkout():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    for name in STRAY:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("stray = True\n")
    (copy / ".venv" / "checkout").mkdir()
    (copy / ".venv" / "checkout" / "paintgraph").symlink_to(copy)
    built = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(built), str(copy))
    (found,) = built.glob("paintgraph-*.whl")
    return found


def pip(*arguments: str) -> None:
    """Run pip, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def held(wheel: Path) -> set[str]:
    """The names of all files in the wheel."""
    return set(zipfile.ZipFile(wheel).namelist())


def test_its_one_import_package_is_paintgraph(wheel: Path, held: set[str]) -> None:
    (listing,) = (name for name in held if name.endswith(".dist-info/top_level.txt"))
    top_level = zipfile.ZipFile(wheel).read(listing).decode().split()
    folders = {name.partition("/")[0] for name in held if ".dist-info/" not in name}

    assert top_level == ["paintgraph"]
    assert folders == {"paintgraph"}


def test_it_holds_the_product_whole_and_nothing_else(held: set[str]) -> None:
    """A folder that pyproject.toml forgets to name is found here."""
    expected = {
        f"paintgraph/{name}"
        for name in of_the_checkout()
        if Path(name).parts[0] not in BESIDE and name.endswith(KINDS) and not name.startswith(".")
    }
    packaged = {name for name in held if ".dist-info/" not in name}

    assert packaged == expected
    assert {"paintgraph/py.typed", "paintgraph/graphs/outpaint.yaml"} <= packaged
    assert any(name.startswith("paintgraph/models/catalogue/") for name in packaged)


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment with the wheel; dependencies are borrowed."""
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    pip("--python", str(venv / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    (packages,) = venv.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if Path(path).name == "site-packages"]
    (packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    return venv / "bin"


@pytest.fixture
def among_others(tmp_path: Path) -> Path:
    """A folder with pictures, and with somebody else's modules that break whoever imports them."""
    folder = tmp_path / "here"
    for name in OF_OTHERS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("raise RuntimeError('this is somebody else\\'s: ' + __file__)\n")
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(noise).save(folder / "photo.png")
    mask = np.zeros((48, 64), np.uint8)
    mask[16:32, 16:32] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    return folder


@pytest.fixture
def surroundings(among_others: Path, tmp_path: Path) -> dict[str, str]:
    """An environment in which those modules are found first."""
    ours = {name: value for name, value in os.environ.items() if "PAINTGRAPH" not in name}
    return {
        **ours,
        "PYTHONPATH": str(among_others),
        "HOME": str(tmp_path / "home"),
        "PAINTGRAPH_DATA_DIR": str(tmp_path / "data"),
    }


def test_it_imports_among_modules_of_the_same_names(
    commands: Path, among_others: Path, surroundings: dict[str, str]
) -> None:
    code = "import paintgraph, paintgraph.server, paintgraph.cli.app; print(paintgraph.__file__)"

    done = subprocess.run(
        [str(commands / "python"), "-c", code],
        cwd=among_others,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert Path(done.stdout).is_relative_to(commands.parent)


@pytest.mark.parametrize(
    "arguments",
    [
        ["grow_mask", "--mask", "mask.png", "--amount", "4"],
        ["inpaint", "--image", "photo.png", "--mask", "mask.png", "--engine", "patchmatch"],
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_it_runs_recipes_among_modules_of_the_same_names(
    commands: Path, among_others: Path, surroundings: dict[str, str], arguments: list[str]
) -> None:
    done = subprocess.run(
        [str(commands / "paintgraph"), "run", *arguments, "-o", "out.png"],
        cwd=among_others,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert done.returncode == 0, done.stderr
    with Image.open(among_others / "out.png") as out:
        assert out.size == (64, 48)


def wait_until_ready(address: str) -> None:
    """Return once the server takes jobs."""
    end = time.monotonic() + PATIENCE
    while not requests.get(f"{address}/readyz", timeout=PATIENCE).ok:
        assert time.monotonic() < end
        time.sleep(0.05)


KEY = "the-key-of-a-test"


@pytest.fixture
def as_in_a_container(surroundings: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment that the Dockerfile and compose.yaml give the server, in a folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    said = container().environment_in(tmp_path / "container")
    return {**surroundings, **said, "PAINTGRAPH_PORT": port, "PAINTGRAPH_API_KEYS": KEY}


@pytest.fixture
def address(commands: Path, among_others: Path, as_in_a_container: dict[str, str]) -> Iterator[str]:
    """Where the container's server listens, run from the wheel; it ends when it is asked to."""
    program, *arguments = container().command
    with subprocess.Popen(
        [str(commands / program), *arguments],
        cwd=among_others,
        env=as_in_a_container,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert "http://" in process.stdout.readline()
            address = f"http://127.0.0.1:{as_in_a_container['PAINTGRAPH_PORT']}"
            wait_until_ready(address)
            yield address
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def test_it_serves_among_modules_of_the_same_names(address: str, among_others: Path) -> None:
    with (
        (among_others / "photo.png").open("rb") as photo,
        (among_others / "mask.png").open("rb") as mask,
    ):
        answer = requests.post(
            f"{address}/v1/recipes/inpaint?wait=60",
            files={"image": photo, "mask": mask},
            headers={"X-API-KEY": KEY},
            timeout=PATIENCE,
        )

    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "succeeded"


def test_a_container_says_whether_it_is_well_and_keeps_all_on_its_volumes(
    address: str, commands: Path, as_in_a_container: dict[str, str], tmp_path: Path
) -> None:
    program, *arguments = container().health
    health = [str(commands / program), *arguments]
    gone = {**as_in_a_container, "PAINTGRAPH_PORT": "1"}

    assert address
    assert subprocess.run(health, env=as_in_a_container, check=False).returncode == 0
    assert subprocess.run(health, env=gone, capture_output=True, check=False).returncode == 1
    assert (tmp_path / "container" / "data" / "jobs.sqlite").exists()
    assert not (tmp_path / "home" / ".local").exists()
