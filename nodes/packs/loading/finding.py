"""Which packs there are in the folders that a user names, and by what their code is known."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from paintgraph.base.errors import Error

_CODE = (".py", ".json", ".yaml", ".yml", ".toml", ".txt", ".csv", ".so", ".pyd")
_MOST_BYTES = 32 * 2**20
_SKIPPED = frozenset({"__pycache__", ".git", "node_modules", ".venv", "venv"})


class PackFolderError(Error):
    """A folder of packs cannot be read."""

    code = "bad_node_packs"


@dataclass(frozen=True)
class Pack:
    """One pack: a folder with an `__init__.py`, or a single Python file.

    `name` is that of the folder or file, and tells packs apart for people.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, or that of the file without its suffix."""
        return self.path.name if self.path.is_dir() else self.path.stem

    @property
    def file(self) -> Path:
        """What is imported."""
        return self.path / "__init__.py" if self.path.is_dir() else self.path

    @property
    def module(self) -> str:
        """The name that it is imported under: its path, without dots, as these part packages."""
        return str(self.path.with_suffix("") if self.path.is_file() else self.path).replace(
            ".", "_x_"
        )

    @property
    def python_module(self) -> str:
        """Where editors say that its nodes come from."""
        return f"custom_nodes.{self.name}"

    @cached_property
    def digest(self) -> str:
        """Of its files: of code and data what is in them, of all others how large they are.

        Made when it is first asked for, which is to be when the pack is imported.
        """
        files = sorted(_files(self.path)) if self.path.is_dir() else [self.path]
        digest = blake2b(digest_size=16)
        for file in files:
            size = file.stat().st_size
            digest.update(f"{file.relative_to(self.path.parent).as_posix()}\n{size}\n".encode())
            if file.suffix.lower() in _CODE and size <= _MOST_BYTES:
                digest.update(file.read_bytes())
        return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name not in _SKIPPED]
        for name in names:
            file = Path(place, name)
            if file.is_file() and file.suffix != ".pyc":
                yield file


def find_packs(sources: Iterable[str | os.PathLike[str]]) -> list[Pack]:
    """The packs of some folders, in their order, then by name.

    A source is a folder in which packs lie, a single pack, or ComfyUI's `extra_model_paths.yaml`,
    of which the folders under `custom_nodes` count. What ends in .disabled is left out. Raises
    PackFolderError.
    """
    found = [pack for source in sources for pack in _packs_of(Path(source))]
    return list(dict.fromkeys(found))


def pack_folders(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The folders that the packs of some sources lie in; raises PackFolderError."""
    return list(dict.fromkeys(folder for source in sources for folder in _folders(Path(source))))


def _packs_of(source: Path) -> Iterator[Pack]:
    source = source.expanduser().resolve()
    if source.suffix == ".py" or (source / "__init__.py").is_file():
        yield Pack(source)
        return
    for folder in _folders(source):
        for path in sorted(folder.iterdir(), key=lambda path: path.name.casefold()):
            if _is_pack(path):
                yield Pack(path)


def _folders(source: Path) -> list[Path]:
    source = source.expanduser().resolve()
    if source.suffix in (".yaml", ".yml"):
        return _listed(source)
    if source.suffix == ".py" and source.is_file():
        return [source.parent]
    if not source.is_dir():
        raise PackFolderError(
            f"'{source}' is no folder with node packs; allowed is a folder, a pack, or ComfyUI's "
            "extra_model_paths.yaml. Check the spelling."
        )
    return [source.parent] if (source / "__init__.py").is_file() else [source]


def _listed(file: Path) -> list[Path]:
    """The folders under `custom_nodes` of an `extra_model_paths.yaml` that are there."""
    from paintgraph.models.catalogue.places import ComfyFolders
    from paintgraph.models.errors import CatalogueError

    try:
        named = ComfyFolders(file).of_kind("custom_nodes")
    except CatalogueError as error:
        raise PackFolderError(str(error)) from error
    return [folder for folder in named if folder.is_dir()]


def _is_pack(path: Path) -> bool:
    if path.name.startswith((".", "__")) or path.name.endswith(".disabled"):
        return False
    if path.is_dir():
        return any(path.glob("*.py"))
    return path.suffix == ".py"
