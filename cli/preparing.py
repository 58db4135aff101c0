"""From the words of a command line to a bound graph: read, check, take options, bind."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.cli.faults import lines, misused, tell
from paintgraph.cli.finishing import check_formats, finished
from paintgraph.cli.options import parse
from paintgraph.cli.options_file import NO_FILE, OptionsFile
from paintgraph.cli.results import Destinations
from paintgraph.cli.wishes import Gathering, Writing, yielded
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.engine.graph.formats.carried import KEYS
from paintgraph.engine.graph.graph import Descriptions, Graph
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.binding import Binders, bind
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.engine.recipes.own_faults import check_together
from paintgraph.imaging.arrays import MOST_PIXELS
from paintgraph.imaging.files.formats.header import read_header
from paintgraph.jobs.sources.inline import is_inline, read_inline
from paintgraph.jobs.sources.references import left_out
from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.nodes.made import texts_of_run
from paintgraph.nodes.resources import resources
from paintgraph.python.finding import find_inputs
from paintgraph.python.results import MAIN, wished
from paintgraph.python.sources import MOST_BYTES, GraphText, checked, read_file

STDIN = "-"
WEB = ("http://", "https://")
ELSEWHERE = (PREFIX, "data:", *WEB)
_MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for; `arguments` are the recipe's own options, `filed` those of a file."""

    recipe: str
    arguments: tuple[str, ...]
    filed: OptionsFile | None = None
    outputs: tuple[str, ...] = ()
    output_dir: Path = Path()
    input_dir: Path = Path()
    profile: bool = False
    stop: bool = False
    fresh: bool = False
    metadata: str | None = None
    graph: bool | None = None
    device: str = "auto"
    nodes: tuple[str, ...] = ()
    json: bool = False
    debug: bool = False
    writing: Writing = field(default_factory=Writing)
    gathering: Gathering = field(default_factory=Gathering)


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked graph, and what was given for its inputs: several pictures are a tuple.

    `described` says what results keep of descriptions.
    """

    source: GraphText
    graph: Graph
    given: Mapping[str, Any]
    described: Descriptions
    writing: Writing
    gathering: Gathering


@dataclass(frozen=True, slots=True)
class Prepared:
    """A graph that can run, and where its results go.

    `graph` is the checked graph, `bound` the same with everything fixed. `values` are those of the
    declared inputs, `texts` what the pictures carry of how they were made, `files` the names of
    pictures by their reference, `warnings` what was left out.
    """

    source: GraphText
    graph: Graph
    bound: Graph
    wanted: Destinations
    values: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    writing: Writing = field(default_factory=Writing)


def read_source(given: str, recipes: RecipeBook, keys: Sequence[str] = KEYS) -> GraphText:
    """The text of a recipe by name, of a file or of standard input; see `read_file`."""
    if given == STDIN:
        return GraphText(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input", "stdin")
    return read_file(given, recipes, keys)


def read(options: RunOptions, assembly: Assembly) -> Asked:
    """Read and check a graph, and take its options; raises what keeps it from running."""
    described = wished(options.metadata, options.graph)
    source = read_source(options.recipe, assembly.recipes)
    found = checked(source, assembly)
    graph = found.sound()
    for line in lines(found.problems, source.name):
        tell(line)
    writing, own = yielded(options.writing, graph.inputs)
    gathering, more = yielded(options.gathering, graph.inputs)
    arguments = *options.arguments, *own, *more
    given = parse(arguments, graph.inputs, main_picture(graph), options.filed or NO_FILE)
    if gathering.scale_masks:
        given = {**_stretching(graph.inputs), **given}
    _check_stdin(options.recipe, given, graph.inputs)
    check_together(graph, assembly.registry, replace(resources(assembly.names), given=given))
    graph = finished(graph, main_picture(graph), writing, gathering, assembly.registry)
    return Asked(source, graph, given, described, writing, gathering)


def _stretching(inputs: Mapping[str, InputSpec]) -> dict[str, Any]:
    """The value with which a recipe stretches masks itself; raises UsageError if it has none."""
    fit = inputs.get("fit")
    if fit is None or "stretch" not in fit.choices:
        message = (
            "--scale-masks: this recipe does not stretch masks; allowed are recipes with an "
            "option --fit. Leave it out, or scale the masks first with the recipe scale_mask."
        )
        raise misused("no_fit", message)
    return {"fit": "stretch"}


def main_picture(graph: Graph) -> str:
    """The input that takes pictures without an option: `image`, else the first one; or ""."""
    pictures = [name for name, spec in graph.inputs.items() if spec.resource == "picture"]
    return MAIN if MAIN in pictures else next(iter(pictures), "")


def prepare(options: RunOptions, assembly: Assembly) -> Prepared:
    """Read, check and bind; raises what keeps the graph from running."""
    return prepared(options, read(options, assembly), assembly)


def prepared(options: RunOptions, asked: Asked, assembly: Assembly) -> Prepared:
    """Bind a graph to one picture for each input; raises what keeps it from running."""
    for name, value in asked.given.items():
        if isinstance(value, tuple):
            message = f"--{name}: {len(value)} pictures are given; one is allowed. Name one."
            raise misused("too_many_pictures", message)
    registry = assembly.registry
    wanted = Destinations.of(options.outputs, asked.graph, registry, asked.source.stem)
    check_formats(wanted.places, asked.graph, asked.writing)
    if wanted.to_stdout and options.json:
        raise misused("stdout_twice", "--json and -o - both want standard output. Name a file.")
    for path in find_inputs(asked.graph, asked.given, assembly).values():
        tell(f"found {path}")
    found = bound_to(asked, asked.given, wanted, assembly)
    notices = [*found.warnings]
    notices += left_out(found.bound, assembly.registry, FolderTree(options.input_dir))
    for notice in notices:
        tell(f"warning: {notice}")
    return replace(found, warnings=notices, writing=asked.writing)


def bound_to(
    asked: Asked,
    given: Mapping[str, Any],
    wanted: Destinations,
    assembly: Assembly,
    binders: Binders | None = None,
) -> Prepared:
    """The graph with these values; raises UsageError and GraphError."""
    graph = asked.graph
    pictures = opened(given, graph.inputs, assembly)
    meant = replace(graph, descriptions=asked.described.or_else(graph.descriptions))
    bound = bind(meant, assembly.registry, pictures, binders or assembly.binders)
    files = {ref: str(given[name]) for name, ref in pictures.items() if ref != given[name]}
    values = {name: given.get(name, spec.default) for name, spec in graph.inputs.items()}
    device = assembly.worker.environment
    texts = texts_of_run(graph, bound, assembly.registry, assembly.blobs.size, device)
    others = [*_other_pictures(graph, pictures)]
    if asked.writing.concat:
        others += _too_large_for_two(pictures.get(main_picture(graph)), assembly)
    return Prepared(asked.source, graph, bound, wanted, values, texts, files, others)


def _other_pictures(graph: Graph, opened: Mapping[str, Any]) -> Iterator[str]:
    """Warnings of pictures that are not those which the graph of a picture was run with."""
    for name, value in opened.items():
        before = graph.inputs[name].default
        if graph.made and str(before).startswith(PREFIX) and value != before:
            yield f"--{name}: its digest is {value}; the picture was made with {before}."


def _too_large_for_two(picture: object, assembly: Assembly) -> Iterator[str]:
    """A warning, before all the work, of a picture that is too large to stand beside another."""
    with suppress(Error):  # what is no picture is told by the node that reads it
        header = read_header(assembly.blobs.get(str(picture)))
        if header.width * header.height * 2 > MOST_PIXELS:
            yield (
                f"--concat: the picture has {header.width}x{header.height} px, and before and "
                f"after may have {MOST_PIXELS // 10**6} million together, so it fails at the end "
                "unless the result is smaller. Leave --concat out."
            )


def _check_stdin(recipe: str, given: Mapping[str, Any], inputs: Mapping[str, InputSpec]) -> None:
    readers = ["the recipe"] if recipe == STDIN else []
    for name, value in given.items():
        if inputs[name].resource == "picture":
            texts = value if isinstance(value, tuple) else (value,)
            readers += [f"--{name}"] * texts.count(STDIN)
    if len(readers) > 1:
        message = f"standard input is read once, but {' and '.join(readers)} want it. Name a file."
        raise misused("stdin_twice", message)


def opened(
    given: Mapping[str, Any], inputs: Mapping[str, InputSpec], assembly: Assembly
) -> dict[str, Any]:
    """On the command line a picture is a real path, or standard input."""
    found = {}
    problems = []
    for name, value in given.items():
        is_picture = inputs[name].resource == "picture"
        try:
            if is_picture and value.startswith(WEB):
                found[name] = assembly.blobs.put(_fetched(value))
            else:
                is_file = is_picture and not value.startswith(ELSEWHERE)
                found[name] = _picture(value, assembly) if is_file else value
        except BindError as error:
            problems.append(Problem(error.code, f"--{name}: {error}", None, name))
    if problems:
        raise UsageError(*problems)
    return found


def _fetched(address: str) -> bytes:
    """What is behind a web address; the user's own networks are open to the user."""
    import asyncio

    from paintgraph.jobs.sources.fetching import fetch

    try:
        return asyncio.run(fetch(address, allow_private=True))
    except BindError as error:  # a server's clients upload what it cannot fetch
        message = re.sub(r"\b([Uu])pload the picture instead", _download, error.message)
        raise BindError(message, code=error.code) from error


def _download(found: re.Match[str]) -> str:
    return f"{'D' if found[1] == 'U' else 'd'}ownload the picture first"


def _picture(file: str, assembly: Assembly) -> str:
    """The reference of a picture; what is read once only, such as a pipe, is copied.

    What is no path, but base64 of a picture, is that picture.
    """
    if is_inline(file) and not os.path.exists(file):  # noqa: PTH110 - too long for a path, maybe
        return assembly.blobs.put(read_inline(file))
    path = Path(file)
    if file != STDIN and (path.is_file() or path.is_dir() or not path.exists()):
        return assembly.blobs.adopt(path)
    if file == STDIN:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    else:
        with path.open("rb") as pipe:
            data = pipe.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        what = f"'{file}' gives more than {_MOST_BYTES} bytes; no picture is as large."
        raise BindError(f"{what} Name a picture.", code="too_large")
    return assembly.blobs.put(data)
