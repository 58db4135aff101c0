"""The program as a real process: signals, full disks, pipes, what it loads at start."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paintgraph.tests.cli.conftest import ROOT, Paintgraph, png, samples, start

HEAVY = ("torch", "onnxruntime", "numba", "cv2", "networkx", "numpy", "PIL", "aiohttp", "engine")
PATIENCE = 60  # seconds


def _wait_for(there: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not there() and time.monotonic() < end:
        time.sleep(0.02)
    return there()


def _helpers(data: Path) -> list[int]:
    """Helper processes of the program that keeps its results in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
            surroundings = (entry / "environ").read_bytes()
        except (OSError, ValueError):
            continue
        if b"patchmatch.worker" in words and os.fsencode(data) in surroundings:
            found.append(int(entry.name))
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def painting(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    """A run in the middle of painting, which takes seconds."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to see the helper process")
    (folder / "large.png").write_bytes(png(samples(900, 900)))
    program = start(
        *("run", "outpaint", "--image", "large.png", "--fraction", "0.9"),
        *("--engine", "patchmatch", "-o", "out.png"),
    )
    assert _wait_for(lambda: bool(_helpers(data)) or program.poll() is not None)
    time.sleep(0.5)
    assert program.poll() is None, program.communicate()
    return program


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_run_cleanly(
    painting: subprocess.Popen[bytes], folder: Path, data: Path, number: signal.Signals
) -> None:
    painting.send_signal(number)
    stdout, stderr = painting.communicate(timeout=PATIENCE)

    assert painting.returncode == 1
    assert stdout == b""
    assert b"cancelled in" in stderr
    assert b"Traceback" not in stderr
    assert [path.name for path in folder.iterdir()] == ["large.png"]
    assert _wait_for(lambda: _helpers(data) == [])


@pytest.mark.slow
def test_a_killed_program_leaves_no_helper_and_nothing_that_disturbs_the_next_run(
    painting: subprocess.Popen[bytes], folder: Path, data: Path, process: Paintgraph
) -> None:
    painting.kill()
    painting.communicate()

    assert _wait_for(lambda: _helpers(data) == [])
    assert list(data.rglob("*.part")) == []
    (folder / "small.png").write_bytes(png(samples()))
    assert process("run", "outpaint", "--image", "small.png", "-o", "out.png").code == 0


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="looks at Linux's /proc")
def test_an_interrupt_before_the_run_is_told_without_traceback(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with start("run", "pipe") as program:
        writer = _open_when_read(folder / "pipe")
        _wait_until_it_reads(program.pid)
        program.send_signal(signal.SIGINT)
        _, stderr = program.communicate(timeout=PATIENCE)
    os.close(writer)

    assert program.returncode == 1
    assert stderr == b"pipe: interrupted before the end. Run it again. [cancelled]\n"


def _wait_until_it_reads(pid: int) -> None:
    """A signal between opening and reading would not wake the read.

    Some kernels do not tell where a process waits; there a second has to do.
    """
    end = time.monotonic() + 1
    where = Path(f"/proc/{pid}/wchan")
    while "pipe_read" not in where.read_text(encoding="utf-8") and time.monotonic() < end:
        time.sleep(0.02)


def _open_when_read(pipe: Path) -> int:
    """The writing end of a pipe, as soon as somebody reads it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > end:
                raise
        time.sleep(0.02)


def test_graphs_and_pictures_may_come_through_pipes(folder: Path, photo: Path) -> None:
    os.mkfifo(folder / "pipe")
    with start(
        "run", "outpaint", "--image", "pipe", "--engine", "telea", "-o", "out.png"
    ) as program:
        (folder / "pipe").write_bytes(photo.read_bytes())
        _, stderr = program.communicate(timeout=PATIENCE)

    assert program.returncode == 0, stderr
    assert (folder / "out.png").exists()


def test_a_file_that_grows_too_large_leaves_the_old_one_and_the_next_run_goes_on(
    process: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "out.png").write_bytes(b"old")
    words = ("run", "outpaint", "--image", str(photo), "--engine", "patchmatch", "-o", "out.png")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2, resource.RLIM_INFINITY))

    failed = process(*words, preexec_fn=limit)

    assert failed.code == 1
    assert "outpaint: 'out.png' cannot be written: File too large." in failed.stderr
    assert "[cannot_write]" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["out.png", photo.name]
    assert (folder / "out.png").read_bytes() == b"old"
    assert process(*words).code == 0
    assert (folder / "out.png").read_bytes() != b"old"


