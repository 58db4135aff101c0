"""The commands of `paintgraph models`. What a command does is imported when it runs."""

from typing import Annotated, NoReturn

import typer

from paintgraph.cli.flags import Debug, Json, Offline

models = typer.Typer(
    help="Get models, check them, see where they lie.",
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes would double the time that --help takes
)

Name = Annotated[str, typer.Argument(help="A model's name.")]
Names = Annotated[list[str], typer.Argument(help="Names of models.")]


@models.command("list")
def list_(json: Json = False, debug: Debug = False) -> None:
    """List all models: which are there, how large they are, who may use them."""
    from paintgraph.cli.models import list_models

    _end(list_models(json=json, debug=debug))


@models.command()
def info(name: Name, json: Json = False, debug: Debug = False) -> None:
    """Show one model: files, digests, addresses, licence."""
    from paintgraph.cli.models import show_model

    _end(show_model(name, json=json, debug=debug))


@models.command()
def pull(
    names: Names,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Get models; what was interrupted goes on, what is damaged is fetched anew."""
    from paintgraph.cli.models import pull_models

    _end(pull_models(names, json=json, debug=debug))


@models.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of models; by default all that are there.")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Read models again and compare their digests; exit code 1 if one is damaged or missing."""
    from paintgraph.cli.models import verify_models

    _end(verify_models(names or [], json=json, debug=debug))


@models.command()
def remove(names: Names, json: Json = False, debug: Debug = False) -> None:
    """Delete the files of models."""
    from paintgraph.cli.models import remove_models

    _end(remove_models(names, json=json, debug=debug))


@models.command()
def where(json: Json = False, debug: Debug = False) -> None:
    """Show the folders in which models lie, and how to name others."""
    from paintgraph.cli.models import show_places

    _end(show_places(json=json, debug=debug))


def _end(code: int) -> NoReturn:
    raise typer.Exit(code)
