"""Where models lie: our own folder, rembg's, the hub's cache, ComfyUI's. Nothing is loaded here.

Programs share their models: what another one pulled is found, and what we pull is found by it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from paintgraph.models.catalogue.comfyui_folders import ComfyFolders
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.found import INDEX
from paintgraph.models.catalogue.hub_cache import HubCache

VARIABLE = "PAINTGRAPH_MODELS_DIR"
COMFY_VARIABLE = "PAINTGRAPH_EXTRA_MODEL_PATHS"
"""Names the `extra_model_paths.yaml` of a ComfyUI whose models may be used."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A model whose files are all there.

    Attributes:
        files: absolute, by their path inside `folder`, in the entry's order; of a hub's
            repository all that is there.
        folder: holds them all.
        is_ours: whether our pulls write there, so that `remove` may delete it.
    """

    entry: ModelEntry
    folder: Path
    files: Mapping[str, Path]
    is_ours: bool = True

    @property
    def file(self) -> Path:
        """The first file: the only one of most models."""
        return next(iter(self.files.values()))


def default_models_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that PAINTGRAPH_MODELS_DIR names, else one in the user's cache."""
    named = environ.get(VARIABLE)
    return Path(named) if named else user_cache_path("paintgraph", appauthor=False) / "models"


class ModelPlaces:
    """Finds models; knows where a pull writes."""

    def __init__(self, models_dir: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.models_dir = models_dir
        self.hub = HubCache(environ)
        self._rembg = _rembg_homes(environ)
        named = environ.get(COMFY_VARIABLE)
        self._comfy = ComfyFolders(Path(named)) if named else None

    @property
    def rembg_home(self) -> Path:
        """Where rembg keeps its models: `models/NAME/NAME.onnx` inside."""
        return self._rembg[0]

    def find(self, entry: ModelEntry) -> Placed | None:
        """A model whose files are all there, or None; what is in them is not looked at."""
        if entry.hub:
            folder = self.hub.snapshot(entry.hub, entry.revision)
            if folder is None:
                return self._elsewhere(entry)
            return Placed(entry, folder, self.hub.files(folder))
        for folder in self._folders(entry):
            files = {file.path: folder / file.path for file in entry.files}
            if all(path.is_file() for path in files.values()):
                # The index of a pipeline stands for all files of its folder.
                return Placed(entry, folder, self.hub.files(folder) if INDEX in files else files)
        return self._elsewhere(entry)

    def folder(self, entry: ModelEntry) -> Path:
        """Where a pull writes."""
        return next(self._folders(entry))

    def _folders(self, entry: ModelEntry) -> Iterator[Path]:
        """Where it may lie, the place for pulls first."""
        if entry.hub:
            yield self.hub.repository(entry.hub)
        elif entry.family == "rembg":
            # Nowhere else: rembg itself would not look there.
            yield self.rembg_home / "models" / entry.name
            yield self._rembg[1]
        else:
            yield self.models_dir / entry.family / entry.name
            yield self.models_dir / entry.family

    def _elsewhere(self, entry: ModelEntry) -> Placed | None:
        """In ComfyUI's folders, if they were named; never rembg's, which rembg would not find."""
        if self._comfy is None or entry.family == "rembg":
            return None
        if entry.hub:
            folder = self._comfy.find_folder(entry.hub.rpartition("/")[2], "model_index.json")
            return Placed(entry, folder, self.hub.files(folder), is_ours=False) if folder else None
        for folder in self._comfy.folders():
            files = {file.path: folder / file.path for file in entry.files}
            if all(path.is_file() for path in files.values()):
                return Placed(entry, folder, files, is_ours=False)
        return None


def _rembg_homes(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Rembg's home and its old, flat one, by rembg's own rules."""
    data = environ.get("XDG_DATA_HOME")
    flat = environ.get("U2NET_HOME") or str(Path(data or "~") / ".u2net")
    home = environ.get("U2NET_HOME") or environ.get("REMBG_HOME")
    home = home or (str(Path(data) / "rembg") if data else "~/.rembg")
    return Path(home).expanduser(), Path(flat).expanduser()
