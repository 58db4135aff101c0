"""The command that opens a graph in the editor, and its options."""

from typing import Annotated

import typer

from paintgraph.cli.commands import show_help
from paintgraph.cli.serving import DataDir, FrontEndRoot, Port

Opened = Annotated[
    str,
    typer.Argument(
        help="A recipe's name, a file of any form, a picture that carries a graph, a job's id, or "
        "- for standard input."
    ),
]
ShowHelp = Annotated[bool, typer.Option("--help", "-h", help="Show this.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address only.")]


def open_(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    graph: Opened = "",
    no_browser: NoBrowser = False,
    port: Port = None,
    data_dir: DataDir = None,
    front_end_root: FrontEndRoot = None,
    help_: ShowHelp = False,
) -> int:
    """Open a graph in the editor. For example: paintgraph open outpaint --image photo.jpg.

    It is shown by the server that uses the data folder; if none does, one is started, which ends
    with Ctrl-C. Without a display the address is printed only.
    """
    if help_ or not graph:
        return show_help(context, "", None, wanted=help_)
    from paintgraph.cli.in_editor import OpenOptions, open_graph

    flags = {"port": port, "data_dir": data_dir, "front_end_root": front_end_root}
    return open_graph(OpenOptions(graph, tuple(context.args), flags, in_browser=not no_browser))
