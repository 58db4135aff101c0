"""Bundles: a picture, the graph that it carries and all inputs of that in one ZIP file.

Whoever opens one trusts nothing in it: names choose no path, sizes are counted while they are
read, and an input counts only if it has the digest that its name tells.
"""

import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Problem
from paintgraph.base.files import write_whole
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.recipes.carrying import pictures_of

_RESULTS = ("result.png", "result.webp")
_INPUTS = "inputs/"
_MOST_ENTRIES = 1000
_MOST_BYTES = 2 << 30
_CHUNK = 1 << 20
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_OLDEST = (1980, 1, 1, 0, 0, 0)  # of all entries, so that equal bundles are equal files


def is_bundle(path: Path) -> bool:
    """Whether a file is a ZIP file; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\3\4"
    except OSError:
        return False


def write_bundle(path: Path, picture: Path, form: str, graph: Graph, assembly: Assembly) -> int:
    """Write a picture, its graph and the inputs that the graph names; gives how many these are.

    The inputs must be there, as after `find_inputs`. Raises OSError.
    """
    document = write_native(with_names(graph, assembly.registry))
    inputs = pictures_of(graph, assembly.registry)
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as bundle:
            text = orjson.dumps(document, option=orjson.OPT_INDENT_2)
            bundle.writestr(zipfile.ZipInfo(f"result.{form}", _OLDEST), picture.read_bytes())
            bundle.writestr(zipfile.ZipInfo("graph.json", _OLDEST), text)
            for digest in inputs:
                name = f"{_INPUTS}{digest.removeprefix('sha256:')}"
                bundle.writestr(zipfile.ZipInfo(name, _OLDEST), assembly.blobs.get(digest))
        file.seek(0)
        write_whole(path, file.read())
    return len(inputs)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The picture of a bundle in a folder of its own, with its inputs beside it.

    The folder is gone at the end of the `with` statement. Raises GraphError for what is no sound
    bundle.
    """
    with tempfile.TemporaryDirectory(prefix="paintgraph-") as folder:
        try:
            with zipfile.ZipFile(path) as bundle:
                picture = _unpack(bundle, Path(folder))
        except _DAMAGES as error:
            raise _refused("is damaged. Make it again, or copy it again") from error
        yield picture


def _unpack(bundle: zipfile.ZipFile, folder: Path) -> Path:
    entries = bundle.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise _refused(f"has {len(entries)} entries; allowed are {_MOST_ENTRIES}")
    names = [entry.filename for entry in entries]
    results = [name for name in names if name in _RESULTS]
    if len(results) != 1 or len(set(names)) != len(names):
        raise _refused(f"holds no picture, or several; one of {' and '.join(_RESULTS)} is allowed")
    room = _MOST_BYTES
    for entry in entries:
        digest = entry.filename.removeprefix(_INPUTS)
        is_input = entry.filename.startswith(_INPUTS) and _is_digest(digest)
        if not is_input and entry.filename not in _RESULTS:
            continue  # for people, or nobody knows what for
        if entry.compress_type not in _PLAIN or entry.flag_bits & _ENCRYPTED:
            raise _refused("is encrypted, or packed in a way that is not read")
        target = folder / (digest if is_input else results[0])
        with bundle.open(entry) as packed:
            found, size = _copied(packed, target, room)
        room -= size
        if is_input and found != digest:
            raise _refused(f"holds an input that does not have its digest, {digest}")
    return folder / results[0]


def _copied(packed: IO[bytes], target: Path, room: int) -> tuple[str, int]:
    """Write what an entry holds; gives its digest and its bytes."""
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > room:
                raise _refused(f"unpacks to more than {_MOST_BYTES >> 30} GiB")
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest(), size


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _refused(reason: str) -> GraphError:
    message = f"the bundle {reason}. 'paintgraph bundle out.png' writes sound ones."
    return GraphError([Problem("bad_bundle", message)])
