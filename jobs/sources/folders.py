"""Where paintgraph keeps things: one data folder, its parts by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from paintgraph.base.errors import Error
from paintgraph.base.files import make_folder

VARIABLE = "PAINTGRAPH_DATA_DIR"
_OWN = 0o700  # prompts and pictures are nobody else's


class FolderError(Error):
    """The data folder cannot be made."""

    code = "no_data_folder"


@dataclass(frozen=True, slots=True)
class Folders:
    """The parts of a data folder; those that are written to are made when first used.

    `elsewhere` has parts that lie in other folders, by name: inputs, outputs, temp, user.
    """

    data: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)

    @property
    def blobs(self) -> Path:
        """Bytes by digest."""
        return self._made("blobs")

    @property
    def inputs(self) -> Path:
        """Pictures that graphs may name."""
        return self._made("inputs")

    @property
    def outputs(self) -> Path:
        """What jobs saved."""
        return self._made("outputs")

    @property
    def temp(self) -> Path:
        """What jobs showed without keeping it."""
        return self._made("temp")

    @property
    def user(self) -> Path:
        """What editors keep for their users: settings, workflows."""
        return self._made("user")

    @property
    def results(self) -> Path:
        """Results that are more expensive to compute than to keep."""
        return self._made("results")

    @property
    def recipes(self) -> Path:
        """The user's own recipes; need not be there."""
        return self.data / "recipes"

    @property
    def records(self) -> Path:
        """What the last runs depended on."""
        return self._made("records")

    @property
    def copies(self) -> "Folders":
        """Of what a bucket has: apart from what lies here alone, so that both may have a name."""
        return Folders(self.data / "copies")

    def of_client(self, name: str | None) -> "Folders":
        """The folders of one client of a server; what jobs make lies together. None: these."""
        if name is None:
            return self
        together = {"outputs": self.outputs, "temp": self.temp}
        return Folders(self.data / "clients" / name, together)

    def _made(self, name: str) -> Path:
        folder = self.elsewhere.get(name) or self.data / name
        try:
            if name not in self.elsewhere:
                make_folder(self.data, mode=_OWN)
            make_folder(folder)
        except OSError as error:
            raise FolderError(
                f"the data folder '{self.elsewhere.get(name, self.data)}' cannot be used: "
                f"{error.strerror}. Set {VARIABLE} to a folder that can be written."
            ) from error
        return folder


def default_folders() -> Folders:
    """The folder that PAINTGRAPH_DATA_DIR names, else one among the user's own data."""
    named = os.environ.get(VARIABLE)
    return Folders(Path(named) if named else user_data_path("paintgraph", appauthor=False))
