"""The command line: `paintgraph` and its commands."""

from cli.app import main

__all__ = ["main"]
