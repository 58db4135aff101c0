"""Puts the stand-ins under the names that packs import, for the whole process.

To be used in processes that load packs only: names such as `nodes` and `server` are taken then.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from paintgraph.nodes.packs.host.placeholders import Placeholder

STANDINS = "paintgraph.nodes.packs.standins"
_PLACED = ("folder_paths.py", "nodes.py", "server.py", "execution.py", "comfy/__init__.py")
TOPS = frozenset(
    {
        *("folder_paths", "nodes", "server", "node_helpers", "execution", "latent_preview"),
        *(
            "comfy",
            "comfy_extras",
            "comfy_execution",
            "comfy_api",
            "comfy_config",
            "comfyui_version",
        ),
        *("app", "api_server", "comfy_api_nodes", "cuda_malloc"),
    }
)
"""Top-level modules of ComfyUI; whatever lies within them is a stand-in or a placeholder."""


class StandinFinder(MetaPathFinder, Loader):
    """Finds every module of ComfyUI's names, before anything of the same name on the disk."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How a module is loaded; None for those of others."""
        del path, target
        if fullname.partition(".")[0] not in TOPS:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in itself, so that packs and paintgraph know the same classes."""
        name = f"{STANDINS}.{spec.name}"
        if not _exists(name):
            return Placeholder(spec.name)
        module = import_module(name)
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run; a stand-in keeps the spec that it was loaded by."""
        spec = module.__spec__
        if spec is not None and spec.name in self._specs:
            module.__spec__ = self._specs.pop(spec.name)


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # not even what it would lie in
        return False


def install() -> None:
    """Take the names in this process, once."""
    if not any(isinstance(finder, StandinFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, StandinFinder())


def place(base: Path, packs: Sequence[Path] = ()) -> None:
    """Let the modules lie in a folder, by which packs find the program's own and what is in it.

    `packs` are the folders of packs, in which they find each other as parts of `custom_nodes`.
    """
    custom_nodes = ModuleType("custom_nodes")
    custom_nodes.__path__ = [str(folder) for folder in packs]
    sys.modules["custom_nodes"] = custom_nodes
    for file in _PLACED:
        name = file.partition(".")[0].partition("/")[0]
        import_module(f"{STANDINS}.{name}").__file__ = str(base / file)
