"""`paintgraph keys`: who may use the server, and for what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from paintgraph.cli.commands import GROUP, Json, command

app = typer.Typer(help="Make keys for a server's clients, list them, take them away.", **GROUP)

DataDir = Annotated[
    Path | None, typer.Option(help="The server's data folder; by default the user's.")
]
Name = Annotated[str, typer.Argument(help="The client's name.")]


def _file(data_dir: Path | None) -> Path:
    from paintgraph.api.guards.keyring import FILE
    from paintgraph.jobs.sources.folders import default_folders

    return (default_folders().data if data_dir is None else data_dir) / FILE


@command(app, subject="keys")
def add(  # noqa: PLR0913 - the command's options
    name: Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it opens: submit, read, cancel, models, admin; again for each. By default "
            "all but admin, which opens other clients' jobs as well."
        ),
    ] = None,
    per_minute: Annotated[
        int, typer.Option(min=0, help="How many requests are answered in a minute; 0: any number.")
    ] = 0,
    queued: Annotated[int, typer.Option(min=0, help="How many jobs may wait; 0: any number.")] = 0,
    queued_bytes: Annotated[
        int, typer.Option(min=0, help="Of how many bytes together; 0: any number.")
    ] = 0,
    running: Annotated[
        int, typer.Option(min=0, help="How many jobs may be at work at once; 0: any number.")
    ] = 0,
    data_dir: DataDir = None,
    json: Json = False,
) -> int:
    """Make a key, which is shown now and never again. A running server takes it at once."""
    from paintgraph.api.guards.keyring import OWN_SCOPES, add_holder
    from paintgraph.cli.faults import OK, print_json, tell
    from paintgraph.jobs.dispatching.quotas import Quota

    quota = Quota(queued, queued_bytes, running)
    key = add_holder(_file(data_dir), name, scope or OWN_SCOPES, per_minute, quota)
    if json:
        print_json({"name": name, "key": key})
    else:
        typer.echo(key)
        tell(f"This is the key of '{name}'; only a digest of it is kept.")
    return OK


@command(app, "list", subject="keys")
def list_(data_dir: DataDir = None, json: Json = False) -> int:
    """List who has a key, and what it opens."""
    from paintgraph.api.guards.keyring import read_holders
    from paintgraph.cli.faults import OK, print_json, print_table

    holders = read_holders(_file(data_dir))
    if json:
        print_json(
            [
                {
                    "name": holder.name,
                    "scopes": holder.scopes,
                    "per_minute": holder.per_minute,
                    "queued": holder.quota.queued,
                    "queued_bytes": holder.quota.bytes,
                    "running": holder.quota.running,
                    "created": holder.created,
                }
                for holder in holders
            ]
        )
    else:
        rows = (
            (
                holder.name,
                ", ".join(holder.scopes),
                *(
                    str(bound or "")
                    for bound in (holder.per_minute, holder.quota.queued, holder.quota.running)
                ),
                datetime.fromtimestamp(holder.created, UTC).strftime("%Y-%m-%d %H:%M UTC"),
            )
            for holder in holders
        )
        print_table(("name", "opens", "requests a minute", "waiting", "at work", "made"), rows)
    return OK


@command(app, subject="keys")
def remove(name: Name, data_dir: DataDir = None) -> int:
    """Take a key away. A running server refuses it at once; the client's jobs stay."""
    from paintgraph.api.guards.keyring import remove_holder
    from paintgraph.cli.faults import OK, tell

    remove_holder(_file(data_dir), name)
    tell(f"The key of '{name}' opens nothing any more.")
    return OK
