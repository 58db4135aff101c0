"""Addresses shown to people: printed, and opened in their browser where there is a screen."""

import threading
import webbrowser

import typer

from paintgraph.base.platforms import has_display


def show(address: str, *, in_browser: bool, aside: bool = False) -> None:
    """Print an address, and open it where there is a screen; `aside` of what goes on here."""
    typer.echo(address)
    if not in_browser or not has_display():
        return
    if aside:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    else:
        webbrowser.open(address)
