"""Files that a client's graphs may name: its own inputs, then those for all; what its jobs made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from paintgraph.jobs.sources.references import References
from paintgraph.jobs.sources.trees import FileTree
from paintgraph.jobs.storage import Storage
from paintgraph.jobs.store.queries import JobQueries


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The files of one client, or of all.

    Attributes:
        inputs: named pictures; of several of one name, that of the first tree counts.
        made: what jobs saved and showed, by "output" and "temp"; `NamedFiles.may_read` some of it.
        user: what editors keep for it.
        references: what binds names of pictures.
    """

    inputs: tuple[FileTree, ...]
    made: Mapping[str, FileTree]
    user: FileTree
    references: References


class NamedFiles:
    """Gives each client its files."""

    def __init__(self, storage: Storage, jobs: JobQueries) -> None:
        self.storage = storage
        self._jobs = jobs

    def of(self, owner: str | None) -> ClientFiles:
        """The files of a client; None: everybody's."""
        tree = self.storage.tree
        owners = (None,) if owner is None else (owner, None)
        inputs = tuple(tree("inputs", each) for each in owners)
        made = {"output": tree("outputs"), "temp": tree("temp")}
        may_read = partial(self.may_read, owner)
        references = References(self.storage.blobs, inputs[0], made, inputs[1:], may_read)
        return ClientFiles(inputs, made, tree("user", owner), references)

    def may_read(self, owner: str | None, kind: str, path: str) -> bool:
        """Whether a client may read a file that jobs made, by kind and path in its folder."""
        return owner is None or self._jobs.of(owner).has_published(f"{kind}/{path}")
