"""The command line: `paintgraph` and its commands."""

from paintgraph.cli.app import main

__all__ = ["main"]
