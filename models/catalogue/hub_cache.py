"""The cache of huggingface_hub, read without that library: it is shared with other programs."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_DEFAULT_REVISION = "main"
_INDEX_SUFFIX = ".index.json"
_WEIGHTS = (".safetensors", ".bin", ".pt", ".onnx")
_SHA256 = re.compile(r"[0-9a-f]{64}")
INDEX = "model_index.json"
"""The file that a folder with a pipeline of diffusers has."""

_HEADS = (INDEX, "config.json")
"""One of them is in every repository that a pipeline or a transformer is loaded from."""


class HubCache:
    """Repositories in the folder that HF_HUB_CACHE or HF_HOME name."""

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
        named = revision or _DEFAULT_REVISION
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
    for index in folder.rglob(f"*{_INDEX_SUFFIX}"):
        shards = _json(index).get("weight_map")
        if isinstance(shards, dict):
            yield from (index.parent / str(shard) for shard in set(shards.values()))


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
