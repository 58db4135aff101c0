"""Tables for people."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paintgraph.cli.faults import plain

_WIDE = 1000  # columns, where there is no terminal


def print_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table as wide as the terminal; where there is none, a line for each row."""
    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console(width=None if Console().is_terminal else _WIDE).print(table)
