"""Whole models: pulled, found damaged, repaired, removed; each message with its cure."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import Licence, ModelEntry, ModelFile
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.errors import (
    DamagedModelError,
    DownloadError,
    MissingModelError,
    OfflineError,
)
from paintgraph.models.families import FAMILIES
from paintgraph.models.pulling.file_pulling import PullNote, PullProgress
from paintgraph.models.pulling.pulling import Puller, remove_model
from paintgraph.models.pulling.transfer import Patience
from paintgraph.tests.models.model_server import (
    PAGE,
    Handler,
    Serving,
    body,
    broken_after,
    model_bytes,
    model_server,
    sha,
    status,
)

DATA = model_bytes(300_000)
HASTE = Patience(connect_seconds=5, silence_seconds=2, tries=2, pause_seconds=0.01)


@pytest.fixture
def server() -> Iterator[Serving]:
    with model_server() as serving:
        serving.files["/m.onnx"] = DATA
        serving.files["/n.bin"] = DATA[:5000]
        yield serving


class Setting:
    """A shelf with one model, and what was heard of its pulls."""

    def __init__(self, folder: Path, entry: ModelEntry, **environ: str) -> None:
        self.entry = entry
        places = ModelPlaces(
            FAMILIES, folder / "models", {"REMBG_HOME": str(folder / "rembg"), **environ}
        )
        self.shelf = ModelIndex(ModelCatalogue(FAMILIES, {entry.name: entry}), places)
        self.heard: list[PullProgress | PullNote] = []
        self.puller = Puller(self.shelf, self.heard.append, patience=HASTE, environ=environ)
        self.file = places.folder(entry) / "m.onnx"

    def pull(self) -> Path:
        return self.puller.pull(self.entry).file

    @property
    def notes(self) -> list[str]:
        return [each.text for each in self.heard if isinstance(each, PullNote)]

    @property
    def state(self) -> str:
        return self.shelf.look(self.entry).state


Prepare = Callable[..., Setting]


@pytest.fixture
def setting(server: Serving, tmp_path: Path) -> Prepare:
    def prepare(*, digests: tuple[str, ...] = (sha(DATA),), **environ: str) -> Setting:
        file = ModelFile("m.onnx", f"{server.url}/m.onnx", None, digests)
        free = Licence("MIT", "https://example.org", "free")
        return Setting(tmp_path, ModelEntry("m", "rembg", files=(file,), licence=free), **environ)

    return prepare


def test_a_pulled_model_is_where_rembg_looks_for_it(setting: Prepare, tmp_path: Path) -> None:
    here = setting()

    assert here.pull() == tmp_path / "rembg" / "models" / "m" / "m.onnx"
    assert here.file.read_bytes() == DATA
    assert (here.state, here.shelf.look(here.entry).is_known) == ("present", True)
    assert str(here.shelf.bind("m")) == f"m@{sha(DATA)}"


def test_progress_tells_file_bytes_and_ends_at_the_whole(setting: Prepare) -> None:
    here = setting()
    here.pull()

    progress = [each for each in here.heard if isinstance(each, PullProgress)]
    assert (progress[-1].file, progress[-1].done, progress[-1].total) == ("m.onnx", 300000, 300000)
    assert [each.done for each in progress] == sorted(each.done for each in progress)
    assert PullProgress("m", "m.onnx", 100, 300, 50.0).seconds_left == 4
    assert PullProgress("m", "m.onnx", 100, None, 50.0).seconds_left is None


def test_what_is_there_is_not_fetched_again(setting: Prepare, server: Serving) -> None:
    here = setting()
    here.pull()
    here.pull()

    assert len(server.asked) == 1


def test_what_its_user_brought_is_checked_and_used(setting: Prepare, server: Serving) -> None:
    here = setting()
    here.file.parent.mkdir(parents=True)
    here.file.write_bytes(DATA)

    here.pull()

    assert server.asked == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0" + DATA[1:], f"its digest is wrong: expected is {sha(DATA)}, actual is sha256:"),
        (DATA[:-1000], f"its digest is wrong: expected is {sha(DATA)}, actual is sha256:"),
        (b"", "it is empty"),
        (PAGE, "it is a web page (HTML), not a model"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS"),
    ],
)
def test_a_damaged_model_is_named_with_the_command_that_repairs_it(
    setting: Prepare, data: bytes, words: str
) -> None:
    here = setting()
    here.file.parent.mkdir(parents=True)
    here.file.write_bytes(data)

    with pytest.raises(DamagedModelError) as caught:
        here.shelf.bind("m")

    message = str(caught.value)
    assert message.startswith(f"model 'm' is damaged: 'm.onnx': {words}")
    assert message.endswith(". Get it with: paintgraph models pull m")
    assert str(here.file.parent) not in message
    assert here.state == "damaged"
    here.pull()
    assert here.file.read_bytes() == DATA
    assert here.state == "present"


def test_a_damage_that_keeps_size_and_time_is_found_by_verify(setting: Prepare) -> None:
    import os

    here = setting()
    here.pull()
    stat = here.file.stat()
    with here.file.open("r+b") as stream:
        stream.write(b"\0\0")
    os.utime(here.file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    read: list[tuple[int, int]] = []
    listening = Listening(lambda done, total: read.append((done, total)))

    finding = here.shelf.verify(here.entry, listening)

    assert finding.state == "damaged"
    assert read[-1] == (300_000, 300_000)
    assert here.state == "damaged"


def test_a_missing_model_is_named_with_size_licence_and_command(
    setting: Prepare, tmp_path: Path
) -> None:
    with pytest.raises(MissingModelError) as caught:
        setting().shelf.bind("m")
    assert str(caught.value) == (
        "model 'm' is not on this machine; licence MIT: commercial use is free "
        "(see https://example.org). Get it with: paintgraph models pull m"
    )
    shelf = ModelIndex(
        ModelCatalogue.load(FAMILIES),
        ModelPlaces(FAMILIES, tmp_path, {"REMBG_HOME": str(tmp_path)}),
    )
    with pytest.raises(MissingModelError, match=r"'bria-rmbg' \(1.0 GB\).*has to be paid for"):
        shelf.bind("bria-rmbg")
    with pytest.raises(MissingModelError, match=r"put 'lama\.onnx' into the folder"):
        shelf.bind("lama")
    with pytest.raises(MissingModelError, match="rembg d birefnet-general-fp16"):
        shelf.bind("birefnet-general-fp16")


def test_a_licence_that_is_not_free_is_told_before_the_download(
    server: Serving, tmp_path: Path
) -> None:
    file = ModelFile("m.onnx", f"{server.url}/m.onnx")
    paid = Licence("BRIA", "https://example.org", "paid")
    here = Setting(tmp_path, ModelEntry("m", "rembg", files=(file,), licence=paid))

    here.pull()

    told = "licence BRIA: commercial use has to be paid for (see https://example.org)"
    assert here.heard[0] == PullNote("m", told)


def test_of_an_unknown_file_the_first_pull_records_what_it_saw(
    setting: Prepare, server: Serving
) -> None:
    here = setting(digests=())
    here.pull()
    assert here.shelf.look(here.entry).is_known
    here.file.write_bytes(DATA[:-1])

    finding = here.shelf.verify(here.entry)

    assert finding.state == "damaged"
    assert finding.faults[0].expected == (sha(DATA),)
    server.files["/m.onnx"] = DATA[::-1]
    with pytest.raises(DamagedModelError):
        here.pull()


def test_a_file_that_its_user_brought_and_nobody_knows_is_present_but_unknown(
    setting: Prepare,
) -> None:
    here = setting(digests=())
    here.file.parent.mkdir(parents=True)
    here.file.write_bytes(DATA)

    here.shelf.bind("m")

    finding = here.shelf.look(here.entry)
    assert (finding.state, finding.is_known) == ("present", False)


def test_any_of_the_digests_is_accepted(setting: Prepare, server: Serving) -> None:
    here = setting(digests=(sha(b"other"), sha(DATA)))

    here.pull()

    assert len(server.asked) == 1


def test_a_wrong_file_is_refused_and_not_kept(setting: Prepare, server: Serving) -> None:
    server.files["/m.onnx"] = DATA[::-1]
    here = setting()

    with pytest.raises(DamagedModelError) as caught:
        here.pull()

    assert str(caught.value) == (
        f"what {server.url}/m.onnx gave for model 'm' is not used: 'm.onnx': its digest is wrong: "
        f"expected is {sha(DATA)}, actual is {sha(DATA[::-1])}. Try again with: paintgraph models "
        "pull m. If it stays so, the file was changed there, or a proxy changes it."
    )
    assert not here.file.exists()
    assert not here.file.with_name(".m.onnx.part").exists()


def test_a_length_that_lies_is_found_by_the_digest(setting: Prepare, server: Serving) -> None:
    server.acts = [body(DATA[:1000], 1000)]

    with pytest.raises(DamagedModelError):
        setting().pull()


def test_a_beginning_that_does_not_fit_is_replaced(setting: Prepare, server: Serving) -> None:
    """A server without validators gave another file before: only the digest tells."""
    server.etags["/m.onnx"] = ""
    server.files["/m.onnx"] = DATA[::-1]
    server.acts = [broken_after(100_000), status(503)]
    here = setting()
    with pytest.raises(DownloadError):
        here.pull()
    server.files["/m.onnx"] = DATA
    server.asked.clear()

    assert here.pull().read_bytes() == DATA
    assert server.ranges == ["bytes=100000-", None]
    assert any("does not fit" in note for note in here.notes)


def test_two_pulls_at_once_fetch_it_once(setting: Prepare, server: Serving) -> None:
    go_on = threading.Event()

    def late(handler: Handler, serving: Serving) -> None:
        go_on.wait(30)
        broken_after(1000)(handler, serving)

    server.acts = [late]
    one, two = setting(), setting()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.pull)
        while not server.asked:
            pass
        second = pool.submit(two.pull)
        while not two.notes:
            pass
        go_on.set()
        assert first.result(30) == second.result(30)

    assert two.notes == ["another program is getting it; waiting for that"]
    assert len(server.asked) == 2  # both of the first pull, which broke off once
    assert one.file.read_bytes() == DATA


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_nothing_is_asked_for(setting: Prepare, server: Serving, name: str) -> None:
    here = setting(**{name: "1"})

    with pytest.raises(OfflineError, match=f"'m' needs a connection, but {name}"):
        here.pull()

    assert server.asked == []


def test_a_mirror_stands_in_for_github_and_the_hub(server: Serving, tmp_path: Path) -> None:
    mirrors = {"PAINTGRAPH_GITHUB_MIRROR": f"{server.url}/gh/", "HF_ENDPOINT": server.url}
    server.files |= {"/gh/a/m.onnx": DATA, "/b/n.onnx": DATA[:9]}
    files = (
        ModelFile("m.onnx", "https://github.com/a/m.onnx"),
        ModelFile("n.onnx", "https://huggingface.co/b/n.onnx"),
    )
    here = Setting(tmp_path, ModelEntry("m", "sam", files=files), **mirrors)

    here.pull()

    assert [each.path for each in server.asked] == ["/gh/a/m.onnx", "/b/n.onnx"]


def test_a_proxy_of_the_environment_is_used(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.files["http://models.invalid/m.onnx"] = DATA
    file = ModelFile("m.onnx", "http://models.invalid/m.onnx", None, (sha(DATA),))
    here = Setting(tmp_path, ModelEntry("m", "rembg", files=(file,)))

    assert here.pull().read_bytes() == DATA


def test_a_folder_that_cannot_be_written_is_told_of(setting: Prepare, tmp_path: Path) -> None:
    (tmp_path / "rembg").write_text("no folder")

    with pytest.raises(DownloadError, match=r"'m\.onnx' cannot be kept: .*directory"):
        setting().pull()


def test_a_models_folder_that_cannot_be_written_keeps_rembgs_from_nothing(
    setting: Prepare, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("no folder")
    here = setting()

    assert here.pull().read_bytes() == DATA
    assert here.shelf.bind("m").digest == sha(DATA)


def test_a_model_goes_with_all_that_came_of_it(setting: Prepare, server: Serving) -> None:
    here = setting(digests=())
    here.pull()
    server.acts = []

    assert remove_model(here.shelf, here.entry) >= 300_000

    assert here.state == "missing"
    assert not here.file.parent.exists()
    assert here.shelf.accepted(here.entry, here.entry.files[0]) == ()
    with pytest.raises(MissingModelError, match="Nothing is removed"):
        remove_model(here.shelf, here.entry)


def test_what_is_left_of_a_pull_is_removed(setting: Prepare, server: Serving) -> None:
    here = setting()
    server.acts = [broken_after(100_000), status(404)]
    with pytest.raises(DownloadError):
        here.pull()

    assert remove_model(here.shelf, here.entry) >= 100_000
    assert not here.file.parent.exists()
