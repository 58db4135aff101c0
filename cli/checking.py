"""`paintgraph validate`: the faults of one graph, or of many with their counts."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from paintgraph.assembly import Catalogue, catalogue
from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.names import path_in
from paintgraph.base.words import shorten
from paintgraph.cli.beginning import SCHEMA
from paintgraph.cli.faults import FAILED, OK, lines, misused, plain, print_json
from paintgraph.cli.many.gathering import is_pattern
from paintgraph.cli.preparing import ELSEWHERE, STDIN, read_source
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Form, Graph
from paintgraph.engine.recipes.book import SUFFIXES
from paintgraph.engine.recipes.carrying import named_pictures
from paintgraph.engine.recipes.foreign import NO_PICTURE
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.jobs.sources.inline import is_inline
from paintgraph.nodes import resource_names
from paintgraph.nodes.resources import resources
from paintgraph.python.sources import GraphText, checked

_FORMS = {"prompt": " (a prompt of ComfyUI)", "workflow": " (a workflow of ComfyUI)"}
"""What a file is, where it is no recipe."""

_MADE = (" [output]", " [temp]")
"""Ends of names of what runs write."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is said of one graph; `form` is how its file is written."""

    name: str
    problems: Sequence[Problem]
    form: Form | None = None

    @property
    def faults(self) -> int:
        """How many of the problems keep the graph from running anywhere."""
        return sum(problem.severity == "error" for problem in self.problems)

    def to_json(self) -> dict[str, object]:
        """Plain data for programs."""
        told = [problem.to_json() for problem in self.problems]
        return {"valid": not self.faults, "form": self.form, "problems": told}


def validate_files(
    given: Sequence[str], own: Iterable[str], pictures: Path | None, *, json: bool
) -> int:
    """Print every problem of graphs on standard output; gives the exit code.

    With `pictures`, the folder of the pictures that they name, those that are not there are told.
    Raises UsageError, before any is checked, that names all files that cannot be read.
    """
    known = catalogue(default_folders(), own)
    names, are_many = _files(given, known)
    verdicts = [_verdict(source, known, pictures) for source in _read(names, known)]
    wrong = sum(verdict.faults > 0 for verdict in verdicts)
    if json:
        files = [{"file": each.name, **each.to_json()} for each in verdicts]
        print_json({"valid": not wrong, "files": files} if are_many else verdicts[0].to_json())
    else:
        for verdict in verdicts:
            _print(verdict)
        if are_many:
            counted = f"{len(verdicts)} graph{'s' * (len(verdicts) != 1)}"
            typer.echo(f"{counted}: {len(verdicts) - wrong} valid, {wrong} with faults")
    return FAILED if wrong else OK


def _files(given: Sequence[str], known: Catalogue) -> tuple[list[str], bool]:
    """Each file once, as the command names them, and whether it names several, or may."""
    found: dict[str, None] = {}
    are_many = len(given) > 1
    for text in given:
        if known.recipes.path(text) or text == STDIN:
            found[text] = None
        elif Path(text).is_dir():
            are_many = True
            found |= dict.fromkeys(_in_folder(Path(text)))
        elif is_pattern(text):
            are_many = True
            found |= dict.fromkeys(_matching(text))
        else:
            found[text] = None
    return list(found), are_many


def _in_folder(folder: Path) -> list[str]:
    """The graphs of a folder by name; hidden ones and the schema of `init` are left out."""
    shown = (each for each in folder.iterdir() if not each.name.startswith("."))
    graphs = [each for each in shown if each.suffix.lower() in SUFFIXES and each.is_file()]
    graphs = [each for each in graphs if each.name != SCHEMA]
    if not graphs:
        message = f"the folder '{folder}' holds no graph; allowed are {', '.join(SUFFIXES)}."
        cure = "Check the folder, or name sub-folders by a pattern, such as '**/*.yaml'."
        raise misused("no_such_graph", f"{message} {cure}")
    return sorted(map(str, graphs))


def _matching(pattern: str) -> list[str]:
    found = [each for each in glob.glob(pattern, recursive=True) if Path(each).is_file()]  # noqa: PTH207 - as shells do
    if not found:
        message = f"no file is named like '{shorten(pattern)}'. Check the pattern."
        raise misused("no_such_graph", message)
    return sorted(found)


def _read(names: Iterable[str], known: Catalogue) -> list[GraphText]:
    sources: list[GraphText] = []
    problems: list[Problem] = []
    for name in names:
        try:
            sources.append(read_source(name, known.recipes))
        except UsageError as error:
            problems += error.reasons
    if problems:
        raise UsageError(*problems)
    return sources


def _verdict(source: GraphText, known: Catalogue, pictures: Path | None) -> _Verdict:
    try:
        found = checked(source, known, resources(known.names))
    except GraphError as error:
        return _Verdict(source.name, error.problems)
    problems = [*map(_elsewhere, found.problems)]
    if pictures is not None:
        problems += _without_picture(found.graph, known, pictures)
    return _Verdict(source.name, problems, found.graph.source.form if found.graph.source else None)


def _elsewhere(problem: Problem) -> Problem:
    """The problem; that a model is missing is a fault of the machine, so a warning."""
    is_model = problem.code == resource_names.MODEL_MISSING
    return replace(problem, severity="warning") if is_model else problem


def _without_picture(graph: Graph, known: Catalogue, folder: Path) -> Iterator[Problem]:
    """Warnings of the files of pictures that a graph names and a folder has not."""
    for name, value in named_pictures(graph, known.registry):
        if not isinstance(value, str) or value in ("", NO_PICTURE) or value.endswith(_MADE):
            continue
        if value.startswith(ELSEWHERE) or is_inline(value):
            continue
        file = value.removesuffix(" [input]")
        if not _is_file(folder, file):
            message = (
                f"{name}: there is no file '{shorten(file, 60)}' in the folder '{folder}'. "
                "Put it there, or name the folder that has it by --input-dir."
            )
            yield Problem("picture_missing", message, severity="warning")


def _is_file(folder: Path, name: str) -> bool:
    try:
        return path_in(folder, name).is_file()
    except (OSError, ValueError):  # too long a name, or none
        return False


def _print(verdict: _Verdict) -> None:
    for line in lines(verdict.problems, verdict.name):
        typer.echo(plain(line))
    count = f"{verdict.faults} problem{'' if verdict.faults == 1 else 's'}"
    what = _FORMS.get(verdict.form or "recipe", "")
    typer.echo(plain(f"{verdict.name}: {count if verdict.faults else 'valid'}{what}"))
