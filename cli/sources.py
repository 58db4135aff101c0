"""Where a command's graph comes from: a file, standard input, or a recipe's name."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from paintgraph.assembly import Catalogue
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import misused
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.resources import NO_RESOURCES, Resources
from paintgraph.engine.recipes.book import SUFFIXES, RecipeBook
from paintgraph.engine.recipes.checking import Checked, check

STDIN = "-"
_MOST_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class GraphText:
    """A graph's text, what messages call it, and a short name for results."""

    text: bytes
    name: str
    stem: str


def read_source(given: str, recipes: RecipeBook) -> GraphText:
    """The text of a recipe by name, of a file or of standard input.

    A plain name means the recipe, even where a file is called the same.
    """
    if given == STDIN:
        return GraphText(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input", "stdin")
    path = recipes.path(given) or Path(given)
    if not path.exists():
        raise misused("no_such_graph", _missing(given, recipes))
    if path.is_dir():
        raise misused("no_such_graph", f"'{given}' is a folder; a file is needed. Name a file.")
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"'{path}' cannot be read: {error.strerror}. Check its permissions."
        raise misused("no_such_graph", message) from error
    stem = path.stem if path.is_file() else "graph"  # a pipe's name says nothing
    return GraphText(text, str(path), stem)


def _missing(given: str, recipes: RecipeBook) -> str:
    if given.startswith("-"):
        return (
            f"'{given}' stands where the recipe belongs; options follow it. "
            f"Write the recipe first: RECIPE {given} ..."
        )
    if os.sep in given or Path(given).suffix in SUFFIXES:
        return f"there is no file '{given}'. Check the spelling and the folder."
    near = suggestion(given, recipes.names())
    cure = near or " 'paintgraph recipes' lists the recipes."
    return f"there is no file or recipe '{given}'.{cure}"


def checked(source: GraphText, known: Catalogue, resources: Resources = NO_RESOURCES) -> Checked:
    """The checked graph of a text, with the recipes that it uses registered.

    `resources` say which names cannot be used now.
    """
    graph, problems = read_graph(source.text, source.name)
    known.recipes.register_used(graph)
    return check(graph, known.registry, problems, resources)
