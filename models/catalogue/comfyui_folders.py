"""The folders that a ComfyUI's `extra_model_paths.yaml` names."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from paintgraph.models.errors import CatalogueError

_MOST_BYTES = 2**20


class ComfyFolders:
    """Each section of the file has a `base_path` and folders by kind, several on lines of one text.

    Raises CatalogueError if the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                sections = yaml.safe_load(file.read(_MOST_BYTES))
        except (OSError, yaml.YAMLError, RecursionError) as error:
            raise CatalogueError(
                f"'{path}', ComfyUI's extra model paths, cannot be read: {error}. Mend the file, "
                "or unset PAINTGRAPH_EXTRA_MODEL_PATHS."
            ) from error
        self._folders = tuple(dict.fromkeys(_folders(sections, path.parent)))

    def folders(self) -> Iterator[Path]:
        """All that are there."""
        return (folder for folder in self._folders if folder.is_dir())

    def find_folder(self, name: str, file: str) -> Path | None:
        """The first folder of this name that holds a file of that name."""
        return next((f / name for f in self.folders() if (f / name / file).is_file()), None)


def _folders(sections: object, beside: Path) -> Iterator[Path]:
    for section in sections.values() if isinstance(sections, dict) else ():
        if not isinstance(section, dict):
            continue
        base = beside / Path(str(section.get("base_path") or "")).expanduser()
        for kind, text in section.items():
            if isinstance(text, str) and kind not in ("base_path", "is_default"):
                yield from (base / line.strip() for line in text.splitlines() if line.strip())
