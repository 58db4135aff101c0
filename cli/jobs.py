"""`paintgraph jobs`: what servers keep of their jobs is copied and checked."""

from pathlib import Path
from typing import Annotated

import typer

from paintgraph.cli.commands import GROUP, Json, command
from paintgraph.cli.serving import DataDir, Jobs, Objects

app = typer.Typer(help="Copy, restore and check what servers keep of their jobs.", **GROUP)


@command(app, subject="file")
def backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    data_dir: DataDir = None,
    jobs: Jobs = None,
) -> int:
    """Copy the jobs of servers, while they run or not. Pictures are not in it."""
    from paintgraph.cli.keeping import Place, back_up_store

    return back_up_store(file, Place(data_dir, jobs))


@command(app, subject="file")
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, or the file of another server.")],
    data_dir: DataDir = None,
    jobs: Jobs = None,
) -> int:
    """Put a backup where there are no jobs yet: into a folder or a database."""
    from paintgraph.cli.keeping import Place, restore_store

    return restore_store(file, Place(data_dir, jobs))


@command(app)  # an address is no subject: it may hold a password
def check(
    data_dir: DataDir = None, jobs: Jobs = None, objects: Objects = None, json: Json = False
) -> int:
    """Read all jobs of servers and name what is damaged. Exit code 1 if anything is."""
    from paintgraph.cli.keeping import Place, check_store

    return check_store(Place(data_dir, jobs, objects), json=json)
