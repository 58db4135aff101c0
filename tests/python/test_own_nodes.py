"""Nodes of other authors, by every way in: Python, command line, server, installed packages."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paintgraph as front
from paintgraph.tests.api.serving import png, serving
from paintgraph.tests.cli.conftest import Paintgraph

NODES = '''\
"""Two nodes."""

from typing import Annotated

import paintgraph
from paintgraph.nodes.pictures.files import load_image


@paintgraph.node(title="Brighten")
def brighten(
    image: paintgraph.Image,
    by: Annotated[float, paintgraph.Range(0, 1), "How much."] = 0.5,
) -> paintgraph.Image:
    """Make a picture brighter."""
    return image + (1 - image) * by


@paintgraph.node(title="Count", category="numbers")
def count_pixels(image: paintgraph.Image) -> Annotated[int, paintgraph.Output("count")]:
    """Count the pixels of a picture."""
    return image.shape[1] * image.shape[2]
'''
GRAPH: dict[str, Any] = {
    "inputs": {"image": {"type": "image"}},
    "nodes": {
        "photo": {"node": "LoadImage", "image": "${inputs.image}"},
        "bright": {"node": "Brighten", "image": "${photo.image}", "by": 1},
        "count": {"node": "CountPixels", "image": "${photo.image}"},
    },
    "outputs": {"image": "${bright.image}", "count": "${count.count}"},
}
RECIPE = """\
inputs:
  image: {type: image}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  bright: {node: Brighten, image: "${photo.image}", by: 1}
outputs:
  image: "${bright.image}"
"""


@pytest.fixture(autouse=True)
def my_nodes(folder: Path) -> Path:
    (folder / "bright.yaml").write_text(RECIPE)
    path = folder / "my_nodes.py"
    path.write_text(NODES)
    return path


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that can be imported."""
    package = tmp_path / "packages" / "own_package_of_a_test"
    package.mkdir(parents=True)
    (package / "parts.py").write_text(NODES)
    (package / "__init__.py").write_text("from .parts import brighten, count_pixels\n")
    monkeypatch.syspath_prepend(package.parent)
    for name in [n for n in sys.modules if n.startswith(package.name)]:
        monkeypatch.delitem(sys.modules, name)
    return package.name


def test_a_file_a_module_or_functions_give_nodes(
    photo: Path, my_nodes: Path, own_module: str
) -> None:
    @front.node(title="Brighten")
    def brighten(image: front.Image, by: float = 0.5) -> front.Image:
        """Make a picture brighter."""
        return image + (1 - image) * np.float32(by)

    @front.node(title="Count", name="CountPixels")
    def count(image: front.Image) -> int:
        """Count the pixels of a picture."""
        return int(image.shape[1] * image.shape[2])

    single = {**GRAPH, "outputs": {"image": "${bright.image}"}}
    for nodes in ("my_nodes.py", [my_nodes], [own_module]):
        result = front.run(GRAPH, nodes=nodes, image=photo)
        assert result.array.min() == 1
        assert result["count"] == 16 * 12
    assert front.run(single, nodes=[brighten, count], image=photo).array.min() == 1


def test_without_them_the_graph_is_refused(photo: Path) -> None:
    with pytest.raises(front.Error, match="there is no node type 'Brighten'"):
        front.run(GRAPH, image=photo)


@pytest.mark.usefixtures("photo")
def test_every_command_takes_them(paintgraph: Paintgraph) -> None:
    own = ("--nodes", "my_nodes.py")

    ran = paintgraph("run", "bright.yaml", "--image", "photo.png", "-o", "out.png", *own)
    assert ran.code == 0, ran.stderr
    assert paintgraph("run", "bright.yaml", "--help", *own).code == 0
    assert paintgraph("validate", "bright.yaml", *own).code == 0
    assert paintgraph("validate", "bright.yaml").code == 1
    explained = paintgraph("explain", "bright.yaml", "--image", "photo.png", *own)
    assert "bright (Brighten)" in explained.text
    assert "Brighten" in paintgraph("nodes", *own).text
    assert "How much." in paintgraph("nodes", "Brighten", *own).text
    assert '"const": "Brighten"' in paintgraph("schema", "Brighten", *own).text
    assert (
        '"class_type": "Brighten"'
        in paintgraph("convert", "bright.yaml", "--to", "comfy", *own).text
    )


