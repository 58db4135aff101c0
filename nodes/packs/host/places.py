"""Where packs find and put files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one process. None of them need be there.

    Attributes:
        base: what packs take for the root of the program.
        models: in it a folder for each kind of model.
        inputs, outputs, temp, user: pictures given, saved and shown; settings.
        model_folders: more folders by kind of model, searched after those in `models`.
        packs: the folders that packs lie in.
    """

    base: Path
    models: Path
    inputs: Path
    outputs: Path
    temp: Path
    user: Path
    model_folders: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    packs: Sequence[Path] = ()

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The folders of pictures, and of what users keep."""
        return self.inputs, self.outputs, self.temp, self.user

    @staticmethod
    def below(
        base: Path,
        models: Path | None = None,
        model_folders: Mapping[str, Sequence[Path]] | None = None,
        packs: Sequence[Path] = (),
    ) -> "Places":
        """All in one folder, under the names of a data folder."""
        return Places(
            base,
            models or base / "models",
            base / "inputs",
            base / "outputs",
            base / "temp",
            base / "user",
            model_folders or {},
            packs,
        )
