"""Sessions: what stays between runs, many pictures, several threads; and bars."""

import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paintgraph as front
from paintgraph.tests.cli.conftest import samples
from paintgraph.tests.tiny_erasers import lama, place

CALLS: list[int] = []


@front.node(title="Count calls")
def counted(image: front.Image) -> front.Image:
    """Give the picture back, and note that it did."""
    CALLS.append(1)
    return image


@front.node(title="Name threads", volatile=True)
def meet(context: front.Context, image: front.Image) -> front.Image:
    """Give the picture back in some steps."""
    for step in range(3):
        context.progress(step, 3)
    return image


def graph(kind: str) -> dict[str, Any]:
    return {
        "inputs": {"image": {"type": "image"}},
        "nodes": {
            "photo": {"node": "LoadImage", "image": "${inputs.image}"},
            "own": {"node": kind, "image": "${photo.image}"},
        },
        "outputs": {"image": "${own.image}"},
    }


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def test_a_session_computes_nothing_twice(photo: Path) -> None:
    with front.session(nodes=[counted]) as session:
        first = session.run(graph("Counted"), image=photo)
        again = session.run(graph("Counted"), image=photo)

    assert len(CALLS) == 1
    assert np.array_equal(first.array, again.array)


def test_a_fresh_session_computes_everything(photo: Path) -> None:
    with front.session(nodes=[counted], fresh=True) as session:
        for _ in range(2):
            session.run(graph("Counted"), image=photo)

    assert len(CALLS) == 2


def test_a_closed_session_says_so(photo: Path) -> None:
    session = front.session()
    session.close()
    session.close()

    with pytest.raises(front.Error, match="the session is closed") as error:
        session.run("outpaint", image=photo)
    assert error.value.code == "closed"


@pytest.mark.parametrize("use", ["run", "close"])
def test_a_progress_callback_that_uses_its_session_fails_at_once(photo: Path, use: str) -> None:
    """It would wait for the run that waits for it."""
    codes = []
    session = front.session(nodes=[meet])  # closing it would wait as well

    def callback(_: front.Progress) -> None:
        session.close() if use == "close" else session.run("outpaint", image=photo)

    def work() -> None:
        with pytest.raises(front.Error) as error:
            session.run(graph("Meet"), image=photo, progress=callback)
        codes.append(error.value.code)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)

    assert codes == ["busy"]
    assert session.run(graph("Meet"), image=photo).image.size == (16, 12)
    session.close()


def test_folders_may_be_named(photo: Path, tmp_path: Path) -> None:
    data = tmp_path / "elsewhere"
    (data / "recipes").mkdir(parents=True)
    (data / "recipes" / "mine.yaml").write_text(
        'inputs: {image: {type: image}}\nnodes:\n  a: {node: LoadImage, image: "${inputs.image}"}\n'
        'outputs: {image: "${a.image}"}\n'
    )

    with front.session(data_dir=data, models_dir=tmp_path / "none") as session:
        assert session.run("mine", image=photo).image.size == (16, 12)
        with pytest.raises(front.Error, match=r"model 'lama' .*is not on this machine"):
            session.run("inpaint", image=photo, mask=photo, engine="lama")
    place(tmp_path / "models", {"lama": lama()})
    with front.session(data_dir=data, models_dir=tmp_path / "models") as session:
        painted = session.run("inpaint", image=photo, mask=photo, engine="lama")
    assert painted.image.size == (16, 12)


def test_map_reads_one_picture_at_a_time(recipe: Path) -> None:
    read: list[int] = []

    def pictures() -> Iterator[Any]:
        for number in range(3):
            read.append(number)
            yield samples(seed=number)

    with front.session() as session:
        results = session.map(recipe, pictures(), words=["x"])
        first = next(results)
        assert read == [0]
        rest = list(results)

    assert [np.asarray(result.image).tolist() for result in (first, *rest)] == [
        samples(seed=number).tolist() for number in range(3)
    ]
    assert first["words"] == ["x"]


def test_pictures_given_as_data_leave_no_files(recipe: Path, tmp_path: Path) -> None:
    with front.session() as session:
        for number in range(3):
            session.run(recipe, image=samples(seed=number))

    assert [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()] == []


def test_threads_may_share_a_session(photo: Path) -> None:
    results: list[front.Result] = []
    with front.session(nodes=[meet]) as session:
        threads = [
            threading.Thread(target=lambda: results.append(session.run(graph("Meet"), image=photo)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [np.asarray(result.image).tolist() for result in results] == [samples().tolist()] * 4


def test_a_terminal_shows_a_bar(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal

    front.run(graph("Meet"), nodes=[meet], image=photo, progress=True)

    shown = capfd.readouterr()
    assert "100%" in shown.err
    assert shown.out == ""


def test_a_notebook_shows_a_bar_that_needs_no_widgets(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    display = types.ModuleType("IPython.display")

    class Handle:
        def update(self, html: str) -> None:
            shown.append(html)

    def show(html: str, *, display_id: bool) -> Handle:
        assert display_id
        shown.append(html)
        return Handle()

    display.HTML = str  # type: ignore[attr-defined]
    display.display = show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)

    front.run(graph("Meet"), nodes=[meet], image=photo, progress=True)

    assert shown[0] == '<progress value="0.000" max="1"></progress> starting'
    assert shown[-1] == '<progress value="1.000" max="1"></progress> done'
    assert any(" own" in html for html in shown)
