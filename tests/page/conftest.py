"""A browser and a server for the tests of a file."""

from paintgraph.tests.editor.conftest import browser, server

__all__ = ["browser", "server"]
