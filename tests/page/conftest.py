"""A browser for the tests of a file; a server for all of them, as that takes longest to start."""

from collections.abc import Iterator

import pytest

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.conftest import browser
from paintgraph.tests.page.doing import serving

__all__ = ["browser"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the recipe `slow`, and with the jobs of earlier tests."""
    with serving(tmp_path_factory.mktemp("page") / "data") as server:
        yield server
