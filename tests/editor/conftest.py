"""A browser and a server for the tests of a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.browsing import launched


@pytest.fixture(scope="module")  # no longer: no other event loop runs beside it
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the installed page, ready."""
    with running(tmp_path_factory.mktemp("data") / "data") as server:
        server.until_ready()
        yield server
