"""`paintgraph open`: a graph in the editor of the server that runs, or of one that is started."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from paintgraph.api.editor.files import PREFIX as EDITOR
from paintgraph.api.editor.page import is_installed
from paintgraph.assembly import Catalogue, catalogue
from paintgraph.base.errors import Error
from paintgraph.cli.browsers import show
from paintgraph.cli.faults import OK, lines, misused, tell
from paintgraph.cli.options import parse
from paintgraph.cli.preparing import ELSEWHERE, read_source
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.formats.carried import DRAWN
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.recipes.carrying import pictures_of
from paintgraph.jobs.sources.finding import find_files
from paintgraph.jobs.storage import open_storage
from paintgraph.jobs.store.folder_lock import Server, find_server
from paintgraph.python.finding import sizes_of
from paintgraph.python.sources import checked

if TYPE_CHECKING:
    from paintgraph.api.settings import Settings

_JOB = re.compile(r"[0-9a-f]{32}")
_START_SECONDS = 60.0
_ASK_SECONDS = 5.0
_INSTALL = "pip install 'paintgraph[editor]'"
_NOT_FOUND = 404
_LOST_RACE = ("folder_busy", "cannot_listen")


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """What was asked for; `arguments` are the recipe's own options, `flags` the server's."""

    graph: str
    arguments: tuple[str, ...] = ()
    flags: Mapping[str, Any] | None = None
    in_browser: bool = True


def open_graph(options: OpenOptions) -> int:
    """Show a graph in the editor; gives the exit code, at once if a server runs already."""
    from paintgraph.api.settings import load_settings

    settings = load_settings(options.flags or {})
    server = find_server(settings.data_dir, _START_SECONDS)
    _check_editor(server, settings)
    query = _query(options, settings, server)
    if server is None:
        server = _served(options, settings, query)
    if server is not None:
        show(f"{server.address}{EDITOR}?{query}", in_browser=options.in_browser)
    return OK


def _check_editor(server: Server | None, settings: "Settings") -> None:
    if server is not None and not server.has_editor:
        raise misused(
            "no_editor",
            f"the server at {server.address} (process {server.process}) runs without the editor. "
            f"Run: {_INSTALL}, then start it again.",
        )
    if server is None and settings.front_end_root is None and not is_installed():
        raise misused(
            "no_editor",
            "the editor is not installed; needed is the extra 'editor', or a folder with a build "
            f"of ComfyUI's page (--front-end-root). Run: {_INSTALL}",
        )


def _served(options: OpenOptions, settings: "Settings", query: str) -> Server | None:
    """Show the graph in a server that is started here, until that is ended.

    Gives the server that another program started meanwhile, if it did.
    """
    from paintgraph.server import serve

    def listening(line: str) -> None:
        tell(f"{line}. Ctrl-C ends it.")
        started = find_server(settings.data_dir, 0)
        address = started.address if started else line.rpartition(" ")[2]
        show(f"{address}{EDITOR}?{query}", in_browser=options.in_browser, aside=True)

    try:
        serve(settings, listening)
    except Error as error:
        other = find_server(settings.data_dir, _START_SECONDS) if error.code in _LOST_RACE else None
        if other is None:
            raise
        return other
    return None


def _query(options: OpenOptions, settings: "Settings", server: Server | None) -> str:
    """What the editor's address says of the graph, which lies among the blobs then."""
    folders = settings.folders
    known = catalogue(folders, settings.nodes)
    if _JOB.fullmatch(options.graph) and not Path(options.graph).exists():
        parse(options.arguments, {})
        _check_job(options.graph, server)
        return urlencode({"graph": options.graph})
    source = read_source(options.graph, known.recipes, DRAWN)
    found = checked(source, known)
    # Packs may bring what is not known here; the page tells what its server does not know.
    packs = server is not None or bool(settings.node_packs)
    told = [each for each in found.problems if not (packs and each.code == "unknown_node")]
    for line in lines([replace(each, severity="warning") for each in told], source.name):
        tell(line)
    inputs = {name: replace(spec, required=False) for name, spec in found.graph.inputs.items()}
    given = parse(options.arguments, inputs)
    blobs = open_storage(folders, settings.objects).blobs
    for name, value in given.items():
        if inputs[name].resource == "picture" and not value.startswith(ELSEWHERE):
            given[name] = _put(Path(value), f"--{name}", blobs)
    defaults = {n: replace(spec, default=given.get(n, spec.default)) for n, spec in inputs.items()}
    graph = replace(found.graph, inputs=defaults)
    for line in _missed(graph, known, blobs, [folders.inputs, Path(source.name).parent, Path()]):
        tell(f"warning: {line}")
    text = orjson.dumps(write_native(graph)) if given else source.text
    return urlencode({"graph": blobs.put(text), "name": source.stem}, safe=":")


def _check_job(job: str, server: Server | None) -> None:
    """Raise UsageError if the server says that it has no such job; with a key it is not asked."""
    if server is None:
        return
    address = f"{server.address}{EDITOR}graphs/jobs/{job}"
    try:
        urllib.request.urlopen(address, timeout=_ASK_SECONDS).close()  # noqa: S310 - our server's
    except urllib.error.HTTPError as error:
        if error.code == _NOT_FOUND:
            message = f"there is no job '{job}'; allowed are ids that /v1/jobs lists. Check it."
            raise misused("unknown_job", message) from error
    except OSError:
        return  # the page tells


def _put(file: Path, option: str, blobs: Blobs) -> str:
    """The digest of a picture that is put where the server finds it."""
    try:
        blobs.adopt(file)  # which says what is wrong with it
    except BindError as error:
        raise misused(error.code, f"{option}: {error}") from error
    return blobs.put(file.read_bytes())


def _missed(graph: Graph, known: Catalogue, blobs: Blobs, folders: list[Path]) -> Iterator[str]:
    """Have the pictures there that a graph names by digest; names those that are nowhere."""
    named = pictures_of(graph, known.registry)
    sizes = sizes_of(graph)
    needed = {digest: sizes.get(digest) for digest in named if digest not in blobs}
    found = find_files(needed, folders) if needed else {}
    for digest in needed:
        if digest in found:
            blobs.put(found[digest].read_bytes())
        else:
            yield (
                f"{', '.join(named[digest])}: its picture {digest} is not here. Choose another one "
                "in the editor."
            )
