"""What pulls saw: the digests of files that the catalogue gives none for."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from paintgraph.base.files import write_whole
from paintgraph.models.catalogue.entries import Digest


class Records:
    """One small file for each model that was pulled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digests(self, name: str, file: str) -> tuple[Digest, ...]:
        """The digest that a model's file had when it was first pulled; empty if it never was."""
        seen = self._read(name).get(file)
        return (seen,) if seen else ()

    def keep(self, name: str, digests: Mapping[str, Digest]) -> None:
        """Keep the digests of a model's files; of those that are known already, the old ones.

        Where nothing can be written nothing is kept: files that no catalogue knows stay unknown.
        """
        text = json.dumps({**digests, **self._read(name)}, indent=1)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(name), text.encode())

    def forget(self, name: str) -> None:
        """Drop a model."""
        self._path(name).unlink(missing_ok=True)

    def _read(self, name: str) -> dict[str, Digest]:
        try:
            found = json.loads(self._path(name).read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(file): str(digest) for file, digest in found.items()}

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
