"""Where control groups can be made, the system holds each worker to its memory."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from paintgraph.base import control_groups
from paintgraph.tests.api.hostile.processes import SMALL_NODES, running, wait_for

MIB = 1 << 20


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that look as the group of this process would, alone in it."""
    unit = tmp_path / "unit"
    unit.mkdir()
    (tmp_path / "own").write_text("3:cpu:/x\n0::/unit\n")
    (unit / "cgroup.controllers").write_text("cpu memory\n")
    (unit / "cgroup.subtree_control").write_text("\n")
    monkeypatch.setattr(control_groups, "_ROOT", tmp_path)
    monkeypatch.setattr(control_groups, "_OWN", tmp_path / "own")
    return unit


def test_a_worker_has_a_group_with_a_bound_beside_that_of_its_server(
    unit: Path, tmp_path: Path
) -> None:
    with control_groups.apart():
        own = unit / f"paintgraph-server-{os.getpid()}"
        assert (own / "cgroup.procs").read_text() == str(os.getpid())
        assert (unit / "cgroup.subtree_control").read_text() == "+memory"
        (own / "cgroup.controllers").write_text("memory")
        (tmp_path / "own").write_text(f"0::/unit/{own.name}\n")

        assert control_groups.bounded(77, 0) is None
        group = control_groups.bounded(77, 5 * MIB)

    assert group is not None
    folder = unit / "paintgraph-worker-77"
    said = {file.name: file.read_text() for file in folder.iterdir()}
    assert said == {
        "memory.max": str(5 * MIB),
        "memory.oom.group": "1",
        "memory.swap.max": "0",
        "cgroup.procs": "77",
    }
    (folder / "memory.events").write_text("low 0\noom 0\noom_kill 0\n")
    assert not group.has_run_out
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.has_run_out
    assert (unit / "cgroup.procs").read_text() == str(os.getpid())
    assert (unit / "cgroup.subtree_control").read_text() == "-memory"


def test_elsewhere_nothing_is_bounded(unit: Path) -> None:
    assert control_groups.bounded(77, MIB) is None  # nobody set this process apart
    (unit / "cgroup.controllers").write_text("cpu\n")
    with control_groups.apart():
        assert control_groups.bounded(77, MIB) is None

    assert sorted(file.name for file in unit.iterdir()) == [
        "cgroup.controllers",
        "cgroup.subtree_control",
    ]


@pytest.fixture
def real_unit() -> Iterator[Path]:
    """A real group for one server."""
    unit = Path(f"/sys/fs/cgroup/paintgraph-test-{os.getpid()}")
    try:
        unit.mkdir()
    except OSError:
        pytest.skip("needs to be allowed to make control groups")
    try:
        if "memory" not in (unit / "cgroup.controllers").read_text().split():
            pytest.skip("needs control groups of version 2 that look after memory")
        yield unit
        wait_for(lambda: not (unit / "cgroup.procs").read_text(), "the server has left")
    except FileNotFoundError:
        pytest.skip("needs control groups of version 2")
    finally:
        with suppress(OSError):
            unit.rmdir()


def test_the_system_ends_a_worker_that_takes_more(real_unit: Path, tmp_path: Path) -> None:
    def inside(command: list[str]) -> list[str]:
        enter = f'echo $$ > {real_unit}/cgroup.procs; exec "$@"'
        return ["/bin/sh", "-c", enter, "sh", *command]

    with running(tmp_path / "data", SMALL_NODES, wrap=inside, worker_bytes=250 * MIB) as server:
        server.until_ready()
        bounds = [
            (real_unit / f"paintgraph-worker-{pid}" / "memory.max").read_text().strip()
            for pid in server.workers()
        ]
        taking = {"nodes": {"t": {"node": "TakeMemory", "count": 600}}}
        job = server.ended(server.submit(taking))
        server.end()

        assert bounds == [str(250 * MIB)] * 2
        assert [problem["code"] for problem in job["problems"]] == ["out_of_memory"]
        assert [path for path in real_unit.iterdir() if path.is_dir()] == []
