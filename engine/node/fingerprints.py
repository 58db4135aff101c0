"""What a node's result depends on besides its inputs: the code that computes it.

Kept results outlive the process that made them, so their keys contain this: after an upgrade, or an
edit of a node's source, nothing old is served.
"""

import secrets
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

from paintgraph.engine.graph.spec import NodeSpec

_OWN = __name__.partition(".")[0]
_FOLDER = Path(__file__).parents[2]
_COMPUTING = ("base", "imaging", "models", "nodes")
"""Folders of this package whose sources decide what a node gives."""

_SUFFIXES = (".py", ".yaml", ".json")
_THIS_PROCESS = secrets.token_hex(8)


def fingerprint(spec: NodeSpec, sources: str) -> str:
    """Declaration, sources and package versions as one text."""
    packages = [(name, _version(name)) for name in (_OWN, *spec.packages)]
    return orjson.dumps([spec.id, spec.version, sources, packages]).decode()


def source_digest(module: str, file: str) -> str:
    """Digest of the sources behind a node that `module` declares in `file`.

    Of a node of paintgraph all that computes in paintgraph, of a package all its Python files, of
    a single module its file. Code without a file (a notebook) has another digest in each process;
    "" if the code is not in this process at all.
    """
    top = module.partition(".")[0]
    if top == _OWN:
        return _own_digest()
    if not file:
        return ""
    package = getattr(sys.modules.get(top), "__path__", ())
    files = [found for folder in package for found in Path(folder).rglob("*.py")]
    files = files or [Path(file)]
    try:
        return _digest(files)
    except OSError:
        return _THIS_PROCESS


@cache
def _own_digest() -> str:
    """Read once: what this process runs is what lay there when it began."""
    found = (path for folder in _COMPUTING for path in (_FOLDER / folder).rglob("*.*"))
    return _digest(path for path in found if path.suffix in _SUFFIXES)


def _digest(files: Iterable[Path]) -> str:
    digest = blake2b(digest_size=16)
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
