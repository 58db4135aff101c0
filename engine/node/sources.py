"""What the code behind a node is known by, so that no result of other code is taken for its own."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

OWN = __name__.partition(".")[0]
_FOLDER = Path(__file__).parents[2]
_COMPUTING = ("base", "imaging", "models", "nodes")
"""Folders of this package whose sources decide what a node gives."""

_SUFFIXES = (".py", ".yaml", ".json")
_INSTALLED = ("site-packages", "dist-packages")
"""Where the modules beside a module are packages of others; a node names those itself."""


@cache
def own_digest() -> str:
    """Of all that computes in paintgraph; read once: what runs is what lay there at the start."""
    found = (path for folder in _COMPUTING for path in (_FOLDER / folder).rglob("*.*"))
    return _digest((path for path in found if path.suffix in _SUFFIXES), {})


def sources_of(function: Callable[..., Any]) -> str | None:
    """Digest of the sources of another author's node; "" for a node of paintgraph.

    Of a package all its Python files count, of a single module its file and those beside it that it
    imports. To be asked while the code is loaded, as it may be edited while it runs; other modules
    count as they were when they were first seen after they were loaded. None if the sources do not
    say all: code without a file (a notebook), or inside of another function, whose variables it
    may use.
    """
    top = function.__module__.partition(".")[0]
    if top == OWN:
        return ""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or "<locals>" in function.__qualname__:
        return None
    package = getattr(sys.modules.get(top), "__path__", ())
    files = {file for folder in package for file in Path(folder).rglob("*.py")}
    try:
        found = _digest(files or _with_helpers(Path(code.co_filename)), _loaded())
    except OSError:
        return None
    return f"{found} {code.co_firstlineno}"


def _with_helpers(file: Path) -> set[Path]:
    """A file and those beside it that it imports, itself or by others."""
    found: set[Path] = set()
    pending = [file]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found.add(path)
        if file.parent.name not in _INSTALLED:
            for name in _imported(*_facts(path)):
                module, package = file.with_name(f"{name}.py"), file.with_name(name)
                pending += [module] if module.is_file() else package.rglob("*.py")
    return found


@lru_cache(256)
def _imported(file: Path, *_: int) -> frozenset[str]:
    """The modules and packages that a file imports, without their parts."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(name.partition(".")[0] for name in _names(tree)) - {OWN, ""}


def _names(tree: ast.AST) -> Iterator[str]:
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            yield statement.module or ""


def _loaded() -> dict[str, ModuleSpec]:
    """By their files how the modules of this process were loaded."""
    loaded = {}
    for module in list(sys.modules.values()):
        facts = getattr(module, "__dict__", {})  # no attribute: some modules load more by one
        if isinstance(facts.get("__file__"), str) and facts.get("__spec__") is not None:
            loaded[facts["__file__"]] = facts["__spec__"]
    return loaded


def _digest(files: Iterable[Path], loaded: Mapping[str, ModuleSpec]) -> str:
    digest = blake2b(digest_size=16)
    for file in sorted(files):
        digest.update(_content_digest(file, loaded.get(str(file))))
    return digest.hexdigest()


def _content_digest(file: Path, spec: ModuleSpec | None) -> bytes:
    """Of a file's name and content; of one that is loaded as it was when that was first seen."""
    known = _SEEN.get(file)
    if spec is not None and known is not None and known[0] is spec:
        return known[1]
    found = _read_digest(*_facts(file))
    if spec is not None:
        _SEEN[file] = spec, found
    return found


_SEEN: dict[Path, tuple[ModuleSpec, bytes]] = {}
"""By file how it was loaded, which a reload makes anew, and the digest of what was loaded."""


@lru_cache(4096)
def _read_digest(file: Path, *_: int) -> bytes:
    return blake2b(file.name.encode() + b"\n" + file.read_bytes(), digest_size=16).digest()


def _facts(file: Path) -> tuple[Path, int, int]:
    """A file, when it was changed and its size."""
    facts = file.stat()
    return file, facts.st_mtime_ns, facts.st_size
