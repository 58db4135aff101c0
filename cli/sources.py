"""Where a command's graph comes from: a file, standard input, or a recipe's name."""

import sys
from dataclasses import dataclass
from pathlib import Path

from assembly import Catalogue
from cli.faults import UsageError
from engine.checking import Checked, check
from engine.formats.reading import read_graph
from engine.recipes import SUFFIXES, RecipeBook
from engine.suggest import suggestion

STDIN = "-"
_MOST_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class GraphText:
    """A graph's text, what messages call it, and a short name for results."""

    text: bytes
    name: str
    stem: str


def read_source(given: str, recipes: RecipeBook) -> GraphText:
    """The text of a file, of standard input or of a recipe by name."""
    if given == STDIN:
        return GraphText(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input", "stdin")
    path = Path(given)
    if not path.is_file():
        by_name = recipes.path(given)
        if by_name is None:
            near = suggestion(given, recipes.names())
            cure = near or " 'paintgraph recipes' lists the recipes."
            kind = "file" if path.suffix in SUFFIXES or path.parent != Path() else "file or recipe"
            raise UsageError(f"there is no {kind} '{given}'.{cure}")
        path = by_name
    return GraphText(path.read_bytes(), str(path), path.stem)


def checked(source: GraphText, known: Catalogue) -> Checked:
    """The checked graph of a text, with the recipes that it uses registered."""
    graph, problems = read_graph(source.text, source.name)
    known.recipes.register_used(graph)
    return check(graph, known.registry, problems)
