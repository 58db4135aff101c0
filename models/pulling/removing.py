"""Letting go of a model: its files, what came of a pull that did not end, and our notes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.errors import MissingModelError, ModelError


def remove_model(shelf: ModelIndex, entry: ModelEntry) -> int:
    """Delete a model; gives the bytes that were freed.

    Raises MissingModelError if there is nothing of it, ModelError if another program's folder
    holds it or a file cannot be deleted.
    """
    placed = shelf.places.find(entry)
    if placed is not None and not placed.is_ours:
        raise ModelError(
            f"model '{entry.name}' lies in ComfyUI's folder '{placed.folder}', which is not ours "
            "to clear. Delete it there.",
            code="not_ours",
        )
    files = list(dict.fromkeys((*(placed.files.values() if placed else ()), *_files(shelf, entry))))
    if not files:
        raise MissingModelError(f"model '{entry.name}' is not on this machine. Nothing is removed.")
    freed: int = sum(path.lstat().st_size for path in files if not path.is_symlink())
    try:
        for path in files:
            path.unlink(missing_ok=True)
            shelf.digests.forget(path)
        _clear(shelf.places.folder(entry), is_whole=bool(entry.hub))
    except OSError as error:
        raise ModelError(
            f"model '{entry.name}' cannot be removed: '{error.filename}': {error.strerror}. "
            "Check the folder's permissions.",
            code="cannot_remove",
        ) from error
    shelf.records.forget(entry.name)
    return freed


def _files(shelf: ModelIndex, entry: ModelEntry) -> Iterator[Path]:
    """What is where pulls write: of a repository every version, of files also their beginnings."""
    if entry.hub:
        folder = shelf.places.folder(entry)
        yield from (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
        return
    for file in entry.files:
        target = shelf.places.folder(entry) / file.path
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
