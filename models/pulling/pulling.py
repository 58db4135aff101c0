"""Getting a model, every file whole and checked, or a clear word on why not; and removing it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.entries import ModelEntry, Placed
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.wording import licence_in_words, missing_in_words
from paintgraph.models.errors import MissingModelError, ModelError
from paintgraph.models.pulling.file_pulling import (
    FilePuller,
    Meter,
    PullNote,
    RemoteFile,
    Report,
    check_online,
)
from paintgraph.models.pulling.transfer import Patience


class Puller:
    """Gets models onto this machine. Any number of threads and processes may pull at once."""

    def __init__(
        self,
        index: ModelIndex,
        report: Report,
        *,
        patience: Patience | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._index = index
        self._report = report
        self._environ = environ
        self._files = FilePuller(index.digests, report, patience=patience, environ=environ)

    def pull(self, entry: ModelEntry) -> Placed:
        """The model's files, sound: what is there is checked, what is missing or damaged fetched.

        Raises OfflineError, MissingModelError if no address is known, DownloadError,
        DamagedModelError; OSError if a file cannot be read.
        """
        placed = self._sound(entry)
        if placed is not None:
            return placed
        check_online(f"getting model '{entry.name}'", self._environ)
        if not entry.can_be_pulled:
            raise MissingModelError(missing_in_words(entry))
        if entry.licence.commercial != "free":
            self._report(PullNote(entry.name, licence_in_words(entry.licence)))
        if entry.hub:
            from paintgraph.models.pulling.hub_pulling import pull_repository

            pull_repository(entry, self._index, self._files, self._environ)
        else:
            self._pull_files(entry)
        return self._index.require(self._index.look(entry))

    def _sound(self, entry: ModelEntry) -> Placed | None:
        """The model if it is there and sound; files that were never read before are read."""
        finding = self._index.look(entry)
        if finding.placed is None or finding.faults:
            return None
        for name, path in finding.placed.files.items():
            meter = Meter(self._report, entry.name, name, "check")
            self._index.digests.digests_of(path, listening=Listening(meter))
        finding = self._index.look(entry)
        return None if finding.faults else finding.placed

    def _pull_files(self, entry: ModelEntry) -> None:
        folder = self._index.places.folder(entry)
        seen = {}
        for file in entry.files:
            accepted = self._index.accepted(entry, file)
            target = folder / file.path
            remote = RemoteFile(
                entry.name,
                file.path,
                file.url,
                target,
                accepted,
                file.size,
                wheel=file.in_wheel,
            )
            seen[file.path] = self._files.pull(remote)
        self._index.records.keep(entry.name, seen)


def remove_model(index: ModelIndex, entry: ModelEntry) -> int:
    """Delete a model; gives the bytes that were freed.

    Raises MissingModelError if there is nothing of it, ModelError if another program's folder
    holds it or a file cannot be deleted.
    """
    placed = index.places.find(entry)
    if placed is not None and not placed.is_ours:
        raise ModelError(
            f"model '{entry.name}' lies in ComfyUI's folder '{placed.folder}', which is not ours "
            "to clear. Delete it there.",
            code="not_ours",
        )
    files = list(dict.fromkeys((*(placed.files.values() if placed else ()), *_files(index, entry))))
    if not files:
        raise MissingModelError(f"model '{entry.name}' is not on this machine. Nothing is removed.")
    freed: int = sum(path.lstat().st_size for path in files if not path.is_symlink())
    try:
        for path in files:
            path.unlink(missing_ok=True)
            index.digests.forget(path)
        _clear(index.places.folder(entry), is_whole=bool(entry.hub))
    except OSError as error:
        raise ModelError(
            f"model '{entry.name}' cannot be removed: '{error.filename}': {error.strerror}. "
            "Check the folder's permissions.",
            code="cannot_remove",
        ) from error
    index.records.forget(entry.name)
    return freed


def _files(index: ModelIndex, entry: ModelEntry) -> Iterator[Path]:
    """What is where pulls write: of a repository every version, of files also their beginnings."""
    if entry.hub:
        folder = index.places.folder(entry)
        yield from (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
        return
    for file in entry.files:
        target = index.places.folder(entry) / file.path
        beside = [target.with_name(f".{target.name}{end}") for end in _ENDS]
        yield from (path for path in (target, *beside) if path.is_file())


_ENDS = (".part", ".part.json", ".lock")


def _clear(folder: Path, *, is_whole: bool) -> None:
    """Delete the model's folder: of a repository with all in it, else what is empty of it."""
    if is_whole:
        shutil.rmtree(folder, ignore_errors=True)
        return
    inner = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for each in (*inner, folder):
        if each.is_dir() and not any(each.iterdir()):
            each.rmdir()
