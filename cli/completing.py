"""What may follow on a command line: recipes, their options and values, models, nodes.

It is asked at every press of the tab key, so texts are read and nothing heavy is imported.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_SUFFIXES = (".yaml", ".yml")
_NODE = re.compile(
    r"^@node\((?:name=\"(?P<name>\w+)\"|(?!^@node\().)*?^def (?P<function>\w+)",
    re.MULTILINE | re.DOTALL,
)


class Item(NamedTuple):
    """One thing that may follow, as click's completion of shells reads it."""

    value: str
    help: str | None = None
    type: str = "plain"


def script(shell: str, shells: tuple[str, ...]) -> str:
    """What a shell runs to complete our commands; raises UsageError for one that is unknown."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # it is there

    if shell not in shells:
        from paintgraph.base.words import shorten, suggestion
        from paintgraph.cli.faults import misused

        message = f"the shell is '{shorten(shell)}'; allowed are {', '.join(shells)}."
        raise misused("not_a_choice", f"{message}{suggestion(shell, shells)} Choose one of them.")
    name = "paintgraph"
    variable = f"_{name.upper()}_COMPLETE"
    return get_completion_script(prog_name=name, complete_var=variable, shell=shell)


def recipes(incomplete: str) -> list[str]:
    """Names of recipes; nothing where a file's name begins."""
    return [name for name in sorted(_recipe_files()) if name.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    """Names of models in the catalogue."""
    from paintgraph.models import catalogue

    text = Path(catalogue.__file__).with_name("catalogue.yaml").read_text(encoding="utf-8")
    names = re.findall(r"^([\w.-]+):", text, re.MULTILINE)
    return [name for name in names if name.startswith(incomplete)]


def nodes(incomplete: str) -> list[str]:
    """Types of nodes that come with the program, read from its source."""
    folder = Path(__file__).parents[1] / "nodes"
    found = (
        each["name"] or "".join(part.capitalize() for part in each["function"].split("_"))
        for file in folder.rglob("*.py")
        for each in _NODE.finditer(file.read_text(encoding="utf-8"))
    )
    return sorted(name for name in found if name.startswith(incomplete))


def options(recipe: str, incomplete: str) -> Iterator[Item]:
    """A recipe's own options."""
    for name, declared in _inputs(recipe).items():
        option = f"--{name.replace('_', '-')}"
        if option.startswith(incomplete):
            yield Item(option, str(declared.get("about", "")) or None)


def values(recipe: str, option: str, incomplete: str) -> Iterator[Item]:
    """What a recipe's option may be: its choices, the last of several behind a comma."""
    declared = _inputs(recipe).get(option.removeprefix("--").replace("-", "_"), {})
    before, comma, begun = incomplete.rpartition(",")
    items = declared.get("items")  # of a list: a type, or its choices
    choices: Iterable[Any] = declared.get("choices", items if isinstance(items, list) else ())
    if declared.get("type") == "bool":
        choices = ("true", "false")
    for choice in map(str, choices):
        if choice.startswith(begun):
            yield Item(before + comma + choice)


def _recipe_files() -> dict[str, Path]:
    from paintgraph import graphs
    from paintgraph.jobs.sources.folders import default_folders

    folders = (graphs.FOLDER, default_folders().data / "recipes")
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    return {file.stem: file for file in files if file.suffix in _SUFFIXES}


def _inputs(recipe: str) -> Mapping[str, Mapping[str, Any]]:
    """The declared inputs of a recipe by name or file; none if it cannot be read."""
    from paintgraph.base.text.document import TextError
    from paintgraph.base.text.yaml_reader import read_yaml

    try:
        document: Any = read_yaml((_recipe_files().get(recipe) or Path(recipe)).read_bytes()).value
        inputs = dict(document["inputs"])
    except (OSError, TextError, KeyError, TypeError, ValueError):
        return {}
    return {str(name): each for name, each in inputs.items() if isinstance(each, dict)}
