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

_ZSH = """#compdef paintgraph

_paintgraph() {
  local given="${words[1,$CURRENT]}"
  compset -P '--*=' && given="${words[1,$CURRENT-1]} ${words[$CURRENT]/=/ }"
  eval $(env _TYPER_COMPLETE_ARGS="$given" _PAINTGRAPH_COMPLETE=complete_zsh paintgraph)
}

if [[ $funcstack[1] = _paintgraph ]]; then _paintgraph "$@"; else compdef _paintgraph paintgraph; fi
"""
"""Typer's own completes nothing at the first tab where it lies in a folder of fpath."""


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
    if shell == "zsh":
        return _ZSH
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
    for name, declared in _inputs(_document(recipe)).items():
        option = f"--{name.replace('_', '-')}"
        if option.startswith(incomplete):
            yield Item(option, str(declared.get("about", "")) or None)


def values(recipe: str, option: str, incomplete: str) -> Iterator[Item]:
    """What a recipe's option may be: its choices, the last of several behind a comma.

    Options that name an engine or a model have those which are known, present or not.
    """
    name = option.removeprefix("--").replace("-", "_")
    document = _document(recipe)
    declared = _inputs(document).get(name)
    if declared is None:
        return
    before, comma, begun = incomplete.rpartition(",")
    items = declared.get("items")  # of a list: a type, or its choices
    choices: Iterable[Any] = declared.get("choices", items if isinstance(items, list) else ())
    if declared.get("type") == "bool":
        choices = ("true", "false")
    elif declared.get("type") == "text" and not choices:
        choices = _names(name, document)
    for choice in map(str, choices):
        if choice.startswith(begun):
            yield Item(before + comma + choice)


def _recipe_files() -> dict[str, Path]:
    from paintgraph import graphs
    from paintgraph.jobs.sources.folders import default_folders

    folders = (graphs.FOLDER, default_folders().data / "recipes")
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    return {file.stem: file for file in files if file.suffix in _SUFFIXES}


def _document(recipe: str) -> Any:
    """The text of a recipe by name or file as plain data; None if it cannot be read."""
    from paintgraph.base.text.document import TextError
    from paintgraph.base.text.yaml_reader import read_yaml

    try:
        return read_yaml((_recipe_files().get(recipe) or Path(recipe)).read_bytes()).value
    except (OSError, TextError, ValueError):
        return None


def _inputs(document: Any) -> Mapping[str, Mapping[str, Any]]:
    """The inputs that a recipe declares."""
    try:
        inputs = dict(document["inputs"])
    except (KeyError, TypeError, ValueError):
        return {}
    return {str(name): each for name, each in inputs.items() if isinstance(each, dict)}


def _names(name: str, document: Any) -> list[str]:
    """The engines or models that an input names, if it does."""
    from paintgraph.models.catalogue.family import Kind
    from paintgraph.models.catalogue.names import ModelNames
    from paintgraph.models.catalogue.places import default_models_dir
    from paintgraph.models.engine_names import EngineNames
    from paintgraph.models.errors import CatalogueError
    from paintgraph.models.families import open_index

    # By the inputs of nodes that it is given to; the name "model" alone says least.
    kinds = {
        "engine": None,
        "text_model": Kind.DETECT,
        "segment_model": Kind.SEGMENT,
        "face_model": Kind.FACES,
        "writing_model": Kind.WRITING,
        "model_name": Kind.UPSCALE,
        "model": Kind.SUBJECT,
    }
    called = {name, *_given_to(name, document)}
    known = next((each for each in kinds if each in called), None)
    if known is None:
        return []
    try:
        names = EngineNames(ModelNames(open_index(default_models_dir())))
    except CatalogueError:
        return []
    kind = kinds[known]
    return names.choices() if kind is None else names.models.choices(kind)


def _given_to(name: str, document: Any) -> Iterator[str]:
    """The inputs of nodes that take a declared input as it is."""
    nodes = document.get("nodes")
    for node in nodes.values() if isinstance(nodes, dict) else ():
        if isinstance(node, dict):
            yield from (key for key, value in node.items() if value == f"${{inputs.{name}}}")
