"""From the words of a command line to a bound graph: read, check, take options, bind."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Problem, UsageError
from paintgraph.cli.faults import lines, misused, tell
from paintgraph.cli.options import parse
from paintgraph.cli.results import Destinations
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.engine.graph.formats.carried import KEYS
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.jobs.sources.inline import is_inline, read_inline
from paintgraph.jobs.sources.references import left_out
from paintgraph.nodes.made import texts_of_run
from paintgraph.python.finding import find_inputs
from paintgraph.python.results import wished
from paintgraph.python.sources import MOST_BYTES, GraphText, checked, read_file

STDIN = "-"
ELSEWHERE = (PREFIX, "data:", "http://", "https://")
_MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for; `arguments` are the recipe's own options."""

    recipe: str
    arguments: tuple[str, ...]
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


def read_source(given: str, recipes: RecipeBook, keys: Sequence[str] = KEYS) -> GraphText:
    """The text of a recipe by name, of a file or of standard input; see `read_file`."""
    if given == STDIN:
        return GraphText(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input", "stdin")
    return read_file(given, recipes, keys)


def prepare(options: RunOptions, assembly: Assembly) -> Prepared:
    """Read, check and bind; raises what keeps the graph from running."""
    asked = wished(options.metadata, options.graph)
    source = read_source(options.recipe, assembly.recipes)
    found = checked(source, assembly)
    graph = found.sound()
    for line in lines(found.problems, source.name):
        tell(line)
    given = parse(options.arguments, graph.inputs)
    wanted = Destinations.of(options.outputs, graph, assembly.registry, source.stem)
    if wanted.to_stdout and options.json:
        raise misused("stdout_twice", "--json and -o - both want standard output. Name a file.")
    _check_stdin(options.recipe, given, graph.inputs)
    opened = _opened(given, graph.inputs, assembly)
    for path in find_inputs(graph, given, assembly).values():
        tell(f"found {path}")
    meant = replace(graph, descriptions=asked.or_else(graph.descriptions))
    bound = bind(meant, assembly.registry, opened, assembly.binders)
    notices = [*_other_pictures(graph, opened)]
    notices += left_out(bound, assembly.registry, options.input_dir)
    for notice in notices:
        tell(f"warning: {notice}")
    files = {ref: str(given[name]) for name, ref in opened.items() if ref != given[name]}
    values = {name: given.get(name, spec.default) for name, spec in graph.inputs.items()}
    device = assembly.worker.environment
    texts = texts_of_run(graph, bound, assembly.registry, assembly.blobs.size, device)
    return Prepared(source, graph, bound, wanted, values, texts, files, notices)


def _other_pictures(graph: Graph, opened: Mapping[str, Any]) -> Iterator[str]:
    """Warnings of pictures that are not those which the graph of a picture was run with."""
    for name, value in opened.items():
        before = graph.inputs[name].default
        if graph.made and str(before).startswith(PREFIX) and value != before:
            yield f"--{name}: its digest is {value}; the picture was made with {before}."


def _check_stdin(recipe: str, given: Mapping[str, Any], inputs: Mapping[str, InputSpec]) -> None:
    readers = ["the recipe"] if recipe == STDIN else []
    readers += [
        f"--{n}" for n, v in given.items() if inputs[n].resource == "picture" and v == STDIN
    ]
    if len(readers) > 1:
        message = f"standard input is read once, but {' and '.join(readers)} want it. Name a file."
        raise misused("stdin_twice", message)


def _opened(
    given: Mapping[str, Any], inputs: Mapping[str, InputSpec], assembly: Assembly
) -> dict[str, Any]:
    """On the command line a picture is a real path, or standard input."""
    opened = {}
    problems = []
    for name, value in given.items():
        is_file = inputs[name].resource == "picture" and not value.startswith(ELSEWHERE)
        try:
            opened[name] = _picture(value, assembly) if is_file else value
        except BindError as error:
            problems.append(Problem(error.code, f"--{name}: {error}", None, name))
    if problems:
        raise UsageError(*problems)
    return opened


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
