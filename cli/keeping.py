"""`paintgraph clean` and `paintgraph jobs`: what servers keep is cleaned, copied, checked."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from paintgraph.cli.faults import FAILED, OK, plain, print_json, print_table
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.storage import open_storage
from paintgraph.jobs.store.backup import STORE, back_up, faults_of, is_current
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


def back_up_store(file: Path, data_dir: Path | None) -> int:
    """Copy the store of a data folder; gives the exit code."""
    back_up(_settings(data_dir).data_dir / STORE, file)
    typer.echo(plain(f"{file}: {in_bytes(file.stat().st_size)}"))
    return OK


def check_store(data_dir: Path | None, *, json: bool) -> int:
    """Tell what is wrong with the store of a data folder; exit code 1 if anything is."""
    settings = _settings(data_dir)
    blobs = open_storage(settings.folders, settings.objects).blobs
    store = settings.data_dir / STORE
    faults = [*faults_of(store, lambda digest: PREFIX + digest in blobs)]
    if json:
        print_json({"store": str(store), "faults": faults})
    else:
        for fault in faults[:_MOST_TOLD]:
            typer.echo(plain(fault))
        typer.echo(plain(f"{store}: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}"))
    return FAILED if faults else OK


def _settings(data_dir: Path | None) -> "Settings":
    from paintgraph.api.settings import load_settings

    return load_settings({"data_dir": data_dir})


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
