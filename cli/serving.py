"""`paintgraph serve`."""

from collections.abc import Mapping
from typing import Any

import typer

from paintgraph.api.settings import load_settings
from paintgraph.cli.faults import OK, guard
from paintgraph.server import serve


def run_server(flags: Mapping[str, Any], *, debug: bool) -> int:
    """Run the server with these flags, where they are not None; gives the exit code."""

    def action() -> int:
        serve(load_settings(flags), typer.echo)
        return OK

    return guard(action, "serve", debug=debug)