def test_a_server_and_its_workers_take_them(my_nodes: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "server", nodes=(str(my_nodes),)) as server:
        assert server.call("GET", "/v1/nodes/Brighten").json["title"] == "Brighten"
        digest = server.upload(png())
        answer = server.submit({"graph": GRAPH, "inputs": {"image": digest}}, wait=60)

    assert answer.json["outputs"]["count"] == 24 * 32


def test_an_installed_package_offers_them(
    photo: Path, own_module: str, tmp_path: Path, paintgraph: Paintgraph
) -> None:
    facts = tmp_path / "packages" / "own_package-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: own-package\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[paintgraph.nodes]\nbright = {own_module}\n")

    assert front.run(GRAPH, image=photo)["count"] == 16 * 12
    assert "Brighten" in paintgraph("nodes").text


BROKEN = {
    "syntax": ("x = (\n", "line 1: SyntaxError: '(' was never closed"),
    "failure": ("import os\n\nx = os.environ['NOT SET']\n", "line 3: KeyError: 'NOT SET'"),
    "declaration": (
        "import paintgraph\n\n@paintgraph.node(title='X')\ndef x(a) -> int:\n    '''X.'''\n",
        "line 3: x: parameter 'a' has no type; each input needs one. Annotate it.",
    ),
    "end": ("import sys\nsys.exit()\n", "line 2: SystemExit: it ended the program"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_file_that_cannot_be_loaded_is_named_with_its_line(
    my_nodes: Path, paintgraph: Paintgraph, fault: str
) -> None:
    text, why = BROKEN[fault]
    my_nodes.write_text(text)
    named = why if "Annotate" in why else why.rstrip(".")

    with pytest.raises(front.Error) as error:
        front.run(GRAPH, nodes=["my_nodes.py"], image="photo.png")
    told = paintgraph("nodes", "--nodes", "my_nodes.py")

    assert error.value.code == "bad_nodes"
    assert f"my_nodes.py, {named.split(': ')[0]}: " in str(error.value)
    assert named.removesuffix(".") in str(error.value)
    assert told.code == 1
    assert str(error.value) in told.stderr


def test_nodes_that_are_not_there_are_named(folder: Path) -> None:
    (folder / "empty.py").write_text("")
    (folder / "twice.py").write_text(NODES.replace("count_pixels", "load_image"))

    for nodes, message in (
        ("none.py", "there is no file 'none.py'"),
        ("no_such_module", "'no_such_module' cannot be loaded: ModuleNotFoundError"),
        ("empty.py", "'empty.py' declares no node"),
        ("twice.py", "node 'LoadImage' of .* is already declared in"),
    ):
        with pytest.raises(front.Error, match=message) as error:
            front.session(nodes=nodes)
        assert error.value.code == "bad_nodes"


def test_an_edited_node_is_computed_again(photo: Path, my_nodes: Path) -> None:
    first = front.run(GRAPH, nodes="my_nodes.py", image=photo)
    my_nodes.write_text(NODES.replace("image + (1 - image) * by", "image * 0"))

    again = front.run(GRAPH, nodes="my_nodes.py", image=photo)

    assert first.array.min() == 1
    assert again.array.max() == 0


def test_a_node_that_raises_is_named_with_its_line(photo: Path, my_nodes: Path) -> None:
    text = NODES.replace("image + (1 - image) * by", "image.reshape(7)")
    my_nodes.write_text(text)
    [line] = [n for n, each in enumerate(text.splitlines(), start=1) if "image.reshape" in each]

    with pytest.raises(front.Error, match=r"node 'bright' .*: ValueError: ") as error:
        front.run(GRAPH, nodes="my_nodes.py", image=photo)

    assert error.value.code == "node_failed"
    assert str(error.value).endswith(f" (my_nodes.py, line {line})")


def test_a_server_with_broken_nodes_says_so_and_ends(my_nodes: Path, tmp_path: Path) -> None:
    my_nodes.write_text("x = (\n")
    command = (sys.executable, "-m", "paintgraph.cli", "serve", "--port", "0")

    done = subprocess.run(
        (*command, "--nodes", str(my_nodes), "--data-dir", str(tmp_path / "data")),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=dict(os.environ),
    )

    assert done.returncode == 1
    assert "my_nodes.py, line 1: SyntaxError" in done.stderr
    assert "[bad_nodes]" in done.stderr
