"""`paintgraph nodes`, `recipes`, `schema`, and the help of a recipe."""

from collections.abc import Iterable

import orjson
import typer
from rich.console import Console
from rich.table import Table

from assembly import Catalogue, catalogue
from cli.faults import OK, UsageError, guard
from cli.options import usage
from cli.sources import checked, read_source
from engine.graph import RECIPE_PREFIX, Graph
from engine.literals import bounds
from engine.report import in_words
from engine.schema import format_schema, node_schema, recipe_schema
from engine.sockets import shown
from engine.spec import InputSpec, NodeSpec
from engine.suggest import suggestion
from jobs.folders import default_folders


def describe_nodes(name: str, *, json: bool, debug: bool) -> int:
    """List the nodes, or describe one; gives the exit code."""

    def act() -> int:
        known = catalogue(default_folders())
        specs = [declaration.spec for declaration in known.registry]
        if name:
            specs = [_node(known, name)]
        if json:
            _print_json([spec.to_json() for spec in specs])
        elif name:
            typer.echo(node_text(specs[0]))
        else:
            _print_table(("node", "category", "what it does"), map(_node_row, specs))
        return OK

    return guard(act, name or "nodes", debug=debug)


def _node(known: Catalogue, name: str) -> NodeSpec:
    spec = known.registry.spec(name)
    if spec is None:
        near = suggestion(name, known.registry.ids()) or " 'paintgraph nodes' lists them."
        raise UsageError(f"there is no node '{name}'.{near}")
    return spec


def _node_row(spec: NodeSpec) -> tuple[str, str, str]:
    return spec.id, spec.category, spec.about.split("\n", 1)[0]


def node_text(spec: NodeSpec) -> str:
    """A node's declaration for people, in Markdown."""
    lines = [f"## {spec.id}", "", spec.about, "", "Inputs:"]
    lines += [f"- `{given.name}`: {_input_text(given)}" for given in spec.inputs] or ["- none"]
    lines += ["", "Outputs:"]
    lines += [
        f"- `{output.name}`: {in_words(output.type)}" + (", one or more" if output.is_list else "")
        for output in spec.outputs
    ] or ["- none; it saves or shows what it is given"]
    return "\n".join(lines)


def _input_text(spec: InputSpec) -> str:
    words = in_words(spec.type)
    if spec.choices:
        words = f"{'any of' if spec.items else 'one of'} {', '.join(spec.choices)}"
    if (spec.minimum is not None or spec.maximum is not None) and spec.resource != "seed":
        words += f", {bounds(spec)}"
    if not spec.required and spec.default is not None:
        default = list(spec.default) if isinstance(spec.default, tuple) else spec.default
        listed = ", ".join(map(str, default)) if isinstance(default, list) else shown(default)
        words += f"; default {listed}"
    elif not spec.required:
        words += "; may be left out"
    return f"{words}. {spec.about}".rstrip()


def describe_recipes(name: str, *, json: bool, debug: bool) -> int:
    """List the recipes, or describe one; gives the exit code."""

    def act() -> int:
        known = catalogue(default_folders())
        names = [name] if name else known.recipes.names()
        graphs = {each: _recipe(known, each) for each in names}
        if json:
            _print_json({each: recipe_schema(each, graph) for each, graph in graphs.items()})
        elif name:
            typer.echo(recipe_text(name, graphs[name]))
        else:
            rows = ((each, graph.about) for each, graph in graphs.items())
            _print_table(("recipe", "what it does"), rows)
        return OK

    return guard(act, name or "recipes", debug=debug)


def _recipe(known: Catalogue, name: str) -> Graph:
    return checked(read_source(name, known.recipes), known).sound()


def recipe_text(name: str, graph: Graph) -> str:
    """A recipe's inputs as options of the command line."""
    rows = [usage(spec) for spec in graph.inputs.values()]
    width = max((len(option) for option, _ in rows), default=0)
    lines = [f"paintgraph run {name}: {graph.about}", ""]
    lines += [f"  {option:<{width}}  {meaning}" for option, meaning in rows]
    return "\n".join([*lines, "", f"Results: {', '.join(graph.outputs) or 'none by name'}."])


def run_help(general: str, recipe: str, *, debug: bool) -> int:
    """Print the help of `run`, with a recipe's own options if one is named."""

    def act() -> int:
        if recipe:
            known = catalogue(default_folders())
            source = read_source(recipe, known.recipes)
            typer.echo(recipe_text(recipe, checked(source, known).sound()))
        else:
            typer.echo(general)
        return OK

    return guard(act, recipe or "run", debug=debug)


def print_schema(name: str, *, debug: bool) -> int:
    """Print the JSON Schema of the recipe format, a recipe or a node; gives the exit code."""

    def act() -> int:
        known = catalogue(default_folders())
        if not name:
            _print_json(format_schema(known.registry))
        elif name in known.registry and not name.startswith(RECIPE_PREFIX):
            _print_json(node_schema(_node(known, name)))
        else:
            _print_json(recipe_schema(name, _recipe(known, name)))
        return OK

    return guard(act, name or "schema", debug=debug)


def _print_json(plain: object) -> None:
    typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())


def _print_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
