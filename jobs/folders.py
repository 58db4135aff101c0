"""Where paintgraph keeps things: one data folder, its parts by name."""

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "PAINTGRAPH_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Folders:
    """The parts of a data folder; those that are written to are made when first used."""

    data: Path

    @property
    def blobs(self) -> Path:
        """Bytes by digest."""
        return self._made("blobs")

    @property
    def results(self) -> Path:
        """Results that are dearer to compute than to keep."""
        return self._made("results")

    @property
    def recipes(self) -> Path:
        """The user's own recipes; need not be there."""
        return self.data / "recipes"

    @property
    def records(self) -> Path:
        """What the last runs depended on."""
        return self._made("records")

    def _made(self, name: str) -> Path:
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def default_folders() -> Folders:
    """The folder that PAINTGRAPH_DATA_DIR names, else one among the user's own data."""
    named = os.environ.get(VARIABLE)
    return Folders(Path(named) if named else user_data_path("paintgraph", appauthor=False))
