"""What is to be run: a recipe's name, a file, a document or a graph; checked, with a name."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from paintgraph.assembly import Catalogue
from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.pictures import is_picture
from paintgraph.base.text.document import Document
from paintgraph.base.words import suggestion
from paintgraph.engine.graph.coercion import NO_RESOURCES, Resources
from paintgraph.engine.graph.formats.carried import KEYS, carried
from paintgraph.engine.graph.formats.reading import graph_of, read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.recipes.book import SUFFIXES, RecipeBook
from paintgraph.engine.recipes.checking import Checked, check

MOST_BYTES = 32 * 2**20

Recipe = str | os.PathLike[str] | Mapping[str, object] | Graph
"""A recipe's name or file, a recipe or ComfyUI prompt as plain data, or a graph."""


@dataclass(frozen=True, slots=True)
class GraphText:
    """A graph's text, what messages call it, and a short name for results."""

    text: bytes
    name: str
    stem: str


def checked_recipe(recipe: Recipe, known: Catalogue) -> Checked:
    """Any form of a recipe, checked; raises UsageError or GraphError if it cannot be read."""
    match recipe:
        case str() | os.PathLike():
            return checked(read_file(os.fspath(recipe), known.recipes), known)
        case Graph():
            return _checked(recipe, [], known)
        case Mapping():
            return _checked(*graph_of(Document(dict(recipe)), "the recipe"), known)
    message = (
        f"the recipe is of type {type(recipe).__name__}; allowed are a name, a file, a mapping and "
        "a Graph. Give one of them."
    )
    raise UsageError(Problem("wrong_type", message))


def read_file(given: str, recipes: RecipeBook, keys: Sequence[str] = KEYS) -> GraphText:
    """The text of a recipe by its name, or of a file.

    A plain name means the recipe, even where a file is called the same. Of a picture it is the
    graph under the first of the keys. Raises UsageError.
    """
    path = recipes.path(given) or Path(given)
    if not path.exists():
        raise _no_graph(_missing(given, recipes))
    if path.is_dir():
        raise _no_graph(f"'{given}' is a folder; a file is needed. Name a file.")
    try:
        with path.open("rb") as file:
            text = _text(file, keys)
    except OSError as error:
        message = f"'{path}' cannot be read: {error.strerror}. Check its permissions."
        raise _no_graph(message) from error
    stem = path.stem if path.is_file() else "graph"  # a pipe's name says nothing
    return GraphText(text, str(path), stem)


def _text(file: BinaryIO, keys: Sequence[str]) -> bytes:
    """What a file holds; of a picture the graph that it carries, however large it is."""
    if not file.seekable():
        return file.read(MOST_BYTES + 1)
    head = file.read(18)
    file.seek(0)
    if not is_picture(head):
        return file.read(MOST_BYTES + 1)
    return carried(file, keys)


def _no_graph(message: str) -> UsageError:
    return UsageError(Problem("no_such_graph", message))


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
    return _checked(*read_graph(source.text, source.name), known, resources)


def _checked(
    graph: Graph,
    problems: list[Problem],
    known: Catalogue,
    resources: Resources = NO_RESOURCES,
) -> Checked:
    known.recipes.register_used(graph)
    return check(graph, known.registry, problems, resources)
