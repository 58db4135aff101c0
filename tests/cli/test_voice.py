"""How much the program says: faults alone, what it does, every step; never what libraries say."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from paintgraph.base.packages import installed_version
from paintgraph.cli.app import app
from paintgraph.cli.progress import Watcher
from paintgraph.cli.voice import set_loudness
from paintgraph.engine.node.events import NodeFinished, NodeStarted, Origin, Progress
from paintgraph.tests.cli.conftest import WIDER, Paintgraph

NOISY = """
import logging
import warnings

import paintgraph
from paintgraph import Image
from tqdm import tqdm


@paintgraph.node(title="Noisy", category="test")
def noisy(image: Image, by: float) -> Image:
    "Uses libraries that say much."
    scale = 1 / by
    warnings.warn("warned by a library")
    logging.getLogger("library").warning("logged by a library")
    logging.getLogger("library").debug("of no interest to most")
    for _ in tqdm(range(3), desc="drawn by a library"):
        image = image * scale
    return image
"""
RECIPE = """
inputs:
  image: {type: image}
  by: {type: float, default: 2}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  loud: {node: Noisy, image: "${photo.image}", by: "${inputs.by}"}
outputs:
  image: "${loud.image}"
"""


@pytest.fixture
def noisy(folder: Path, photo: Path) -> tuple[str, ...]:
    (folder / "own.py").write_text(NOISY)
    (folder / "loud.yaml").write_text(RECIPE)
    return ("run", "loud.yaml", str(photo), "--nodes", "own.py", "-o", "out.png")


def _commands(group: Any, *above: str) -> list[tuple[str, ...]]:
    """The words of each command."""
    found: list[tuple[str, ...]] = [above]
    for name, each in group.commands.items():
        is_group = isinstance(each, typer.core.TyperGroup)
        found += _commands(each, *above, name) if is_group else [(*above, name)]
    return found


COMMANDS = _commands(typer.main.get_command(app))


@pytest.mark.parametrize("words", COMMANDS, ids="-".join)
def test_every_command_has_help_by_both_names(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.delenv("COLUMNS")
    short, long = paintgraph(*words, "-h"), paintgraph(*words, "--help")

    assert (short.code, short.text) == (0, long.text)
    assert max(map(len, short.text.splitlines())) <= 80
    assert "--quiet" in short.text or words in [
        (),
        ("models",),
        ("jobs",),
        ("keys",),
        ("cluster",),
        ("serve",),
        ("agent",),
    ]


def test_the_version_is_told(paintgraph: Paintgraph) -> None:
    answer = paintgraph("--version")

    assert (answer.code, answer.text) == (0, f"paintgraph {installed_version('paintgraph')}\n")


def test_a_quiet_run_says_nothing_but_faults(
    paintgraph: Paintgraph, photo: Path, noisy: tuple[str, ...]
) -> None:
    fine = paintgraph("run", "outpaint", str(photo), *WIDER, "-o", "out.jpg", "-q")
    many = paintgraph("run", "outpaint", str(photo), *WIDER, "-o", "wide/{stem}.png", "--quiet")
    wrong = paintgraph(*noisy, "--by", "0", "-q")

    assert (fine.code, fine.stdout, fine.stderr) == (0, b"", "")
    assert (many.code, many.stdout, many.stderr) == (0, b"", "")
    assert Path("out.jpg").exists()
    assert Path("wide/photo.png").exists()
    assert wrong.code == 1
    assert wrong.stderr == (
        "node 'loud' (Noisy): ZeroDivisionError: float division by zero (own.py, line 13) "
        "[node_failed]\n"
    )


def test_a_failed_node_takes_two_lines_and_its_inputs_are_shown_on_demand(
    paintgraph: Paintgraph, noisy: tuple[str, ...]
) -> None:
    short = paintgraph(*noisy, "--by", "0")
    long = paintgraph(*noisy, "--by", "0", "--debug")

    fault, last = short.stderr.splitlines()
    assert fault.endswith("[node_failed]")
    assert re.fullmatch(r"failed in [0-9.]+ s", last)
    assert "  given: image: float32[1, 12, 16, 3], by: 0.0\n" in long.stderr
    assert "Traceback (most recent call last):" in long.stderr


def test_steps_are_told_on_demand(paintgraph: Paintgraph, photo: Path) -> None:
    few = paintgraph("run", "outpaint", str(photo), *WIDER, "-o", "out.png")
    each = paintgraph("run", "outpaint", str(photo), *WIDER, "-o", "out.png", "-v")

    assert "photo (LoadImage)" not in few.stderr
    assert re.search(r"^photo \(LoadImage\): [0-9.]+ s, computed$", each.stderr, re.MULTILINE)


def test_libraries_are_not_heard_unless_all_that_is_logged_is_wanted(
    process: Paintgraph, noisy: tuple[str, ...]
) -> None:
    usual = process(*noisy)
    all_ = process(*noisy, "-vv", "--fresh")  # a slow machine keeps the node's result

    assert usual.code == 0
    *_, result, last = usual.stderr.splitlines()  # before them a slow machine tells what takes long
    assert "a library" not in usual.stderr
    assert "of no interest to most" not in usual.stderr
    assert result == "image: out.png (16x12 px)"
    assert last.startswith("succeeded in ")
    assert "logged by a library" in all_.stderr
    assert "of no interest to most" in all_.stderr
    assert "warned by a library" in all_.stderr


def test_what_parts_of_ours_log_is_told(
    paintgraph: Paintgraph, capsys: pytest.CaptureFixture[str]
) -> None:
    paintgraph("recipes", "outpaint")
    logging.getLogger("paintgraph.engine").warning("a result is damaged")
    paintgraph("recipes", "outpaint", "-q")
    logging.getLogger("paintgraph.engine").warning("another one, too")

    assert capsys.readouterr().err == "warning: a result is damaged\n"


def test_a_terminal_shows_one_bar_with_per_cent_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    set_loudness(0, quiet=False)
    first, second = (Origin(name, "Paint", name, None, name) for name in ("first", "second"))
    with Watcher(quiet=False) as watcher:
        shown = watcher._bars
        assert shown is not None
        watcher.listen(NodeStarted(first, elements=2))
        watcher.listen(NodeStarted(second, elements=1))
        watcher.listen(Progress(first, element=1, done=1, total=2))
        shown.progress.refresh()
        before = capsys.readouterr().err
        watcher.listen(NodeFinished(first, "computed", 0.1, 0))
        watcher.listen(Progress(second, element=0, done=1, total=4))
        shown.progress.refresh()
        after = capsys.readouterr().err

    assert "first (Paint)" in before
    assert "75 %" in before
    assert "second" not in before
    assert "second (Paint)" in after
    assert "25 %" in after


def test_no_bar_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    node = Origin("a", "Paint", "a", None, "a")
    with Watcher(quiet=False) as watcher:
        watcher.listen(NodeStarted(node, elements=1))
        watcher.listen(Progress(node, element=0, done=1, total=2))

    assert capsys.readouterr().err == ""
