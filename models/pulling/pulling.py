"""Getting a model: every file whole and checked, or a clear word on why not."""

import os
from collections.abc import Mapping

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.entries import ModelEntry, Placed
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.wording import licence_in_words, missing_in_words
from paintgraph.models.errors import MissingModelError
from paintgraph.models.pulling.addresses import check_online
from paintgraph.models.pulling.file_pulling import FilePuller, Meter, PullNote, RemoteFile, Tell
from paintgraph.models.pulling.transfer import Patience


class Puller:
    """Gets models onto a shelf. Any number of threads and processes may pull at once."""

    def __init__(
        self,
        shelf: ModelIndex,
        tell: Tell,
        *,
        patience: Patience | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._shelf = shelf
        self._tell = tell
        self._environ = environ
        self._files = FilePuller(shelf.digests, tell, patience=patience, environ=environ)

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
            self._tell(PullNote(entry.name, licence_in_words(entry.licence)))
        if entry.hub:
            from paintgraph.models.pulling.hub_pulling import pull_repository

            pull_repository(entry, self._shelf, self._files, self._environ)
        else:
            self._pull_files(entry)
        return self._shelf.require(self._shelf.look(entry))

    def _sound(self, entry: ModelEntry) -> Placed | None:
        """The model if it is there and sound; files that were never read before are read."""
        finding = self._shelf.look(entry)
        if finding.placed is None or finding.faults:
            return None
        for name, path in finding.placed.files.items():
            meter = Meter(self._tell, entry.name, name, "check")
            self._shelf.digests.digests_of(path, listening=Listening(meter))
        finding = self._shelf.look(entry)
        return None if finding.faults else finding.placed

    def _pull_files(self, entry: ModelEntry) -> None:
        folder = self._shelf.places.folder(entry)
        seen = {}
        for file in entry.files:
            accepted = self._shelf.accepted(entry, file)
            target = folder / file.path
            remote = RemoteFile(entry.name, file.path, file.url, target, accepted, file.size)
            seen[file.path] = self._files.pull(remote)
        self._shelf.records.keep(entry.name, seen)
