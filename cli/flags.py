"""Flags that several commands take."""

import os
from typing import Annotated

import typer

from paintgraph.base.environment import OFFLINE_VARIABLE


def _go_offline(wanted: bool) -> bool:  # noqa: FBT001 - typer calls it
    """For this process and those that it starts."""
    if wanted:
        os.environ[OFFLINE_VARIABLE] = "1"
    return wanted


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline", callback=_go_offline, help="Make no connection; as HF_HUB_OFFLINE=1 does."
    ),
]
