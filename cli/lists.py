"""Lists for people that fit the terminal: what is long goes on in the next line."""

import shutil
import textwrap
from collections.abc import Iterable, Mapping

import typer

from paintgraph.cli.faults import plain

_USUAL, _MOST = 80, 100
_GAP = 2


def page_width() -> int:
    """Columns of the terminal, or 80; a line that is longer than 100 is hard to read."""
    return min(shutil.get_terminal_size((_USUAL, 24)).columns, _MOST)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters; no word is broken."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def print_groups(groups: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Names and what they mean under a heading each, on standard output."""
    width = page_width()
    listed = {heading: list(rows) for heading, rows in groups.items()}
    longest = max((len(name) for rows in listed.values() for name, _ in rows), default=0)
    indent = " " * (_GAP + min(longest, width // 2) + _GAP)
    for place, (heading, rows) in enumerate(listed.items()):
        if place:
            typer.echo()
        typer.echo(plain("\n".join(wrapped(heading, width))))
        for name, meaning in rows:
            first, *more = wrapped(meaning, width - len(indent)) or [""]
            start = f"  {name}"
            if len(start) + _GAP > len(indent):  # one that is very long has a line of its own
                more, first = [first, *more], ""
            typer.echo(plain(f"{start:<{len(indent)}}{first}".rstrip()))
            for line in more:
                typer.echo(plain(indent + line))
