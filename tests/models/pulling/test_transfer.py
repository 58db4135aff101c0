"""Fetching one file from a server that does everything wrong that servers do."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.errors import DownloadError
from paintgraph.models.pulling import transfer
from paintgraph.models.pulling.part_file import PartFile
from paintgraph.models.pulling.transfer import Patience, Transfer, Wanted, shown
from paintgraph.tests.models.model_server import (
    Act,
    Handler,
    Serving,
    body,
    broken_after,
    md5_of,
    model_bytes,
    model_server,
    page,
    redirected,
    sha,
    stalled_after,
    status,
)

DATA = model_bytes(300_000)
HASTE = Patience(connect_seconds=5, silence_seconds=0.3, tries=3, pause_seconds=0.01)


@pytest.fixture
def server() -> Iterator[Serving]:
    with model_server() as serving:
        serving.files["/m.onnx"] = DATA
        yield serving


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "m.onnx"


def fetch(server: Serving, target: Path, **options: object) -> list[str]:
    """Fetch the file to its end; gives what was noted on the way."""
    notes: list[str] = []
    wanted = Wanted("m.onnx", f"{server.url}/m.onnx", **options)  # type: ignore[arg-type] # two kinds
    part = PartFile(target)
    assert part.try_to_hold(5)
    with part:
        Transfer(Listening(warn=notes.append), HASTE).fetch(wanted, part)
        assert part.digests() == {"sha256": sha(part.path.read_bytes()), "md5": md5_of(DATA)}
        part.finish()
    return notes


def refusal(server: Serving, target: Path, **options: object) -> str:
    with pytest.raises(DownloadError) as caught:
        fetch(server, target, **options)
    assert not target.exists()
    return str(caught.value)


def test_a_file_comes_whole(server: Serving, target: Path) -> None:
    assert fetch(server, target) == []

    assert target.read_bytes() == DATA
    assert not [path for path in target.parent.iterdir() if "part" in path.name]


def test_what_breaks_off_goes_on_where_it_stopped(server: Serving, target: Path) -> None:
    server.acts = [broken_after(100_000), broken_after(50_000)]

    notes = fetch(server, target)

    assert target.read_bytes() == DATA
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert len(notes) == 2


def test_what_an_earlier_program_left_is_gone_on_with(server: Serving, target: Path) -> None:
    server.acts = [broken_after(100_000), status(503), status(503)]
    assert "tried 3 times" in refusal(server, target)
    server.asked.clear()

    fetch(server, target)

    assert target.read_bytes() == DATA
    assert server.ranges == ["bytes=100000-"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: Serving, target: Path) -> None:
    server.files["/m.onnx"] = model_bytes(300_000, seed=1)
    server.acts = [broken_after(100_000), status(500), status(500)]
    refusal(server, target)
    server.files["/m.onnx"] = DATA

    fetch(server, target)

    assert target.read_bytes() == DATA


def test_a_server_that_knows_no_parts_is_asked_for_the_whole(server: Serving, target: Path) -> None:
    server.ignore_range = True
    server.acts = [broken_after(100_000)]

    fetch(server, target)

    assert target.read_bytes() == DATA


def test_a_server_that_gives_another_part_is_not_believed(server: Serving, target: Path) -> None:
    def elsewhere(handler: Handler, _: Serving) -> None:
        handler.head(206, Content_Length=5, Content_Range="bytes 7-11/300000")
        handler.wfile.write(b"wrong")

    server.acts = [broken_after(100_000), elsewhere]

    fetch(server, target)

    assert target.read_bytes() == DATA


def test_a_part_that_is_whole_already_is_taken(server: Serving, target: Path) -> None:
    part = PartFile(target)
    assert part.try_to_hold(5)
    with part:
        part.start_over(f"{server.url}/m.onnx", server.tag("/m.onnx"))
        part.append(DATA)

    fetch(server, target)

    assert server.ranges == ["bytes=300000-"]
    assert target.read_bytes() == DATA


def test_without_digest_and_validator_nothing_is_gone_on_with(
    server: Serving, target: Path
) -> None:
    server.etags["/m.onnx"] = 'W/"weak"'
    server.acts = [broken_after(100_000)]

    fetch(server, target, can_be_checked=False)

    assert server.ranges == [None, None]
    assert target.read_bytes() == DATA


def test_a_silent_server_is_asked_again(server: Serving, target: Path) -> None:
    server.acts = [stalled_after(100_000)]

    notes = fetch(server, target)

    assert target.read_bytes() == DATA
    assert "'m.onnx': the server is silent; going on at 100 kB in 0.01 s" in notes


def test_a_server_that_stays_silent_is_given_up(server: Serving, target: Path) -> None:
    server.acts = [stalled_after(100) for _ in range(3)]

    message = refusal(server, target)

    assert message == (
        f"'m.onnx' cannot be fetched from {server.url}/m.onnx: the server is silent; tried 3 "
        "times. Check the network, the proxy (HTTPS_PROXY) and the mirror, and run the command "
        "again: it goes on at 300 bytes."
    )


def test_progress_counts_as_success_so_that_long_files_may_break_off_often(
    server: Serving, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_ENOUGH", 30_000)
    server.acts = [broken_after(30_000) for _ in range(9)]

    assert len(fetch(server, target)) == 9


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(server: Serving, target: Path) -> None:
    server.acts = [status(503, Retry_After=1)]

    notes = fetch(server, target)

    assert notes == ["'m.onnx': the server answers 503; going on at 0 bytes in 1 s"]


@pytest.mark.parametrize("code", [401, 403, 404, 410, 418])
def test_an_answer_that_stays_is_not_asked_for_again(
    server: Serving, target: Path, code: int
) -> None:
    server.acts = [status(code)]

    message = refusal(server, target)

    assert f"the server answers {code}" in message
    assert len(server.asked) == 1


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_no_model(server: Serving, target: Path, content_type: str) -> None:
    server.acts = [page(content_type)]

    assert refusal(server, target) == (
        f"'m.onnx' cannot be fetched from {server.url}/m.onnx: it is a web page (HTML), not a "
        "model. A proxy or a login page may have answered: open the address in a browser."
    )


def test_a_redirect_is_followed_with_the_part_that_is_wanted(server: Serving, target: Path) -> None:
    server.files["/real"] = DATA
    server.acts = [redirected("/real"), broken_after(1000), redirected("/real")]

    fetch(server, target)

    assert target.read_bytes() == DATA
    assert server.ranges == [None, None, "bytes=1000-", "bytes=1000-"]


def test_endless_redirects_end(server: Serving, target: Path) -> None:
    server.acts = [redirected("/m.onnx") for _ in range(50)]

    assert "redirects" in refusal(server, target)


@pytest.mark.parametrize(
    "act", [body(DATA[:1000], 300_000), body(b"", 300_000), body(DATA, 400_000)]
)
def test_fewer_bytes_than_promised_are_not_the_file(
    server: Serving, target: Path, act: Act
) -> None:
    server.acts = [act] * 3
    server.ignore_range = True

    assert "tried 3 times" in refusal(server, target)


def test_a_part_that_ends_too_early_is_gone_on_with(server: Serving, target: Path) -> None:
    """Its length agrees with what came, but not with the whole that it names."""

    def short(handler: Handler, _: Serving) -> None:
        headers = {"Content_Length": 1000, "Content_Range": "bytes 100000-299999/300000"}
        handler.head(206, **headers)
        handler.wfile.write(DATA[100_000:101_000])

    server.acts = [broken_after(100_000), short]

    fetch(server, target)

    assert target.read_bytes() == DATA
    assert server.ranges[-1] == "bytes=101000-"


def test_another_size_than_the_catalogue_says_is_refused_at_once(
    server: Serving, target: Path
) -> None:
    message = refusal(server, target, size=299_999)

    assert "it has 300000 bytes there; 299999 are expected" in message
    assert len(server.asked) == 1


def test_a_server_that_tells_no_length_is_read_to_its_end(server: Serving, target: Path) -> None:
    server.acts = [body(DATA, None)]

    fetch(server, target)

    assert target.read_bytes() == DATA


def test_nobody_there_is_said_in_short(target: Path) -> None:
    with model_server() as serving:
        pass

    message = refusal(serving, target)

    assert "the connection is refused; tried 3 times" in message


def test_a_full_disk_is_seen_before_anything_is_written(
    server: Serving, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_KEEP_FREE", 2**60)

    assert "of disk space" in refusal(server, target)


def test_two_never_hold_the_same_part(target: Path) -> None:
    first, second = PartFile(target), PartFile(target)
    assert first.try_to_hold(0)

    assert not second.try_to_hold(0.05)
    with first:
        pass
    assert second.try_to_hold(5)
    with second:
        pass


def test_whoever_watches_can_end_a_transfer(server: Serving, target: Path) -> None:
    stop = threading.Event()

    def watch(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    part = PartFile(target)
    assert part.try_to_hold(5)
    with part, pytest.raises(KeyboardInterrupt):
        Transfer(Listening(watch), HASTE).fetch(Wanted("m.onnx", f"{server.url}/m.onnx"), part)

    assert part.path.stat().st_size > 0
    assert PartFile(target).try_to_hold(0)


def test_messages_hold_no_secrets_of_addresses() -> None:
    assert shown("https://me:pass@host.org/a/b?token=1") == "https://host.org/a/b"
