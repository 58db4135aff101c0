"""Nodes of other authors: in a file, a module, an installed package, or a function."""

import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from paintgraph.base.errors import Error
from paintgraph.engine.node.declaration import declaration_of
from paintgraph.engine.node.registry import Registry

GROUP = "paintgraph.nodes"
"""The group of entry points by which installed packages offer nodes."""


@runtime_checkable
class NodeLoader(Protocol):
    """What registers many nodes by itself, such as packs; it reports its faults in its own way."""

    def load_into(self, registry: Registry) -> None:
        """Register the nodes."""


Own = str | os.PathLike[str] | ModuleType | Callable[..., Any] | NodeLoader
"""A Python file, the name of a module, a module, a function that is declared as a node, a loader.
"""


_LIBRARY = sys.stdlib_module_names


class NodesError(Error):
    """Nodes of another author cannot be loaded."""

    code = "bad_nodes"


def add_own(registry: Registry, sources: Iterable[Own]) -> None:
    """Register the nodes of some sources, and those that installed packages offer.

    Raises NodesError with the file and line at fault.
    """
    for entry_point in entry_points(group=GROUP):
        owner = f" of the package '{entry_point.dist.name}'" if entry_point.dist else ""
        _add(registry, f"the entry point '{entry_point.name}'{owner}", entry_point)
    for source in sources:
        if isinstance(source, NodeLoader):
            source.load_into(registry)
            continue
        _add(registry, f"'{getattr(source, '__name__', source)}'", source)


def _add(registry: Registry, name: str, source: Own | EntryPoint) -> None:
    with _guarded(name):
        functions = list(_functions(source))
        for function in functions:
            registry.add(declaration_of(function))
    if not functions:
        message = f"{name} declares no node; a node is a function under @paintgraph.node. Add one."
        raise NodesError(message)


def _functions(source: Own | EntryPoint) -> Iterator[object]:
    """The functions that a source declares as nodes, without those that it has of paintgraph."""
    if isinstance(source, EntryPoint):
        source = source.load()
    elif isinstance(source, os.PathLike) or (isinstance(source, str) and _is_file(source)):
        source = _loaded(Path(source))
    elif isinstance(source, str):
        source = import_module(source)
    if not isinstance(source, ModuleType):
        yield source
        return
    for value in list(vars(source).values()):
        if hasattr(value, "declaration") and not value.__module__.startswith(f"{__package__}."):
            yield value


def _is_file(name: str) -> bool:
    return name.endswith(".py") or os.sep in name


def _loaded(path: Path) -> ModuleType:
    """The module of a file, run anew, under a name that no other file has."""
    path = path.resolve()
    place = blake2b(bytes(path), digest_size=4).hexdigest()
    name = f"own_nodes_{path.stem}_{place}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NodesError(
            f"'{path}' is no Python file; allowed is a name that ends in .py. Name one."
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def _guarded(name: str) -> Iterator[None]:
    """Whatever another author's code raises becomes one kind of error."""
    try:
        yield
    except NodesError:
        raise
    except FileNotFoundError as error:
        raise NodesError(f"there is no file {name}. Check the spelling and the folder.") from error
    except (Exception, SystemExit) as error:
        where, why = place_of(error), f"{error}".rstrip(".") or "it ended the program"
        kind = "" if isinstance(error, Error) else f"{type(error).__name__}: "
        message = f"nodes of {name} cannot be loaded{where}: {kind}{why}. Mend them."
        raise NodesError(message) from error


def place_of(error: BaseException) -> str:
    """As ", FILE, line N" the last line of the other author's own code that it came by."""
    if isinstance(error, SyntaxError) and error.filename:
        return f", {error.filename}, line {error.lineno}"
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith("paintgraph.") and module.partition(".")[0] not in _LIBRARY:
            place = f", {frame.f_code.co_filename}, line {line}"
    return place
