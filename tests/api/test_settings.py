"""Where settings come from, and which source wins."""

import os
from pathlib import Path
from typing import Any

import pytest

from paintgraph import server
from paintgraph.api.settings import CONFIG_VARIABLE, Settings, SettingsError, load_settings
from paintgraph.base import usage
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.quotas import NO_QUOTA
from paintgraph.jobs.storage import in_folders
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.watch import Bounds


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    return path


def test_without_any_source_there_are_defaults() -> None:
    settings = load_settings({})

    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 7866, 1)


def test_flags_win_over_the_environment_and_that_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 1\nworkers = 3\nhosts = ["a.example", "b.example"]\n')
    monkeypatch.setenv("PAINTGRAPH_PORT", "2")
    monkeypatch.setenv("PAINTGRAPH_HOST", "::1")

    settings = load_settings({"port": 4, "host": None})

    assert (settings.port, settings.workers, settings.host) == (4, 3, "::1")
    assert settings.hosts == ("a.example", "b.example")
    assert load_settings({}).port == 2


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTGRAPH_ORIGINS", "https://a.example, https://b.example")

    assert load_settings({}).origins == ("https://a.example", "https://b.example")


def test_keys_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTGRAPH_API_KEYS", "secret")

    assert "secret" not in repr(load_settings({}))


@pytest.mark.parametrize("text", ["port = 'x'", "prot = 1", "port ="])
def test_a_fault_of_the_file_is_told(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(SettingsError):
        load_settings({})


def test_a_data_folder_that_no_text_can_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTGRAPH_DATA_DIR", os.fsdecode(b"caf\xe9"))

    with pytest.raises(SettingsError, match=r"setting 'data_dir': .*'caf\\xe9' should be UTF-8"):
        load_settings({})


def test_choices_of_fooocus_come_from_the_environment_or_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[fooocus]\nstitch = "ramp"\noutpaint_fraction = 0.5\n')
    monkeypatch.setenv("PAINTGRAPH_FOOOCUS_OUTPAINT_FRACTION", "0.3")

    choices = load_settings({}).fooocus

    assert (choices.outpaint_fraction, choices.stitch) == (0.3, "ramp")
    flagged = load_settings({"fooocus": {"port": 8888}}).fooocus
    assert (flagged.outpaint_fraction, flagged.stitch, flagged.port) == (0.3, "ramp", 8888)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTPAINT_FRACTION", "0"),
        ("OUTPAINT_FRACTION", "9"),
        ("STITCH", "soft"),
        ("BASE_URL", "paint.example"),
        ("WEBHOOK_URL", "ftp://paint.example"),
        ("PORT", "65536"),
    ],
)
def test_bad_choices_of_fooocus_are_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"PAINTGRAPH_FOOOCUS_{name}", value)

    with pytest.raises(SettingsError, match="PAINTGRAPH_FOOOCUS"):
        load_settings({})


def test_servers_keep_nothing_private_unless_they_are_set_to(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings({}).metadata == "private"

    file.write_text('metadata = "none"\n')
    assert load_settings({}).metadata == "none"

    monkeypatch.setenv("PAINTGRAPH_METADATA", "keep")
    assert load_settings({}).metadata == "keep"

    monkeypatch.setenv("PAINTGRAPH_METADATA", "all")
    with pytest.raises(SettingsError, match=r"'metadata'.*PAINTGRAPH_METADATA"):
        load_settings({})


def test_bounds_of_jobs_and_workers_reach_those_who_keep_them(tmp_path: Path) -> None:
    bounds: dict[str, Any] = {"queue_jobs": 3, "queue_bytes": 4, "grace_seconds": 5.5}
    bounds |= {"patience_seconds": 6.5, "job_seconds": 7.5, "stall_seconds": 8.5}
    store = JobStore(tmp_path / "jobs.sqlite")

    def made(settings: Settings) -> Dispatcher:
        return server._dispatcher(
            settings, "", store, in_folders(settings.folders), lambda _: NO_QUOTA, []
        )

    told = made(Settings(data_dir=tmp_path, worker_bytes=9 << 30, **bounds))
    untold = made(Settings(data_dir=tmp_path))
    store.close()

    assert told.pool._limits == Limits(3, 4, 5.5, 6.5, 7.5, Bounds(8.5, 9 << 30))
    assert told.pool._spec.most_bytes == 9 << 30
    assert told.pool._spec.settings["patience_seconds"] == 6.5
    whole = usage.machine_bytes() or 0
    assert untold.pool._spec.most_bytes == untold.pool._limits.workers.bytes == whole * 4 // 5
