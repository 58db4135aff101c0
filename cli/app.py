"""The commands and their options. What a command does is imported when it runs."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from paintgraph.base.errors import Error
from paintgraph.cli.faults import FAILED, tell
from paintgraph.cli.flags import Debug, Json, Offline
from paintgraph.cli.model_commands import models

app = typer.Typer(
    name="paintgraph",
    help="Select a part of a picture and repaint it, or continue the picture past its edges.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes would double the time that --help takes
)
app.add_typer(models, name="models")

Output = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", help="File for the result, or NAME=FILE; - is stdout."),
]
InputDir = Annotated[
    Path, typer.Option(help="Folder in which the graph's own file names are looked up.")
]
Device = Annotated[
    str,
    typer.Option(
        envvar="PAINTGRAPH_DEVICE", help="Where models work: cpu, cuda, mps; auto takes the best."
    ),
]
Help = Annotated[bool, typer.Option("--help", help="Show the recipe's own options.")]
_TYPED = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


@app.command(context_settings=_TYPED)
def run(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    recipe: Annotated[
        str, typer.Argument(help="A recipe's name, a graph's file, or - for standard input.")
    ] = "",
    output: Output = None,
    output_dir: Annotated[
        Path, typer.Option(help="Folder for what the graph's own save nodes write.")
    ] = Path(),
    input_dir: InputDir = Path(),
    profile: Annotated[
        bool, typer.Option("--profile", help="Show where time and memory went.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="End at the first failing node, not after the rest.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute everything; use and keep no earlier result.")
    ] = False,
    metadata: Annotated[
        bool, typer.Option(help="Write the graph into the picture, to repeat it.")
    ] = True,
    device: Device = "auto",
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    json: Json = False,
    debug: Debug = False,
    help_: Help = False,
) -> None:
    """Run a recipe or graph: paintgraph run outpaint --image photo.jpg -o wide.png."""
    if help_ or not recipe:
        _help(context, recipe, wanted=help_, debug=debug)
    from paintgraph.cli.preparing import RunOptions
    from paintgraph.cli.running import run_recipe

    options = RunOptions(
        recipe=recipe,
        arguments=tuple(context.args),
        outputs=tuple(output or ()),
        output_dir=output_dir,
        input_dir=input_dir,
        profile=profile,
        stop=stop,
        fresh=fresh,
        metadata=metadata,
        device=device,
        json=json,
        debug=debug,
    )
    _end(run_recipe(options))


@app.command()
def validate(
    file: Annotated[str, typer.Argument(help="A graph's file, or - for standard input.")],
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Name every fault of a graph at once; exit code 1 if there are any."""
    from paintgraph.cli.checking import validate_file

    _end(validate_file(file, json=json, debug=debug))


@app.command()
def nodes(
    name: Annotated[str, typer.Argument(help="One node to describe.")] = "",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the nodes, or describe one."""
    from paintgraph.cli.describing import describe_nodes

    _end(describe_nodes(name, json=json, debug=debug))


@app.command()
def recipes(
    name: Annotated[str, typer.Argument(help="One recipe to describe.")] = "",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the recipes, or describe one."""
    from paintgraph.cli.describing import describe_recipes

    _end(describe_recipes(name, json=json, debug=debug))


@app.command()
def schema(
    name: Annotated[
        str, typer.Argument(help="A recipe or node; without one, the recipe format itself.")
    ] = "",
    debug: Debug = False,
) -> None:
    """Print a JSON Schema, for editors and programs."""
    from paintgraph.cli.describing import print_schema

    _end(print_schema(name, debug=debug))


@app.command()
def convert(
    file: Annotated[str, typer.Argument(help="A graph's file, or - for standard input.")],
    to: Annotated[
        str,
        typer.Option(
            help="yaml, json, or comfy (ComfyUI's API format); by default as the file's suffix says"
        ),
    ] = "",
    output: Annotated[str, typer.Option("--output", "-o", help="File to write.")] = "-",
    debug: Debug = False,
) -> None:
    """Turn a graph from one format into another without loss."""
    from paintgraph.cli.checking import convert_file

    _end(convert_file(file, to, output, debug=debug))


@app.command(context_settings=_TYPED)
def explain(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="As for run, with the recipe's options.")] = "",
    output: Output = None,
    input_dir: InputDir = Path(),
    json: Json = False,
    debug: Debug = False,
    help_: Help = False,
) -> None:
    """Show the plan in the order of running: what is kept, and why the rest would run."""
    if help_ or not recipe:
        _help(context, recipe, wanted=help_, debug=debug)
    from paintgraph.cli.explaining import explain_recipe
    from paintgraph.cli.preparing import RunOptions

    options = RunOptions(
        recipe=recipe,
        arguments=tuple(context.args),
        outputs=tuple(output or ()),
        input_dir=input_dir,
        json=json,
        debug=debug,
    )
    _end(explain_recipe(options))


@app.command()
def doctor(json: Json = False, debug: Debug = False) -> None:
    """Check the installation: versions, folders, engines."""
    from paintgraph.cli.doctor import examine

    _end(examine(json=json, debug=debug))


@app.command()
def serve(  # noqa: PLR0913 - the command's options
    host: Annotated[
        str | None, typer.Option(help="Where to listen; others than this machine need a key.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes any that is free.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that paint.")] = None,
    light_workers: Annotated[
        int | None, typer.Option(help="Processes for jobs that paint nothing.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder for jobs, results and uploads.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where models work: cpu, cuda, mps; auto takes the best.")
    ] = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(help="A key that clients must send; better in PAINTGRAPH_API_KEYS."),
    ] = None,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    debug: Debug = False,
) -> None:
    """Start the HTTP server: its pages are at /docs."""
    from paintgraph.cli.serving import run_server

    flags = {
        "host": host,
        "port": port,
        "workers": workers,
        "light_workers": light_workers,
        "data_dir": data_dir,
        "device": device,
        "api_keys": tuple(api_key) if api_key else None,
    }
    _end(run_server(flags, debug=debug))


def _help(context: typer.Context, recipe: str, *, wanted: bool, debug: bool) -> NoReturn:
    """Show a recipe's own options, or those of the command; or say that the recipe is missing."""
    if recipe:
        from paintgraph.cli.describing import run_help

        _end(run_help(recipe, debug=debug))
    if wanted:
        typer.echo(context.get_help())
        _end(0)
    typer.echo("the recipe is missing. 'paintgraph recipes' lists them. [missing_recipe]", err=True)
    _end(2)


def _end(code: int) -> NoReturn:
    raise typer.Exit(code)


def main() -> None:
    """The program."""
    try:
        app()
    except Error as error:  # before a command began: a library that cannot be loaded
        tell(error.to_text())
        raise SystemExit(FAILED) from error
