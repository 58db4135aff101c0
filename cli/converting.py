"""`paintgraph models convert`: the file of a model from the one that its makers published."""

from pathlib import Path
from typing import Annotated

import typer

from paintgraph.cli.commands import Json

_NAME = "lama"


def convert_model(
    name: Annotated[str, typer.Argument(help="lama.")],
    file: Annotated[Path, typer.Argument(help="What its makers published: big-lama.pt.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The ONNX file; by default where it is looked for."),
    ] = None,
    json: Json = False,  # noqa: FBT002 - flags are what a command line has
) -> int:
    """Make a model's ONNX file from what its makers published."""
    from paintgraph.cli.faults import OK, misused, plain, print_json
    from paintgraph.cli.models import open_model_index
    from paintgraph.models.families.eraser.converting import convert_lama

    if name != _NAME:
        message = f"'{name}' cannot be converted; allowed is {_NAME}. Choose it."
        raise misused("not_a_choice", message)
    index = open_model_index()
    entry = index.catalogue.get(name)
    wanted = output or index.places.folder(entry) / entry.files[0].path
    if wanted.exists():
        message = f"'{wanted}' is there already, and stays; allowed is a name that is free."
        cure = "Name another one."
        if output is None:
            cure = f"Write -o FILE, or take it away with 'paintgraph models remove {name}'."
        raise misused("file_exists", f"{message} {cure}")
    difference = convert_lama(file, wanted)
    if json:
        print_json({"file": str(wanted), "difference": difference})
    else:
        told = f"differs from '{file}' by at most {difference:.2g} of 255"
        typer.echo(plain(f"{name}: present, in {wanted.parent}; {told}"))
    return OK
