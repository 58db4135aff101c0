"""Where models lie: our own folder, a library's, the hub's cache, ComfyUI's.

Programs share their models: what another one pulled is found, and what we pull is found by it.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from platformdirs import user_cache_path

from paintgraph.models.catalogue.entries import ModelEntry, Placed
from paintgraph.models.catalogue.family import Families, Family
from paintgraph.models.errors import CatalogueError

_WEIGHTS = (".safetensors", ".bin", ".pt", ".onnx")
_SHA256 = re.compile(r"[0-9a-f]{64}")
INDEX = "model_index.json"
"""The file that a folder with a pipeline of diffusers has."""

_HEADS = (INDEX, "config.json")
"""One of them is in every repository that a pipeline or a transformer is loaded from."""


class HubCache:
    """Repositories in the folder that HF_HUB_CACHE or HF_HOME name.

    Read without huggingface_hub, whose import takes 0.2 s: graphs are checked with this.
    The layout: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        home = environ.get("HF_HOME")
        if not home:
            cache = environ.get("XDG_CACHE_HOME") or "~/.cache"
            home = str(Path(cache) / "huggingface")
        self.folder = Path(environ.get("HF_HUB_CACHE") or str(Path(home) / "hub")).expanduser()

    def repository(self, hub: str) -> Path:
        """The folder of a repository, OWNER/NAME."""
        return self.folder / f"models--{hub.replace('/', '--')}"

    def snapshot(self, hub: str, revision: str = "") -> Path | None:
        """The folder with the files of a revision, if they are all there."""
        repository = self.repository(hub)
        named = revision or "main"
        try:
            commit = (repository / "refs" / named).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            commit = named  # a revision may be a commit itself
        folder = repository / "snapshots" / commit
        return folder if folder.is_dir() and is_complete(folder) else None

    def files(self, folder: Path) -> dict[str, Path]:
        """All files below a folder by their path in it."""
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path for path in found}

    def digests(self, path: Path) -> tuple[str, ...]:
        """The digest of a large file as the hub gave it: the cache names its files so."""
        name = path.resolve().name
        return (f"sha256:{name}",) if path.is_symlink() and _SHA256.fullmatch(name) else ()


def is_complete(folder: Path) -> bool:
    """Whether nothing is missing that the files themselves name.

    An interrupted pull leaves a snapshot that lacks parts of a pipeline, or shards of weights.
    """
    heads = [folder / name for name in _HEADS if (folder / name).is_file()]
    if not heads:
        return False
    has_weights = all(_has_weights(config.parent) for config in folder.rglob("config.json"))
    return has_weights and all(path.exists() for path in _named(folder, heads[0]))


def _has_weights(folder: Path) -> bool:
    return any(path.suffix in _WEIGHTS and path.is_file() for path in folder.iterdir())


def _named(folder: Path, head: Path) -> Iterator[Path]:
    """What has to be there: components of a pipeline, shards of weights."""
    if head.name == _HEADS[0]:
        parts = _json(head).items()
        components = [
            name
            for name, of in parts
            if not name.startswith("_") and isinstance(of, list) and of[:1] != [None]
        ]
        yield from (folder / name for name in components)
    for index in folder.rglob("*.index.json"):
        shards = _json(index).get("weight_map")
        if isinstance(shards, dict):
            yield from (index.parent / str(shard) for shard in set(shards.values()))


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


VARIABLE = "PAINTGRAPH_MODELS_DIR"
COMFY_VARIABLE = "PAINTGRAPH_EXTRA_MODEL_PATHS"
"""Names the `extra_model_paths.yaml` of a ComfyUI whose models may be used."""

_MOST_BYTES = 2**20


def default_models_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that PAINTGRAPH_MODELS_DIR names, else one in the user's cache."""
    named = environ.get(VARIABLE)
    return Path(named) if named else user_cache_path("paintgraph", appauthor=False) / "models"


class ModelPlaces:
    """Finds models; knows where a pull writes."""

    def __init__(
        self, families: Families, models_dir: Path, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.models_dir = models_dir
        self.hub = HubCache(environ)
        self._families = families
        self._environ = environ
        named = environ.get(COMFY_VARIABLE)
        self._comfy = ComfyFolders(Path(named)) if named else None

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

    def in_comfyui(self, family: Family) -> Iterator[Path]:
        """The folders of a ComfyUI that are a family's own, if they were named."""
        if self._comfy is not None and family.comfy_folders:
            yield from self._comfy.folders(*family.comfy_folders)

    def _folders(self, entry: ModelEntry) -> Iterator[Path]:
        """Where it may lie, the place for pulls first."""
        if entry.hub:
            yield self.hub.repository(entry.hub)
        else:
            family = self._families.get(entry.family)
            yield from family.folders(entry, self.models_dir, self._environ)

    def _elsewhere(self, entry: ModelEntry) -> Placed | None:
        """In ComfyUI's folders, if they were named."""
        family = self._families.get(entry.family)
        if self._comfy is None or not family.is_in_comfyui:
            return None
        if entry.hub:
            folder = self._comfy.find_folder(entry.hub.rpartition("/")[2], INDEX)
            return Placed(entry, folder, self.hub.files(folder), is_ours=False) if folder else None
        for folder in self._comfy.folders(*family.comfy_folders):
            files = {file.path: folder / file.path for file in entry.files}
            if all(path.is_file() for path in files.values()):
                return Placed(entry, folder, files, is_ours=False)
        return None


class ComfyFolders:
    """The folders that a ComfyUI's `extra_model_paths.yaml` names.

    Each section of the file has a `base_path` and folders by kind, several on lines of one text.

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
        self._by_kind: dict[str, list[Path]] = {}
        for kind, folder in _folders(sections, path.parent):
            self._by_kind.setdefault(kind, []).append(folder)

    def folders(self, *kinds: str) -> Iterator[Path]:
        """Those of some kinds, or all, that are there."""
        every = (folder for kind in kinds or self._by_kind for folder in self.of_kind(kind))
        return (folder for folder in dict.fromkeys(every) if folder.is_dir())

    def kinds(self) -> list[str]:
        """The kinds of models that have folders, such as "checkpoints"."""
        return list(self._by_kind)

    def of_kind(self, kind: str) -> list[Path]:
        """The folders of a kind, there or not."""
        return list(self._by_kind.get(kind, ()))

    def find_folder(self, name: str, file: str) -> Path | None:
        """The first folder of this name that holds a file of that name."""
        return next((f / name for f in self.folders() if (f / name / file).is_file()), None)


def _folders(sections: object, beside: Path) -> Iterator[tuple[str, Path]]:
    """Kind and place of each folder."""
    for section in sections.values() if isinstance(sections, dict) else ():
        if not isinstance(section, dict):
            continue
        base = beside / Path(str(section.get("base_path") or "")).expanduser()
        for kind, text in section.items():
            if isinstance(text, str) and kind not in ("base_path", "is_default"):
                yield from (
                    (str(kind), base / each) for each in map(str.strip, text.splitlines()) if each
                )
