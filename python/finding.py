"""Pictures that a graph names by digest, as those do that pictures carry: found again, or missed.

They may be kept by paintgraph, or lie beside the picture, in the current or the input folder.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.recipes.carrying import pictures_of
from paintgraph.jobs.sources.finding import find_files


def find_inputs(graph: Graph, given: Collection[str], assembly: Assembly) -> dict[str, Path]:
    """Have the pictures ready that a graph names by digest; gives the files that were found.

    `given` are the inputs that the caller gives something else. Raises GraphError that names each
    picture that is missing, with its input and digest.
    """
    needed = {
        digest: [name for name in names if name not in given]
        for digest, names in pictures_of(graph, assembly.registry).items()
        if digest not in assembly.blobs
    }
    needed = {digest: names for digest, names in needed.items() if names}
    if not needed:
        return {}
    folders = list(_folders(graph, assembly.input_folder))
    sizes = sizes_of(graph)
    found = find_files({digest: sizes.get(digest) for digest in needed}, folders)
    for digest, path in list(found.items()):
        try:
            if assembly.blobs.adopt(path) != digest:
                del found[digest]  # written over meanwhile
        except BindError:
            del found[digest]
    missing = [
        _missing(graph, name, digest, folders)
        for digest, names in needed.items()
        if digest not in found
        for name in names
    ]
    if missing:
        raise GraphError(missing)
    return found


def sizes_of(graph: Graph) -> Mapping[str, int]:
    """The bytes of a graph's pictures by digest, as far as it says them."""
    said = graph.made.get("inputs")
    entries = said.items() if isinstance(said, dict) else ()
    return {digest: size for digest, size in entries if type(size) is int}


def _folders(graph: Graph, input_folder: Path) -> Iterator[Path]:
    if graph.source is not None and Path(graph.source.name).is_file():
        yield Path(graph.source.name).parent
    yield Path()
    yield input_folder


def _missing(graph: Graph, name: str, digest: str, folders: Collection[Path]) -> Problem:
    places = ", ".join(dict.fromkeys(f"'{folder}'" for folder in folders))
    where, cure = f"node input '{name}'", "Copy its file there."
    if name in graph.inputs:
        where = f"input '{name}'"
        cure = f"Give its file as '{name}' (--{name.replace('_', '-')} FILE), or copy it there."
    message = (
        f"{where}: its picture {digest} is not here; looked for it among paintgraph's own "
        f"pictures and the files in {places}. {cure}"
    )
    return Problem("unknown_picture", message, None, name)
