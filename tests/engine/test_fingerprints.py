"""An edited source is computed anew, though a result of the old one is kept."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.node.registry import Registry
from paintgraph.tests.engine.runs import node, run_nodes

ROOT = Path(__file__).parents[2]
BESIDE = {"tests", "benchmarks"}
SLOW_NODE = """
import time
from paintgraph.engine.node.declaration import node

@node(title="Own", category="test", name="Own")
def own(value: int = 1) -> int:
    "Take so long that the result is kept."
    time.sleep(0.1)
    return value + {added}
"""


def _paintgraph(folder: Path, *arguments: str) -> str:
    """What a command prints, with the copy of the package in `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment["PAINTGRAPH_DATA_DIR"] = str(folder / "data")
    command = (sys.executable, "-P", "-m", "paintgraph.cli", *arguments)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has painted a picture once."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__")
    rooms = {file.parent for file in ROOT.glob("*/__init__.py")}
    for room in rooms:
        if room.name not in BESIDE:
            shutil.copytree(room, folder / "paintgraph" / room.name, ignore=unwanted)
    for file in ROOT.glob("*.py"):
        shutil.copy(file, folder / "paintgraph")
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
    Image.fromarray(noise).save(folder / "p.png")
    _outpaint("run", folder, "-o", "first.png")
    return folder


def _outpaint(command: str, folder: Path, *arguments: str) -> str:
    sides = ("--image", "p.png", "--engine", "patchmatch")
    return _paintgraph(folder, command, "outpaint", *sides, *arguments)


def test_unchanged_sources_are_not_computed_again(ran: Path) -> None:
    assert "filled (InpaintSampler): kept" in _outpaint("explain", ran)


def test_an_edit_of_what_paints_is_seen_in_the_picture(ran: Path) -> None:
    source = ran / "paintgraph/models/inpainting/repaint.py"
    text = source.read_text()
    source.write_text(
        text + "\n_before = repaint\n"
        "def repaint(*args, **kwargs):\n"
        "    done = _before(*args, **kwargs)\n"
        "    return done._replace(image=done.image * 0)\n"
    )
    try:
        _outpaint("run", ran, "-o", "edited.png")
    finally:
        source.write_text(text)

    assert np.asarray(Image.open(ran / "edited.png")).max() == 0
    assert np.asarray(Image.open(ran / "first.png")).max() > 0


@pytest.mark.parametrize(
    "file", ["imaging/arrays.py", "models/catalogue/catalogue.yaml", "base/frames.py"]
)
def test_an_edit_of_anything_that_computes_counts(ran: Path, file: str) -> None:
    source = ran / "paintgraph" / file
    text = source.read_text()
    source.write_text(text + "\n# edited\n")
    try:
        explained = _outpaint("explain", ran)
    finally:
        source.write_text(text)

    assert "filled (InpaintSampler): runs; changed: the program or the device" in explained


def _run_own(folder: Path, module: str, store: Path) -> tuple[object, str]:
    """What the node of a user's module gives, loaded anew, and how it came by that."""
    top = module.partition(".")[0]
    for name in [name for name in sys.modules if name.partition(".")[0] == top]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        known = Registry([importlib.import_module(module).own])
        with ResultStore(store, 100_000) as results:
            ran = run_nodes({"own": node("Own")}, registry=known, store=results)
    finally:
        sys.path.remove(str(folder))
    return ran.values("own")[0], ran.finished()["own"]


def test_an_edit_of_a_users_module_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    own = tmp_path / "my_nodes_of_a_test.py"
    own.write_text(SLOW_NODE.format(added=1))
    first = _run_own(tmp_path, own.stem, tmp_path / "kept")
    again = _run_own(tmp_path, own.stem, tmp_path / "kept")
    own.write_text(SLOW_NODE.format(added=2))
    edited = _run_own(tmp_path, own.stem, tmp_path / "kept")

    assert (first, again, edited) == ((2, "computed"), (2, "cached"), (3, "computed"))


def test_an_edit_beside_a_node_of_a_package_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    pack = tmp_path / "my_pack_of_a_test"
    (pack / "masks").mkdir(parents=True)
    (pack / "__init__.py").touch()
    (pack / "helper.py").touch()
    (pack / "masks" / "own.py").write_text(SLOW_NODE.format(added=1))
    module = f"{pack.name}.masks.own"
    first = _run_own(tmp_path, module, tmp_path / "kept")
    again = _run_own(tmp_path, module, tmp_path / "kept")
    (pack / "helper.py").write_text("# edited")
    edited = _run_own(tmp_path, module, tmp_path / "kept")

    assert (first, again, edited) == ((2, "computed"), (2, "cached"), (2, "computed"))


def test_what_is_edited_after_loading_does_not_count_for_what_was_loaded(tmp_path: Path) -> None:
    own = tmp_path / "my_late_nodes.py"
    own.write_text(SLOW_NODE.format(added=1))
    old = _declared(own)
    known = Registry([old])
    own.write_text(SLOW_NODE.format(added=20))

    assert known.fingerprint("Own") == Registry([old]).fingerprint("Own")
    assert known.fingerprint("Own") != Registry([_declared(own)]).fingerprint("Own")


def test_an_edit_of_what_a_module_imports_from_its_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "helper_of_a_test.py").write_text("import pack_of_a_test.deep\n")
    (tmp_path / "pack_of_a_test").mkdir()
    deep, beside = tmp_path / "pack_of_a_test" / "deep.py", tmp_path / "beside.py"
    own = tmp_path / "my_helped_nodes.py"
    own.write_text("import helper_of_a_test, orjson\n" + SLOW_NODE.format(added=1))
    deep.touch()
    first = Registry([_declared(own)]).fingerprint("Own")
    beside.write_text("# of no concern")
    again = Registry([_declared(own)]).fingerprint("Own")
    deep.write_text("# edited")
    for name in ("helper_of_a_test", "pack_of_a_test", "pack_of_a_test.deep"):
        monkeypatch.delitem(sys.modules, name)  # as another process

    assert again == first
    assert Registry([_declared(own)]).fingerprint("Own") != first


def test_a_helper_counts_as_it_was_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    helper, own = tmp_path / "loaded_helper_of_a_test.py", tmp_path / "my_nodes_with_a_helper.py"
    helper.write_text("ADDED = 1\n")
    own.write_text(f"import {helper.stem}\n" + SLOW_NODE.format(added=f"{helper.stem}.ADDED"))
    first = Registry([_declared(own)]).fingerprint("Own")
    helper.write_text("ADDED = 20\n")
    still = Registry([_declared(own)]).fingerprint("Own")
    importlib.reload(sys.modules[helper.stem])

    assert still == first
    assert Registry([_declared(own)]).fingerprint("Own") != first


def test_code_that_its_sources_do_not_tell_is_other_code_in_each_registry(tmp_path: Path) -> None:
    own = tmp_path / "my_local_nodes.py"
    body = SLOW_NODE.format(added="added").replace("\n", "\n    ")
    own.write_text(f"def made(added):{body}return own\n")
    code: dict[str, Any] = {"__name__": own.stem}
    exec(compile(own.read_text(), own, "exec"), code)  # noqa: S102 - as an import does
    cell: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SLOW_NODE.format(added=1), "<stdin>", "exec"), cell)  # noqa: S102 - a notebook

    for function in (code["made"](1), cell["own"]):
        known = Registry([function])
        assert known.fingerprint("Own") == known.fingerprint("Own")
        assert known.fingerprint("Own") != Registry([function]).fingerprint("Own")


def _declared(file: Path) -> object:
    """The node that a file of a user declares, loaded anew."""
    code: dict[str, object] = {"__name__": file.stem}
    exec(compile(file.read_text(), file, "exec"), code)  # noqa: S102 - as an import does
    return code["own"]
