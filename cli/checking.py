"""`paintgraph validate` and `paintgraph convert`."""

import sys
from pathlib import Path

import orjson
import typer

from assembly import catalogue
from cli.faults import FAILED, OK, UsageError, guard, lines, tell
from cli.sources import checked, read_source
from engine.errors import GraphError, Problem
from engine.formats.comfy import write_comfy
from engine.formats.native import write_native
from engine.formats.reading import read_graph
from engine.graph import Graph, Link
from engine.naming import position, with_names
from engine.registry import Registry
from engine.suggest import suggestion
from engine.text.json_writer import write_json
from engine.text.yaml_writer import write_yaml
from jobs.folders import default_folders

_FORMATS = ("yaml", "json", "comfy")


def validate_file(file: str, *, json: bool, debug: bool) -> int:
    """Print every problem of a graph on standard output; gives the exit code."""
    return guard(lambda: _validate(file, json=json), file, debug=debug)


def _validate(file: str, *, json: bool) -> int:
    known = catalogue(default_folders())
    source = read_source(file, known.recipes)
    problems: tuple[Problem, ...]
    try:
        problems = checked(source, known).problems
    except GraphError as error:
        problems = error.problems
    errors = [problem for problem in problems if problem.severity == "error"]
    if json:
        answer = {"valid": not errors, "problems": [problem.to_json() for problem in problems]}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(problems, source.name):
            typer.echo(line)
        count = f"{len(errors)} problem{'' if len(errors) == 1 else 's'}"
        typer.echo(f"{source.name}: {count if errors else 'valid'}")
    return FAILED if errors else OK


def convert_file(file: str, to: str, output: str, *, debug: bool) -> int:
    """Write a graph in another format; gives the exit code."""
    return guard(lambda: _convert(file, to, output), file, debug=debug)


def _convert(file: str, to: str, output: str) -> int:
    if to not in _FORMATS:
        raise UsageError(
            f"--to is '{to}'; allowed are {', '.join(_FORMATS)}.{suggestion(to, _FORMATS)}"
        )
    known = catalogue(default_folders())
    source = read_source(file, known.recipes)
    graph, problems = read_graph(source.text, source.name)
    if problems:
        raise GraphError(problems)
    known.recipes.register_used(graph)
    text = _written(graph, to, known.registry)
    if output == "-":
        sys.stdout.write(text)
    else:
        Path(output).write_text(text, encoding="utf-8")
        tell(f"wrote {output}")
    return OK


def _written(graph: Graph, to: str, registry: Registry) -> str:
    if to == "comfy":

        def position_of(link: Link) -> int:
            return position(graph, registry, link)

        return write_json(write_comfy(graph, position_of))
    document = write_native(with_names(graph, registry))
    return write_yaml(document) if to == "yaml" else write_json(document)
