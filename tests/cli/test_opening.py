"""`paintgraph open` puts a graph where the page of the running server loads it, or starts one."""

import json
import os
import signal
import socket
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, PngImagePlugin
from pydantic import SecretStr

from paintgraph.cli import browsers, in_editor
from paintgraph.jobs.store.folder_lock import Server, announce, find_server
from paintgraph.tests.api.serving import Served, run_recipe, serving
from paintgraph.tests.cli.conftest import Answer, Paintgraph, png, samples, start

UNKNOWN = '{"1": {"class_type": "Nobodys", "inputs": {"a": 1}}}'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html>")
    return folder


@pytest.fixture(scope="module")
def server(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running server that has told where it is."""
    with serving(tmp_path_factory.mktemp("data"), front_end_root=built) as served:
        announce(served.data, Server(os.getpid(), served.url, has_editor=True))
        yield served


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to show, on a machine with a screen."""
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    monkeypatch.setattr(browsers, "has_display", lambda: True)
    return shown


def loaded(server: Served, answer: Answer) -> Any:
    """The workflow that the page loads for the address that was printed."""
    assert answer.code == 0, answer.stderr
    address = answer.text.strip()
    assert address.startswith(f"{server.url}/editor/?graph=")
    (reference,) = parse_qs(urlsplit(address).query)["graph"]
    kind = "blobs" if reference.startswith("sha256:") else "jobs"
    found = server.call("GET", f"/editor/graphs/{kind}/{reference}")
    assert found.status == 200, found.body
    return found.json


def values(workflow: Any, kind: str) -> list[Any]:
    found: list[Any] = next(n["widgets_values"] for n in workflow["nodes"] if n["type"] == kind)
    return found


def test_a_recipe_opens_with_the_options_that_are_given(
    paintgraph: Paintgraph, server: Served, photo: Path, browser: list[str]
) -> None:
    options = ("--image", str(photo), "--box", "1,2,3,4", "--data-dir", str(server.data))

    answer = paintgraph("open", "erase_object", *options)

    workflow = loaded(server, answer)
    reference = values(workflow, "LoadImage")[0]
    shown = server.call("GET", "/view", params={"filename": reference, "type": "input"})
    assert shown.body == photo.read_bytes()
    assert values(workflow, "MaskFromBox")[0] == [1, 2, 3, 4]
    assert browser == [answer.text.strip()]
    assert answer.text.strip().endswith("&name=erase_object")
    assert server.call("GET", "/v1/jobs").json["jobs"] == []


def test_files_pictures_and_jobs_open_too(
    paintgraph: Paintgraph, server: Served, photo: Path, folder: Path
) -> None:
    job = run_recipe(server, "outpaint", {"image": server.upload(photo.read_bytes())})
    made = folder / "result.png"
    made.write_bytes(server.call("GET", job["outputs"]["image"]["url"]).body)
    drawn = server.call("GET", f"/v1/jobs/{job['id']}/graph?format=ui").body
    (folder / "drawn.json").write_bytes(drawn)
    said = PngImagePlugin.PngInfo()
    said.add_text("prompt", UNKNOWN)
    said.add_text("workflow", drawn.decode())
    Image.new("L", (2, 2)).save(folder / "drawn.png", pnginfo=said)
    data = ("--data-dir", str(server.data))

    opened = [paintgraph("open", given, *data) for given in (str(made), job["id"])]
    as_drawn = [paintgraph("open", f"drawn.{kind}", *data) for kind in ("json", "png")]
    piped = paintgraph("open", "-", *data, stdin=drawn)

    for answer in opened:
        assert "InpaintSampler" in [node["type"] for node in loaded(server, answer)["nodes"]]
    for answer in (*as_drawn, piped):
        assert loaded(server, answer) == json.loads(drawn)


def test_a_picture_that_its_graph_names_is_found_beside_it_or_missed(
    paintgraph: Paintgraph, server: Served, photo: Path, folder: Path, made: Path
) -> None:
    data = ("--data-dir", str(server.data))
    (digest,) = {
        value
        for node in loaded(server, paintgraph("open", str(made), *data))["nodes"]
        for value in node["widgets_values"]
        if str(value).startswith("sha256:")
    }

    assert server.call("GET", f"/v1/images/{digest}").body == photo.read_bytes()
    other = folder / "other"
    other.mkdir()
    (other / "out.png").write_bytes(made.read_bytes())
    photo.write_bytes(png(samples(seed=1)))
    blob = server.data / "blobs" / digest[7:9] / digest[7:]
    blob.unlink()
    missed = paintgraph("open", str(other / "out.png"), *data)
    assert (missed.code, missed.stderr) == (
        0,
        f"warning: image: its picture {digest} is not here. Choose another one in the editor.\n",
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nothing",), "there is no file or recipe 'nothing'."),
        (("photo.png",), "photo.png: this picture carries no graph;"),
        (("bad.yaml",), "bad.yaml:2:1: this is not YAML"),
        (("outpaint", "--imag", "a"), "there is no option '--imag'; allowed are --image"),
        (("outpaint", "--image", "a"), "--image: there is no file 'a'."),
        (("outpaint", "--fraction", "99"), "--fraction is 99"),
        (("unknown.json", "--image", "a"), "there is no option '--image'; allowed are none."),
        (("0" * 32,), f"there is no job '{'0' * 32}'; allowed are ids that /v1/jobs lists."),
        (("-",), "standard input:1:1: the text is an empty mapping and no graph;"),
    ],
)
def test_what_cannot_be_opened_is_told_with_the_cure(  # noqa: PLR0913 - a case and its fixtures
    paintgraph: Paintgraph,
    server: Served,
    photo: Path,
    browser: list[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    photo.with_name("bad.yaml").write_text("nodes: [\n")
    photo.with_name("unknown.json").write_text(UNKNOWN)

    answer = paintgraph("open", *words, "--data-dir", str(server.data), stdin=b"{}")

    assert answer.code in (1, 2)
    assert answer.stderr.startswith(told)
    assert answer.stderr.endswith("]\n")
    assert (answer.stdout, browser) == (b"", [])


def test_without_a_browser_the_address_is_printed_only(
    paintgraph: Paintgraph, server: Served, browser: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("open", "outpaint", "--data-dir", str(server.data))

    loaded(server, paintgraph(*words, "--no-browser"))
    monkeypatch.setattr(browsers, "has_display", lambda: False)
    loaded(server, paintgraph(*words))

    assert browser == []


def test_where_keys_are_set_the_address_leads_through_the_login(
    paintgraph: Paintgraph, built: Path, tmp_path: Path
) -> None:
    key = SecretStr("a-key")
    with serving(tmp_path / "data", front_end_root=built, api_keys=(key,)) as served:
        announce(served.data, Server(os.getpid(), served.url, has_editor=True))
        address = paintgraph("open", "outpaint").text.strip()

        path = address.removeprefix(served.url)
        visit = served.call("GET", path, headers={"Accept": "text/html"})
        form = {"key": "a-key", "to": parse_qs(urlsplit(visit.headers["Location"]).query)["to"][0]}
        entered = served.call("POST", "/login", data=form)

    assert (visit.status, entered.status) == (303, 303)
    assert entered.headers["Location"] == path


def test_without_the_editor_the_cure_is_named(
    paintgraph: Paintgraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_editor, "is_installed", lambda: False)
    missing = paintgraph("open", "outpaint")
    monkeypatch.setattr(
        in_editor, "find_server", lambda *_: Server(7, "http://127.0.0.1:7866", has_editor=False)
    )
    running = paintgraph("open", "outpaint", "--data-dir", str(tmp_path))

    assert (missing.code, running.code) == (2, 2)
    assert missing.stderr == (
        "the editor is not installed; needed is the extra 'editor', or a folder with a build of "
        "ComfyUI's page (--front-end-root). Run: pip install 'paintgraph[editor]' [no_editor]\n"
    )
    assert running.stderr == (
        "the server at http://127.0.0.1:7866 (process 7) runs without the editor. Run: pip install "
        "'paintgraph[editor]', then start it again. [no_editor]\n"
    )


def test_a_port_that_is_taken_is_named(paintgraph: Paintgraph, built: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        page = ("--front-end-root", str(built))
        answer = paintgraph("open", "outpaint", "--port", port, *page)

    assert answer.code == 1
    assert f"cannot listen at '127.0.0.1:{port}': another program listens there." in answer.stderr
    assert "[cannot_listen]" in answer.stderr


def test_a_server_is_started_if_none_runs_and_ends_with_ctrl_c(
    paintgraph: Paintgraph, built: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    words = ("--front-end-root", str(built), "--port", "0", "--no-browser")
    with start("open", "outpaint", *words, start_new_session=True) as program:
        assert program.stdout is not None
        address = program.stdout.readline().decode().strip()
        server = find_server(data, 0)
        again = paintgraph("open", "outpaint", "--no-browser").text.strip()
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does it
        _, told = program.communicate(timeout=300)

    assert server == Server(program.pid, address.partition("/editor/")[0], has_editor=True)
    assert again == address
    assert program.returncode == 0
    assert told.decode() == f"paintgraph listens at {server.address}. Ctrl-C ends it.\n"
    assert find_server(data, 0) is None


def test_a_server_that_was_killed_is_not_found(built: Path, tmp_path: Path) -> None:
    words = ("--front-end-root", str(built), "--port", "0", "--no-browser")
    with start("open", "outpaint", *words) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.kill()
        program.communicate(timeout=300)

    assert (tmp_path / "data" / "server.json").exists()
    assert find_server(tmp_path / "data", 0) is None
