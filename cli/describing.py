"""`paintgraph nodes`, `recipes`, `schema`, and the help of a recipe."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer

from paintgraph.assembly import Catalogue, catalogue
from paintgraph.base.errors import UsageError
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import OK, misused, plain, print_json, tell
from paintgraph.cli.lists import page_width, print_groups, wrapped
from paintgraph.cli.needing import Needs, needs_of
from paintgraph.cli.options import usage
from paintgraph.cli.preparing import read_source
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.recipes.help import node_text
from paintgraph.engine.recipes.schema import format_schema, node_schema, recipe_schema
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.python.sources import checked

_UNBROKEN = 10_000
_MOST_OPTION = 26  # characters; what is longer has a line of its own
_COMMON = "'paintgraph run --help' shows the options that every recipe takes."


def describe_nodes(name: str, own: Iterable[str], *, json: bool) -> int:
    """List the nodes, or describe one; gives the exit code."""
    known = catalogue(default_folders(), own)
    specs = [declaration.spec for declaration in known.registry]
    is_one = bool(name)
    is_word = known.registry.spec(name) is None and known.recipes.path(name) is None
    if name and is_word and (found := _with_word(specs, name)):
        specs, is_one = found, False
    elif name:
        specs = [_node(known, name)]
    if json:
        print_json([spec.to_json() for spec in specs])
    elif is_one:
        typer.echo(node_text(specs[0]))
    else:
        print_groups(_by_category(specs))
    return OK


def _with_word(specs: Sequence[NodeSpec], word: str) -> list[NodeSpec]:
    """The nodes of a category, or that have a word in their id, title or keywords, by category."""

    def words(spec: NodeSpec) -> str:
        id_ = re.sub("(?<=[a-z])(?=[A-Z])", " ", spec.id)  # part of an id is a misspelt one
        return " ".join((id_, spec.title, spec.category, *spec.keywords)).lower()

    found = [spec for spec in specs if word.lower() in words(spec)]
    return sorted(found, key=lambda spec: (spec.category, spec.id))


def _node(known: Catalogue, name: str) -> NodeSpec:
    spec = known.registry.spec(name)
    if spec is None:
        near = suggestion(name, known.registry.ids()) or " 'paintgraph nodes' lists them."
        if known.recipes.path(name):
            near = f" 'paintgraph recipes {name}' describes the recipe of this name."
        raise misused("unknown_node", f"there is no node '{name}'.{near}")
    return spec


def _by_category(specs: Sequence[NodeSpec]) -> dict[str, list[tuple[str, str]]]:
    """Names of nodes and what they do; categories and names are sorted."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for spec in sorted(specs, key=lambda spec: (spec.category, spec.id)):
        about = spec.about.split("\n", 1)[0]
        others = ", ".join(id_ for id_, _ in spec.see_also if id_ not in about)
        row = spec.id, f"{about} See also {others}." if others else about
        groups.setdefault(f"{spec.category}:", []).append(row)
    return groups


def describe_recipes(name: str, own: Iterable[str], *, json: bool) -> int:
    """List the recipes, or describe one; gives the exit code."""
    known = catalogue(default_folders(), own)
    graphs = {name: _recipe(known, name)} if name else _sound_recipes(known)
    if json:
        print_json({each: recipe_schema(each, graph) for each, graph in graphs.items()})
    elif name:
        typer.echo(plain(recipe_text(name, graphs[name], page_width())))
    else:
        print_groups(_by_needs(graphs, known))
    return OK


def _by_needs(graphs: Mapping[str, Graph], known: Catalogue) -> dict[str, list[tuple[str, str]]]:
    """Names of recipes and what they do, by what they need: those that work now come first."""
    groups: dict[Needs, list[tuple[str, str]]] = {}
    for name, graph in sorted(graphs.items()):
        needs = needs_of(graph, known.registry, known.names.models.index)
        groups.setdefault(needs, []).append((name, graph.about))
    return {f"{needs.in_words()}:": groups[needs] for needs in sorted(groups)}


def _sound_recipes(known: Catalogue) -> dict[str, Graph]:
    """The recipes that can run; of the others, how many faults they have."""
    graphs = {}
    for name in known.recipes.names():
        try:
            graphs[name] = _recipe(known, name)
        except GraphError as error:
            faults = len([problem for problem in error.problems if problem.severity == "error"])
            cure = f"'paintgraph validate {name}' names them"
            tell(f"warning: recipe '{name}' cannot run: its faults: {faults}; {cure}")
        except UsageError as error:
            tell(f"warning: recipe '{name}' cannot be read: {error}")
    return graphs


def _recipe(known: Catalogue, name: str) -> Graph:
    return checked(read_source(name, known.recipes), known).sound()


def recipe_text(name: str, graph: Graph, width: int = _UNBROKEN) -> str:
    """A recipe's inputs as options of the command line, in lines of at most `width` characters."""
    rows = [usage(spec) for spec in graph.inputs.values()]
    most = _MOST_OPTION if width < _UNBROKEN else width
    option_width = max((len(option) for option, _ in rows if len(option) <= most), default=0)
    indent = " " * (option_width + 4)
    lines = [*wrapped(f"paintgraph run {name}: {graph.about}", width), ""]
    for option, meaning in rows:
        first, *more = wrapped(meaning, width - len(indent)) or [""]
        if len(option) > option_width:
            lines += wrapped(f"  {option}", width)
            lines.append(f"{indent}{first}")
        else:
            lines.append(f"  {option:<{option_width}}  {first}".rstrip())
        lines += [indent + line for line in more]
    results = f"Results: {', '.join(graph.outputs) or 'none by name'}."
    return "\n".join([*lines, "", *wrapped(results, width)])


def run_help(recipe: str, own: Iterable[str]) -> int:
    """Print a recipe's own options; gives the exit code."""
    known = catalogue(default_folders(), own)
    typer.echo(plain(recipe_text(recipe, _recipe(known, recipe), page_width())))
    typer.echo(_COMMON)
    return OK


def print_schema(name: str, own: Iterable[str]) -> int:
    """Print the JSON Schema of the recipe format, a recipe or a node; gives the exit code."""
    known = catalogue(default_folders(), own)
    if not name:
        known.recipes.register_all()  # nodes of recipes, too
        print_json(format_schema(known.registry))
    elif name in known.registry and not name.startswith(RECIPE_PREFIX):
        print_json(node_schema(_node(known, name)))
    elif known.recipes.path(name) or Path(name).exists():
        print_json(recipe_schema(Path(name).stem, _recipe(known, name)))
    else:
        near = suggestion(name, [*known.recipes.names(), *known.registry.ids()])
        cure = near or " 'paintgraph nodes' and 'paintgraph recipes' list them."
        raise misused("unknown_name", f"there is no recipe or node '{name}'.{cure}")
    return OK
