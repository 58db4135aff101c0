"""Writes the reference of nodes and recipes: python -m paintgraph.cli.reference [FOLDER]."""

import sys
from pathlib import Path

from paintgraph.assembly import Catalogue, catalogue
from paintgraph.cli.describing import recipe_text
from paintgraph.cli.preparing import read_source
from paintgraph.engine.recipes.help import node_text
from paintgraph.python.sources import checked

_NOTE = (
    "<!-- Written by `python -m paintgraph.cli.reference docs`. "
    "Change the declarations instead. -->"
)

_TOLD = (
    "At its top a recipe's file may say what files of its results tell beside their pixels, by\n"
    "`metadata: private` and `graph: false`: [all doors and their defaults]"
    "(data-contract.md#what-files-of-results-tell)."
)


def pages() -> dict[str, str]:
    """The pages of the reference by file name."""
    known = catalogue()
    specs = [declaration.spec for declaration in known.registry]
    nodes = "\n\n".join(node_text(spec) for spec in specs)
    recipes = "\n\n".join(_recipe(known, name) for name in known.recipes.names())
    return {
        "nodes.md": f"# Nodes\n\n{_NOTE}\n\n{nodes}\n",
        "recipes.md": f"# Recipes\n\n{_NOTE}\n\n{_TOLD}\n\n{recipes}\n",
    }


def _recipe(known: Catalogue, name: str) -> str:
    graph = checked(read_source(name, known.recipes), known).sound()
    return f"## {name}\n\n```text\n{recipe_text(name, graph)}\n```"


def main() -> None:
    """Write every page into the folder that is named, `docs` by default."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