def _mounted(folder: Path) -> bool:
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not Path(mount[0]).exists():
        return False
    return subprocess.run(mount, check=False, capture_output=True).returncode == 0


def test_a_full_disk_is_told_and_the_kept_result_written_once_there_is_room(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if not _mounted(disk):
        pytest.skip("needs to be root and allowed to mount a small file system")
    try:
        (disk / "out.png").write_bytes(b"old")
        filler = disk / "filler"
        filler.write_bytes(b"x" * 60 * 1024)
        # What is painted in a moment is not kept; PatchMatch starts a process.
        engine = ("--engine", "patchmatch")
        words = ("run", "outpaint", "--image", str(photo), *engine, "--sides", "left", "--profile")

        failed = paintgraph(*words, "-o", "disk/out.png")
        left = sorted(path.name for path in disk.iterdir())
        old = (disk / "out.png").read_bytes()
        filler.unlink()
        again = paintgraph(*words, "-o", "disk/out.png")
    finally:
        subprocess.run(["/bin/umount", str(disk)], check=True)

    assert failed.code == 1
    assert "'disk/out.png' cannot be written: No space left on device. Free space" in failed.stderr
    assert "Finished results are kept, so the next run goes on from them." in failed.stderr
    assert (left, old) == (["filler", "out.png"], b"old")
    assert again.code == 0
    assert "cached" in again.stderr


def test_a_data_folder_that_cannot_be_made_is_told_with_the_cure(
    paintgraph: Paintgraph, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_DATA_DIR", f"{photo}/data")

    answer = paintgraph("run", "outpaint", "--image", str(photo))

    assert answer.code == 1
    assert "cannot be used: Not a directory. Set PAINTGRAPH_DATA_DIR to a folder" in answer.stderr
    assert "[no_data_folder]" in answer.stderr
    assert paintgraph("recipes").code == 0
    assert paintgraph("validate", "outpaint").code == 0


def test_an_output_folder_that_is_a_file_is_told(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "save.yaml").write_text(
        f"nodes: {{p: {{node: LoadImage, image: {photo.name}}}, "
        's: {node: SaveImage, images: "${p.image}"}}'
    )

    answer = paintgraph("run", "save.yaml", "--output-dir", photo.name)

    assert answer.code == 1
    assert "cannot be written: Not a directory." in answer.stderr


def test_a_reader_that_has_enough_is_no_fault() -> None:
    with start("nodes", "--json") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        stderr = program.stderr.read()

    assert stderr == b""


def test_a_traceback_comes_with_debug_only(process: Paintgraph) -> None:
    plain = process("run", "nope")
    debug = process("run", "nope", "--debug")

    assert (plain.code, debug.code) == (2, 2)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
    assert debug.stderr.endswith(plain.stderr)


def test_a_fault_of_our_own_says_so_and_shows_its_place_with_debug(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr("paintgraph.cli.checking.read_source", broken)

    plain = paintgraph("validate", "outpaint")
    debug = paintgraph("validate", "outpaint", "--debug")

    assert (plain.code, debug.code) == (1, 1)
    assert plain.stderr == (
        "validate: KeyError: 'inside'; this is a fault of paintgraph. "
        "Report what --debug prints. [internal_error]\n"
    )
    assert "Traceback" in debug.stderr


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["explain", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    heavy = _loaded(words, HEAVY)

    assert heavy == []


def test_the_list_of_commands_loads_no_pydantic_either() -> None:
    """Typer itself loads it to read a command's options."""
    assert _loaded(["--help"], ("pydantic",)) == []


def test_no_command_loads_the_libraries_that_only_some_nodes_need() -> None:
    assert _loaded(["nodes"], ("torch", "onnxruntime", "numba", "patchmatch")) == []


def _loaded(words: list[str], names: tuple[str, ...]) -> list[str]:
    """Which of some modules a command loads in a process of its own."""
    code = (
        "import sys\n"
        "from paintgraph.cli.app import app\n"
        f"app({words!r}, standalone_mode=False)\n"
        f"print(*sorted(set({names!r}).intersection(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=PATIENCE)
    return done.stderr.decode().splitlines()[-1].split()
