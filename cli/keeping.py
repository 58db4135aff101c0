"""`paintgraph clean` and `paintgraph jobs`: what servers keep is cleaned, copied, checked."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import typer

from paintgraph.cli.faults import FAILED, OK, plain, print_json, print_table
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.storage import open_storage
from paintgraph.jobs.store.backup import STORE, BackupError, back_up, faults_of, is_current
from paintgraph.jobs.store.database import missing_extra
from paintgraph.jobs.store.folder_lock import FolderBusyError, exclusive
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.models.catalogue.wording import in_bytes

if TYPE_CHECKING:
    from paintgraph.api.settings import Settings

_MOST_TOLD = 100


class Place(NamedTuple):
    """Where what is kept lies, as far as the command line says it."""

    data_dir: Path | None
    jobs: str | None = None
    objects: str | None = None

    def settings(self) -> "Settings":
        """The settings of a server that is started so."""
        from paintgraph.api.settings import load_settings

        return load_settings(self._asdict())


def clean_folder(place: Place, *, dry_run: bool, json: bool) -> int:
    """Remove what is kept no longer, or tell what that is; gives the exit code."""
    settings = place.settings()
    storage = open_storage(settings.folders, settings.objects)
    with _opened(settings) as store:
        cleaner = Cleaner(store, settings.folders, settings.retention, storage)
        cleaned = asyncio.run(cleaner.clean(dry_run=dry_run))
    if json:
        print_json([each._asdict() for each in cleaned])
    else:
        heads = ("kind", "would be removed" if dry_run else "removed", "bytes")
        print_table(
            heads,
            (
                (each.kind, str(each.things), in_bytes(each.bytes) if each.bytes else "")
                for each in cleaned
            ),
        )
    return OK


def back_up_store(file: Path, place: Place) -> int:
    """Copy the store of a data folder or a database; gives the exit code."""
    settings = place.settings()
    if settings.jobs:
        _copying().back_up_database(settings.jobs.get_secret_value(), file)
    else:
        back_up(settings.data_dir / STORE, file)
    typer.echo(plain(f"{file}: {in_bytes(file.stat().st_size)}"))
    return OK


def restore_store(file: Path, place: Place) -> int:
    """Put a copy where there is no store, or an empty database; gives the exit code."""
    if not file.is_file():
        raise BackupError(f"there is no file '{file}'. Name a backup.", "no_store")
    settings = place.settings()
    if settings.jobs:
        _copying().restore_database(file, settings.jobs.get_secret_value())
    else:
        with exclusive(settings.data_dir):
            back_up(file, settings.data_dir / STORE)
    typer.echo(plain(f"{file}: restored"))
    return OK


def check_store(place: Place, *, json: bool) -> int:
    """Tell what is wrong with a store; exit code 1 if anything is."""
    settings = place.settings()
    blobs = open_storage(settings.folders, settings.objects).blobs

    def has_blob(digest: str) -> bool:
        return PREFIX + digest in blobs

    if settings.jobs:
        with _opened(settings) as store:
            name, faults = "the job store", store.faults(has_blob)
    else:
        path = settings.data_dir / STORE
        name, faults = str(path), [*faults_of(path, has_blob)]
    if json:
        print_json({"store": name, "faults": faults})
    else:
        for fault in faults[:_MOST_TOLD]:
            typer.echo(plain(fault))
        typer.echo(plain(f"{name}: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}"))
    return FAILED if faults else OK


def _copying() -> ModuleType:
    """What copies databases; raises StoreError where their client is not installed."""
    try:
        from paintgraph.jobs.store import copying
    except ImportError as error:
        raise missing_extra(error) from error
    return copying


@contextmanager
def _opened(settings: "Settings") -> Iterator[JobStore]:
    """The store of a data folder, or a database, whether servers use it or not."""
    path = settings.data_dir / STORE
    with ExitStack() as stack:
        if settings.jobs:
            store = JobStore(settings.jobs.get_secret_value(), as_it_is=True)
            stack.callback(store.close)
            yield store
            return
        try:
            stack.enter_context(exclusive(settings.data_dir))
        except FolderBusyError as error:
            # A server that is at work may be of another paintgraph: its tables are its own.
            if error.code != "folder_busy" or not is_current(path):
                raise
        store = JobStore(path, settings.durability)
        stack.callback(store.close)
        yield store
