"""The commands `paintgraph models ...` and their options."""

from typing import Annotated

import typer

from paintgraph.cli.commands import GROUP, Json, ModelNames, Offline, command, known
from paintgraph.cli.converting import convert_model

app = typer.Typer(help="Get models, check them, see where they lie.", **GROUP)


@command(app, "list", subject="models")
def list_(json: Json = False) -> int:
    """List all models, their sizes and licences. Says which are there."""
    from paintgraph.cli.models import list_models

    return list_models(json=json)


@command(app, subject="name")
def info(
    name: Annotated[str, typer.Argument(help="A model's name.", autocompletion=known("models"))],
    json: Json = False,
) -> int:
    """Show one model: files, digests, addresses, licence."""
    from paintgraph.cli.models import show_model

    return show_model(name, json=json)


@command(app, subject="models")
def pull(
    names: ModelNames,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    json: Json = False,
) -> int:
    """Get models. What was interrupted goes on, what is damaged is fetched anew."""
    from paintgraph.cli.models import pull_models

    return pull_models(names, json=json)


@command(app, subject="models")
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of models; by default all that are there.")
    ] = None,
    json: Json = False,
) -> int:
    """Read models again and compare their digests. Exit code 1 if one is damaged or missing."""
    from paintgraph.cli.models import verify_models

    return verify_models(names or [], json=json)


@command(app, subject="models")
def remove(names: ModelNames, json: Json = False) -> int:
    """Delete the files of models."""
    from paintgraph.cli.models import remove_models

    return remove_models(names, json=json)


command(app, "convert", subject="name")(convert_model)


@command(app, subject="models")
def where(json: Json = False) -> int:
    """Show the folders in which models lie, and how to name others."""
    from paintgraph.cli.models import show_places

    return show_places(json=json)
