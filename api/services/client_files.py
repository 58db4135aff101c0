"""Files that a client's graphs may name: its own inputs, then those for all; what its jobs made."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.sources.references import References
from paintgraph.jobs.storage import Storage
from paintgraph.jobs.store.queries import JobQueries


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The files of one client, or of all.

    Attributes:
        folders: where they lie.
        inputs: folders of named pictures; of several of one name, that of the first counts.
        references: what binds their names.
    """

    folders: Folders
    inputs: tuple[Path, ...]
    references: References


class NamedFiles:
    """Gives each client its files."""

    def __init__(self, storage: Storage, folders: Folders, jobs: JobQueries) -> None:
        self.storage = storage
        self._folders = folders
        self._jobs = jobs

    def of(self, owner: str | None) -> ClientFiles:
        """The files of a client; None: everybody's."""
        shared = self._folders
        folders = shared.of_client(owner)
        inputs = (folders.inputs,) if owner is None else (folders.inputs, shared.inputs)
        made = {"output": shared.outputs, "temp": shared.temp}
        may_read = partial(self.may_read, owner)
        references = References(self.storage.blobs, inputs[0], made, inputs[1:], may_read)
        return ClientFiles(folders, inputs, references)

    def may_read(self, owner: str | None, kind: str, path: str) -> bool:
        """Whether a client may read a file that jobs made, by kind and path in its folder."""
        return owner is None or self._jobs.of(owner).has_published(f"{kind}/{path}")
