"""Jobs' files get numbers from the store: no folder is listed, no file is written over."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from paintgraph.base.naming import FileName
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.publishing import Publisher
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.claiming import claimed


class Saver:
    """Saves files of new jobs into a folder."""

    def __init__(self, folder: Path, place: Path | str) -> None:
        self.out = folder / "out"
        self.store = JobStore(place)
        self.blobs = FolderBlobs(folder / "blobs")
        self.effects = JobEffects(
            self.store, self.blobs, {"output": Publisher(self.out, self.blobs)}
        )

    def job(self) -> Job:
        return claimed(self.store, asyncio.run(self.store.accept(NewJob({}, {}))).job)

    def save(self, prefix: str, content: bytes = b"new", job: Job | None = None) -> str:
        """Save one file; gives its path in the folder."""
        effect = Effect(self.blobs.put(content), prefix, ".txt", "output")
        (saved,) = asyncio.run(self.effects.publish(job or self.job(), "node", [asdict(effect)]))
        return str(saved["file"])


@pytest.fixture
def saver(tmp_path: Path, place: Path | str) -> Iterator[Saver]:
    made = Saver(tmp_path, place)
    yield made
    made.store.close()


def test_a_folder_is_listed_once_however_many_files_are_saved(
    saver: Saver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    highest = Publisher.highest

    def noted(self: Publisher, name: FileName) -> int:
        listed.append(name.stem)
        return highest(self, name)

    monkeypatch.setattr(Publisher, "highest", noted)
    (saver.out / "a").mkdir(parents=True)
    (saver.out / "a/copy_00040_.png").write_bytes(b"old")

    assert [saver.save("a/copy") for _ in range(3)] == [f"a/copy_000{n}_.txt" for n in (41, 42, 43)]
    assert saver.save("a/other") == "a/other_00001_.txt"
    assert listed == ["a/copy", "a/other"]


def test_numbers_are_not_given_again_though_files_are_moved_away(saver: Saver) -> None:
    first = saver.save("copy")
    (saver.out / first).unlink()

    assert (first, saver.save("copy")) == ("copy_00001_.txt", "copy_00002_.txt")


def test_a_file_of_somebody_else_is_left_alone(saver: Saver) -> None:
    saver.save("copy")
    for number in (2, 3, 60):
        (saver.out / f"copy_{number:05}_.txt").write_bytes(b"theirs")
    job = saver.job()

    assert saver.save("copy", b"mine", job) == "copy_00061_.txt"
    assert saver.save("copy", b"mine", job) == "copy_00061_.txt"
    assert (saver.out / "copy_00002_.txt").read_bytes() == b"theirs"
    assert (saver.out / "copy_00061_.txt").read_bytes() == b"mine"
    assert saver.save("copy") == "copy_00062_.txt"
