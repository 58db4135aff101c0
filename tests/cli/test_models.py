"""`paintgraph models` as its user meets it: a whole flow, interruptions, machines, offline."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from paintgraph.tests.cli.conftest import Answer, Paintgraph, start
from paintgraph.tests.models import tiny_upscalers
from paintgraph.tests.models.model_server import (
    PAGE,
    Handler,
    Serving,
    broken_after,
    model_bytes,
    model_server,
    sha,
    stalled_after,
    status,
)
from paintgraph.tests.nodes.bench import noise, png, samples_of

DATA = model_bytes(600_000)
PATIENCE = 60


@pytest.fixture
def server() -> Iterator[Serving]:
    with model_server() as serving:
        serving.files["/m.onnx"] = DATA
        yield serving


@pytest.fixture(autouse=True)
def models(tmp_path: Path, server: Serving, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder, with one model of the user's own; gives where its file belongs."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("U2NET_HOME", "XDG_DATA_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("PAINTGRAPH_MODELS_DIR", str(folder))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "rembg"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    (folder / "models.yaml").write_text(
        f"mine:\n  family: rembg\n  about: My own.\n  files:\n    - path: m.onnx\n"
        f"      url: {server.url}/m.onnx\n      digests: ['{sha(DATA)}']\n"
        f"  licence: {{name: MIT, commercial: free}}\n"
    )
    return tmp_path / "rembg" / "models" / "mine" / "m.onnx"


def test_a_model_from_pull_to_remove(process: Paintgraph, models: Path, server: Serving) -> None:
    listed = process("models", "list")
    assert listed.code == 0
    assert any(row.split()[:3] == ["mine", "rembg", "missing"] for row in listed.text.splitlines())

    pulled = process("models", "pull", "mine")
    assert (pulled.code, pulled.text) == (0, "")
    assert f"mine: present, in {models.parent}\n" in pulled.stderr
    assert models.read_bytes() == DATA

    assert process("models", "verify").text == "mine: present\n"
    info = process("models", "info", "mine").text
    for words in (str(models.parent), f"accepted: {sha(DATA)}", "licence MIT", server.url):
        assert words in info
    models.write_bytes(PAGE)

    damaged = process("models", "verify", "mine")
    assert damaged.code == 1
    assert damaged.text == (
        "mine: damaged: 'm.onnx': it is a web page (HTML), not a model. "
        "Get it with: paintgraph models pull mine\n"
    )

    assert process("models", "pull", "mine").code == 0
    assert process("models", "verify", "mine").code == 0
    removed = process("models", "remove", "mine")
    assert (removed.code, removed.text) == (0, "mine: removed, 600 kB freed\n")
    assert process("models", "verify").text == "there are no models on this machine\n"


def part_of(file: Path, least: int) -> Path:
    """The part file once it has so many bytes."""
    part = file.with_name(f".{file.name}.part")
    end = time.monotonic() + PATIENCE
    while not part.exists() or part.stat().st_size < least:
        assert time.monotonic() < end
        time.sleep(0.02)
    return part


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_pull_goes_on(
    process: Paintgraph, models: Path, server: Serving, number: signal.Signals
) -> None:
    server.acts = [stalled_after(250_000)]
    with start("models", "pull", "mine") as program:
        part_of(models, 250_000)
        program.send_signal(number)
        _, stderr = program.communicate(timeout=PATIENCE)
    assert program.returncode != 0
    assert b"Traceback" not in stderr
    assert not models.exists()

    assert process("models", "pull", "mine").code == 0

    assert models.read_bytes() == DATA
    assert server.ranges == [None, "bytes=250000-"]


def test_two_programs_at_once_fetch_it_once(models: Path, server: Serving) -> None:
    server.acts = [stalled_after(100_000)]
    with start("models", "pull", "mine") as first:
        part_of(models, 100_000)
        with start("models", "pull", "mine") as second:
            assert second.stderr is not None
            assert b"waiting" in second.stderr.readline()
            first.kill()
            second.communicate(timeout=PATIENCE)
    assert second.returncode == 0
    assert models.read_bytes() == DATA
    assert server.ranges == [None, "bytes=100000-"]


def test_what_fails_does_not_keep_others_from_coming(paintgraph: Paintgraph) -> None:
    answer = paintgraph("models", "pull", "lama", "mine", "--json")

    assert answer.code == 1
    lama, mine = answer.json
    assert (lama["state"], lama["failure"]["code"]) == ("missing", "missing_model")
    assert (mine["state"], mine["verified"], "failure" in mine) == ("present", True, False)


def test_a_refusal_is_one_line_with_its_cure(paintgraph: Paintgraph, server: Serving) -> None:
    server.acts = [status(404)]

    answer = paintgraph("models", "pull", "mine")

    assert answer.code == 1
    assert answer.stderr == (
        f"'m.onnx' cannot be fetched from {server.url}/m.onnx: the server answers 404 Not Found. "
        "The file is not there any more: look for a newer paintgraph, or a mirror. "
        "[download_failed]\n"
    )


def test_on_a_terminal_a_bar_shows_speed_and_time_left(server: Serving, models: Path) -> None:
    def slowly(handler: Handler, _: Serving) -> None:
        handler.head(200, Content_Length=len(DATA))
        for at in range(0, len(DATA), 30_000):
            handler.wfile.write(DATA[at : at + 30_000])
            time.sleep(0.05)

    server.acts = [slowly]
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [*_PROGRAM, "models", "pull", "mine"],
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        cwd=_ROOT,
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)

    assert program.wait(PATIENCE) == 0
    assert b"m.onnx" in shown
    assert b"kB/s" in shown
    assert b"600/600 kB" in shown or b"600.0/600.0 kB" in shown
    assert models.read_bytes() == DATA


def test_unknown_names_are_usage_errors_with_the_nearest(paintgraph: Paintgraph) -> None:
    for command in ("info", "pull", "verify", "remove"):
        answer = paintgraph("models", command, "isnet-general")
        assert answer.code == 2
        assert "Did you mean 'isnet-general-use'?" in answer.stderr


def test_files_that_are_there_and_not_loaded_are_listed_with_the_reason(
    paintgraph: Paintgraph, tmp_path: Path
) -> None:
    for place in ("checkpoints/old.ckpt", "lora/ink.pt", "vae/cut.safetensors"):
        file = tmp_path / "models" / place
        file.parent.mkdir(parents=True)
        file.write_bytes(DATA)
    listed = paintgraph("models", "list").text
    told = {row["name"]: row["unusable"] for row in paintgraph("models", "list", "--json").json}

    states = {words[0]: words[2] for line in listed.splitlines() if len(words := line.split()) > 4}
    assert {states[name] for name in ("old.ckpt", "ink", "cut")} == {"unusable"}
    assert told["old.ckpt"].startswith("'old.ckpt' is a pickle, which may run code; only .safe")
    assert "pickle" in told["ink"]
    assert told["cut"]
    assert told["mine"] == told["bria-rmbg"] == ""
    assert f"not loaded: {told['old.ckpt']}" in paintgraph("models", "info", "old.ckpt").text
    found = {row["what"]: row["found"] for row in paintgraph("doctor", "--json").json}
    assert found["model old.ckpt"] == f"not loaded: {told['old.ckpt']}"
    assert "old.ckpt" not in found["models present"]


def test_machines_get_json(paintgraph: Paintgraph, models: Path) -> None:
    listed = {row["name"]: row for row in paintgraph("models", "list", "--json").json}
    assert listed["bria-rmbg"]["licence"]["commercial"] == "paid"
    assert listed["mine"]["command"] == "paintgraph models pull mine"
    assert listed["lama"]["command"] is None
    assert paintgraph("models", "info", "mine", "--json").json["folder"] == str(models.parent)
    places = paintgraph("models", "where", "--json").json
    assert places["rembg"] == str(models.parents[1])


def test_offline_pulls_nothing(process: Paintgraph, server: Serving) -> None:
    for words in (("--offline",), ()):
        environ = {} if words else {"HF_HUB_OFFLINE": "1"}
        answer = _with(environ, process, "models", "pull", "mine", *words)
        assert answer.code == 1
        assert answer.stderr.endswith("[offline]\n")
    assert server.asked == []


def test_a_broken_catalogue_is_told_with_its_place(paintgraph: Paintgraph, tmp_path: Path) -> None:
    file = tmp_path / "models" / "models.yaml"
    file.write_text("mine:\n  family: rembgg\n")

    answer = paintgraph("models", "list")

    assert answer.code == 1
    assert f"{file}:2:3: model 'mine', 'family': " in answer.stderr


def test_lines_tell_of_progress_where_there_is_no_terminal(
    paintgraph: Paintgraph, server: Serving
) -> None:
    server.acts = [broken_after(300_000)]

    stderr = paintgraph("models", "pull", "mine").stderr

    assert "mine: 'm.onnx': the connection broke off; going on at 300 kB in 1 s\n" in stderr
    assert "m.onnx: 600 kB of 600 kB" in stderr


def test_doctor_tells_of_models(paintgraph: Paintgraph, models: Path) -> None:
    assert paintgraph("models", "pull", "mine").code == 0
    found = {row["what"]: row for row in paintgraph("doctor", "--json").json}
    assert found["models present"]["found"].startswith("1 of ")
    models.write_bytes(b"")

    answer = paintgraph("doctor", "--json")

    found = {row["what"]: row for row in answer.json}
    assert answer.code == 1
    assert found["model mine"]["fault"]
    assert "paintgraph models pull mine" in found["model mine"]["found"]


def _with(environ: dict[str, str], process: Paintgraph, *words: str) -> Answer:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        return process(*words)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the program has ended
        return b""


_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (sys.executable, "-m", "paintgraph.cli")


def test_an_upscaler_that_was_put_into_its_folder_enlarges(
    process: Paintgraph, tmp_path: Path, folder: Path
) -> None:
    """The whole way on the command line, alpha and 16 bits included."""
    tiny_upscalers.put(
        tmp_path / "models/upscale_models/2x Own.pth",
        tiny_upscalers.tensors(tiny_upscalers.nearest),
    )
    samples = noise(6, 5, 4, depth=16)
    samples[..., 3] = 65535
    (folder / "photo.png").write_bytes(png(samples))

    done = process(
        *("run", "upscale", "--image", "photo.png", "--model", "2x Own.pth", "-o", "large.png")
    )
    sized = process(
        *("run", "upscale", "--image", "photo.png", "--model", "2x-Own.pth"),
        *("--width", "4", "-o", "small.png"),
    )

    assert (done.code, sized.code) == (0, 0), done.stderr + sized.stderr
    large = samples_of((folder / "large.png").read_bytes())
    assert np.array_equal(large, samples.repeat(2, 0).repeat(2, 1))
    assert samples_of((folder / "small.png").read_bytes()).shape == (5, 4, 4)
