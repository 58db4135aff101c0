"""Imports one pack, and finds the node classes that it declares."""

import asyncio
import contextlib
import importlib.util
import inspect
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from paintgraph.nodes.own import place_of
from paintgraph.nodes.packs.loading.finding import Pack
from paintgraph.nodes.packs.loading.guard import RefusedError
from paintgraph.nodes.packs.loading.report import needed

_LIBRARY = frozenset(sys.stdlib_module_names)


class NotLoadedError(Exception):
    """A pack cannot be loaded; the message says why, and what helps."""


@dataclass(slots=True)
class Imported:
    """What importing a pack gave.

    Attributes:
        classes: node classes by the names that graphs know them by.
        titles: the names that people see, where they differ.
        missing: modules that it asked for in vain, whether it minded or not.
        web: folder of its scripts for the page, or "".
        why: what kept it from being imported, or "".
        seconds: how long it took.
    """

    classes: dict[str, type] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    web: str = ""
    why: str = ""
    seconds: float = 0.0


def prestart(pack: Pack) -> str:
    """Run the script that a pack wants to run before anything is imported; why it failed, or ""."""
    script = pack.path / "prestartup_script.py"
    if not pack.path.is_dir() or not script.is_file():
        return ""
    with _asking(pack) as missing:
        try:
            _run(f"{pack.module}.prestartup_script", script)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - another author's code
            return _cause("its prestartup_script.py fails", error, missing)
    return ""


def import_pack(pack: Pack) -> Imported:
    """Import a pack; whatever it raises is in `why`."""
    found = Imported()
    began = time.perf_counter()
    with _asking(pack) as missing:
        try:
            module = _run(pack.module, pack.file)
            _take_classes(module, found)
            found.web = _web_folder(module, pack)
        except NotLoadedError as error:
            found.why = str(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - another author's code
            found.why = _cause("it cannot be imported", error, missing)
    found.missing = tuple(missing)
    found.seconds = time.perf_counter() - began
    return found


def _run(name: str, file: Path) -> ModuleType:
    """The module of a file, run anew; that of an `__init__.py` is a package."""
    inside = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    if spec is None or spec.loader is None or not file.is_file():
        raise NotLoadedError(f"there is no Python file '{file}'. Remove the folder, or mend it.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _take_classes(module: ModuleType, found: Imported) -> None:
    """The classes of a V1 pack, of a V3 pack, or of both."""
    mappings = getattr(module, "NODE_CLASS_MAPPINGS", None)
    enter = getattr(module, "comfy_entrypoint", None)
    if not isinstance(mappings, Mapping) and enter is None:
        raise NotLoadedError(
            "it declares no nodes: it has neither NODE_CLASS_MAPPINGS nor comfy_entrypoint. Remove "
            "it from the folder if it is no node pack."
        )
    if isinstance(mappings, Mapping):
        found.classes.update(mappings)
    if enter is not None:
        for each in asyncio.run(_entered(enter)):
            found.classes.setdefault(_id_of(each), each)
    titles = getattr(module, "NODE_DISPLAY_NAME_MAPPINGS", None)
    if isinstance(titles, Mapping):
        found.titles.update(titles)


def _id_of(node: Any) -> str:
    """The name of a V3 class in graphs; its own name if it fails, as which it is told then."""
    try:
        id_: str = node.GET_SCHEMA().node_id
    except Exception:  # noqa: BLE001 - another author's code, which is called once more
        return getattr(node, "__name__", repr(node))
    return id_


async def _entered(enter: Any) -> Sequence[Any]:
    """The classes of a V3 pack."""
    extension = enter()
    if inspect.isawaitable(extension):
        extension = await extension
    await extension.on_load()
    classes: Sequence[Any] = await extension.get_node_list()
    return classes


def _web_folder(module: ModuleType, pack: Pack) -> str:
    """The folder of scripts for the page; always inside of the pack."""
    named = getattr(module, "WEB_DIRECTORY", None) or _named_web(pack)
    if not isinstance(named, str) or not pack.path.is_dir():
        return ""
    folder = (pack.path / named).resolve()
    inside = folder.is_relative_to(pack.path.resolve())
    return str(folder) if inside and folder.is_dir() else ""


def _named_web(pack: Pack) -> str | None:
    import tomllib

    try:
        text = (pack.path / "pyproject.toml").read_text("utf-8")
        named = tomllib.loads(text)["tool"]["comfy"]["web"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return named if isinstance(named, str) else None


def _cause(what: str, error: BaseException, missing: Sequence[str]) -> str:
    """Why another author's code failed, and what helps."""
    where = place_of(error).removeprefix(", ")
    place = f" ({where})" if where else ""
    top = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if top and top in missing:
        return needed((top,))
    if isinstance(error, SystemExit):
        return f"{what}: it ended the program{place}. Mend it, or leave it out."
    if isinstance(error, RefusedError):
        return f"{what}: {error}{place}."
    text = f"{error}".strip().rstrip(".")
    why = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{what}: {why}{place}. Mend it, or leave it out."


class _Missing(MetaPathFinder):
    """Asked last of all, notes what a pack imports and nobody finds."""

    def __init__(self, pack: Pack) -> None:
        self._prefix = str(pack.path)
        self._module = pack.module
        self.found: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Nothing; a name is noted if code of the pack asks for it."""
        del target
        top = fullname.partition(".")[0]
        if path is None and top not in _LIBRARY and top not in self.found and self._is_asking():
            self.found.append(top)
        return None

    def _is_asking(self) -> bool:
        """Whether the code that imports is the pack's, and not that of a library that it uses."""
        frame = inspect.currentframe()
        while frame is not None:
            file = frame.f_code.co_filename
            if file != __file__ and "importlib" not in file:
                return file.startswith(self._prefix)
            frame = frame.f_back
        return False


@contextlib.contextmanager
def _asking(pack: Pack) -> Iterator[list[str]]:
    """While this lasts, what a pack asks for in vain is noted."""
    finder = _Missing(pack)
    sys.meta_path.append(finder)
    try:
        yield finder.found
    finally:
        sys.meta_path.remove(finder)
