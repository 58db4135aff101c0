"""A browser for the tests of a file, and a server for all of them."""

from collections.abc import Iterator
from shutil import rmtree

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.browsing import launched


@pytest.fixture(scope="module")  # no longer: no other event loop runs beside it
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the installed page, ready; its models are in `models` beside its data."""
    folder = tmp_path_factory.mktemp("editor")
    with running(folder / "data", models_dir=folder / "models") as server:
        server.until_ready()
        yield server


@pytest.fixture(scope="module")
def server(shared_server: Child) -> Child:
    """The server without what its user has kept and brought, but with the jobs of earlier tests."""
    for brought in shared_server.data.glob("inputs/*.*"):  # not the folder of examples
        brought.unlink()
    rmtree(shared_server.data / "user", ignore_errors=True)
    return shared_server
